"""The leases' client against a connector that keeps slots as the real one does, with a window of half a second."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from common.leases import ConnectorAway, HandBackRequest, Lease, LeaseRefused, LeaseRequest, Leases, Purpose
from fortnox import Client, NewVoucher, NewVoucherRow, NotSent, TooManyRequests

WINDOW = 0.5  # seconds after its answer during which a slot is taken; five in reality
CONNECTION = uuid4()
ONE = Decimal(1)


@dataclass
class Connector:
    """Slots and tokens in memory, and faults."""

    slots: int = 25
    seconds: float = 30.0
    requests: list[LeaseRequest] = field(default_factory=list)
    hand_backs: list[HandBackRequest] = field(default_factory=list)
    free_at: dict[str, float] = field(default_factory=dict)
    leases: dict[UUID, Lease] = field(default_factory=dict)
    lost_answers: int = 0
    away: int = 0
    refusal: Response | None = None
    token: int = 1
    closed_until: float = 0.0
    under_way: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is set no answer comes."""

    def __post_init__(self) -> None:
        self.open.set()

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/leases", response_model=None)
        async def lease(request: LeaseRequest) -> Response:
            self.under_way += 1
            await asyncio.sleep(0.002)
            await self.open.wait()
            self.under_way -= 1
            return self._lease(request)

        @app.post("/v1/leases/hand-back", status_code=204)
        async def hand_back(request: HandBackRequest) -> None:
            self.hand_backs.append(request)
            self._take_back(request)

        return app

    def _lease(self, request: LeaseRequest) -> Response:
        if self.away > 0:
            self.away -= 1
            return Response(status_code=503)
        if self.refusal:
            return self.refusal
        self.requests.append(request)
        self._take_back(HandBackRequest(handed_back=request.handed_back, too_many_requests=request.too_many_requests))
        if request.refused_token == _hash(f"token {self.token}"):
            self.token += 1
        lease = self.leases.get(request.lease_id) or self._new_lease(request)
        if lease.slots:
            self.leases[request.lease_id] = lease
        if self.lost_answers > 0:
            self.lost_answers -= 1
            return Response(status_code=502)
        return Response(lease.model_dump_json(), media_type="application/json")

    def _new_lease(self, request: LeaseRequest) -> Lease:
        now = time.monotonic()
        free = [str(n) for n in range(self.slots) if max(self.closed_until, self.free_at.get(str(n), 0)) <= now]
        given = tuple(free[: request.calls])
        for slot in given:
            self.free_at[slot] = now + 1000
        wait = 0.0 if given else max(0.01, min(self.free_at.values(), default=now) - now, self.closed_until - now)
        return Lease(
            lease_id=request.lease_id,
            access_token=f"token {self.token}",
            tenant=7,
            slots=given,
            seconds=self.seconds,
            wait_seconds=min(wait, 0.05) if wait > 100 else wait,
            expected_wait_seconds=min(wait, 10),
        )

    def _take_back(self, request: HandBackRequest) -> None:
        now = time.monotonic()
        for one in request.handed_back:
            self.free_at[one.slot] = now if one.answered_ago is None else now - one.answered_ago + WINDOW
        if request.too_many_requests:
            self.closed_until = now + 0.3

    @property
    def taken(self) -> int:
        """Slots that are out and have not been answered."""
        return sum(until > time.monotonic() + 100 for until in self.free_at.values())


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.001)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def connector() -> Connector:
    return Connector()


@pytest.fixture
async def leases(connector: Connector) -> AsyncIterator[Leases]:
    leases = Leases("http://connector", "key", transport=httpx.ASGITransport(connector.app()))
    yield leases
    await leases.close()


async def test_many_callers_share_few_leases_and_no_slot_is_used_twice(leases: Leases, connector: Connector) -> None:
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        got = await asyncio.gather(*(permits.acquire() for _ in range(20)))

        assert len({permit.slot for permit in got}) == 20
        assert [request.calls for request in connector.requests] == [8, 8, 4]
        assert permits.calls == 20


async def test_calls_run_at_full_speed_and_never_more_than_the_window_allows(
    leases: Leases, connector: Connector
) -> None:
    answers: list[float] = []

    async def call() -> None:
        permit = await permits.acquire()
        await asyncio.sleep(0.02)
        permit.answered()
        answers.append(time.monotonic())

    began = time.monotonic()
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        await asyncio.gather(*(call() for _ in range(100)))
    ideal = 3 * (WINDOW + 0.02)  # the first 25 at once, then 25 per window and round trip

    assert time.monotonic() - began < 1.6 * ideal
    assert all(later - earlier >= WINDOW for earlier, later in zip(answers, answers[25:], strict=False))


async def test_slots_are_handed_back_with_the_age_of_their_answer(leases: Leases, connector: Connector) -> None:
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        permit = await permits.acquire()
        permit.answered()
        await asyncio.sleep(0.1)
        await permits.acquire()

    (handed_back,) = connector.requests[1].handed_back
    assert handed_back.slot == permit.slot
    assert handed_back.answered_ago == pytest.approx(0.1, abs=0.08)


async def test_used_slots_are_handed_back_even_if_no_more_are_wanted(
    leases: Leases, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.leases.FLUSH_AFTER", 0.05)
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        for _ in range(2):  # the second comes while nothing is under way any more
            (await permits.acquire()).answered()
            before = len(connector.hand_backs)
            async with asyncio.timeout(5):
                while len(connector.hand_backs) == before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


async def test_a_session_that_ends_hands_back_what_it_did_not_use(leases: Leases, connector: Connector) -> None:
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        used, *others = await asyncio.gather(*(permits.acquire() for _ in range(8)))
        permits._free.extend(others)
        used.answered()

    ages = {one.slot: one.answered_ago for one in connector.hand_backs[-1].handed_back}
    assert ages.pop(used.slot) is not None
    assert ages == {other.slot: None for other in others}


async def test_a_call_without_an_answer_hands_nothing_back(leases: Leases, connector: Connector) -> None:
    """It may still arrive: the connector frees its slot some time after the lease."""
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        await permits.acquire()

    assert connector.hand_backs == []
    assert connector.taken == 1


async def test_a_permit_that_has_run_out_is_not_used(leases: Leases, connector: Connector) -> None:
    connector.seconds = 1.2
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        first, second = await asyncio.gather(permits.acquire(), permits.acquire())
        permits._free.append(second)
        await asyncio.sleep(0.3)

        assert await permits.acquire() != second
        assert first.deadline < leases.clock.boottime() + 1


async def test_a_permit_is_good_for_one_call(leases: Leases) -> None:
    calls: list[httpx.Request] = []

    def book(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(429)

    transport = httpx.MockTransport(book)
    async with leases.session(CONNECTION, Purpose.VOUCHERS) as permits, Client(permits, transport=transport) as client:
        permit = await permits.acquire()
        rows = [
            NewVoucherRow(account=account, debit=debit, credit=1 - debit)
            for account, debit in ((1910, ONE), (1930, 1 - ONE))
        ]
        voucher = NewVoucher(
            voucher_series="A", transaction_date=date(2026, 12, 31), description="Lön", voucher_rows=tuple(rows)
        )
        with pytest.raises(TooManyRequests):
            await client.create_voucher(voucher, 1, permit=permit)
        with pytest.raises(NotSent):
            await client.create_voucher(voucher, 1, permit=permit)

    assert len(calls) == 1


async def test_the_deadline_counts_from_before_the_question(leases: Leases, connector: Connector) -> None:
    connector.away = 1
    asked_at = leases.clock.boottime()

    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        permit = await permits.acquire()

    assert permit.deadline == pytest.approx(asked_at + connector.seconds, abs=0.1)  # not 0.3 s later


async def test_a_lost_answer_strands_no_slot(leases: Leases, connector: Connector) -> None:
    connector.lost_answers = 2

    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        await permits.acquire()

    assert len({request.lease_id for request in connector.requests}) == 1
    assert connector.taken == 1


async def test_a_caller_who_gives_up_does_not_spoil_it_for_the_others(leases: Leases, connector: Connector) -> None:
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        first, *others = [asyncio.create_task(permits.acquire()) for _ in range(4)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()

        assert len({(await other).slot for other in others}) == 3

    assert connector.taken == 3  # the fourth was handed back unused


async def test_slots_that_nobody_wants_any_more_go_back_while_the_session_goes_on(
    leases: Leases, connector: Connector
) -> None:
    connector.open.clear()
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        callers = [asyncio.create_task(permits.acquire()) for _ in range(4)]
        await until(lambda: connector.under_way == 1)
        for caller in callers:
            caller.cancel()
        connector.open.set()

        await until(lambda: connector.hand_backs != [])
        assert [one.answered_ago for one in connector.hand_backs[0].handed_back] == [None] * 4
        assert connector.taken == 0


async def test_a_session_that_ends_while_slots_are_asked_for_hands_them_back(
    leases: Leases, connector: Connector
) -> None:
    async def job() -> None:
        async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
            await permits.acquire()

    connector.open.clear()
    cancelled = asyncio.create_task(job())
    await until(lambda: connector.under_way == 1)
    cancelled.cancel()
    connector.open.set()
    await asyncio.wait([cancelled])

    assert len(connector.leases) == 1
    assert connector.taken == 0


async def test_who_waits_can_say_how_long_it_will_be(leases: Leases, connector: Connector) -> None:
    connector.closed_until = time.monotonic() + 600
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        caller = asyncio.create_task(permits.acquire())
        await until(lambda: permits.wait_seconds > 0)

        assert permits.wait_seconds == 10  # as expected, though it asks again sooner
        connector.closed_until = 0
        await caller
        assert permits.wait_seconds == 0


async def test_a_refusal_says_what_to_do(leases: Leases, connector: Connector) -> None:
    connector.refusal = JSONResponse(
        {
            "code": "connection.lost",
            "swedish": "Kopplingen är bruten.",
            "next_step": "Koppla igen.",
            "english": "Lost.",
        },
        status_code=409,
    )

    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        refusals = await asyncio.gather(*(permits.acquire() for _ in range(3)), return_exceptions=True)

    for refusal in refusals:
        assert isinstance(refusal, LeaseRefused)
        assert (refusal.trouble.code, refusal.trouble.next_step, refusal.status) == (
            "connection.lost",
            "Koppla igen.",
            409,
        )


@pytest.mark.parametrize(
    "answer",
    [
        Response("<html>", status_code=404),
        JSONResponse({"detail": "Not Found"}, status_code=404),
        Response(status_code=302),
        Response("<html>a maintenance page", status_code=200),
        Response(status_code=507),
    ],
    ids=lambda answer: str(answer.status_code),
)
async def test_an_answer_in_other_words_than_the_connectors_is_none(
    leases: Leases, connector: Connector, monkeypatch: pytest.MonkeyPatch, answer: Response
) -> None:
    monkeypatch.setattr("common.leases.PATIENCE", 0.0)
    connector.refusal = answer

    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        with pytest.raises(ConnectorAway):
            await permits.acquire()
        connector.refusal = None
        assert await permits.acquire()


async def test_a_connector_that_is_away_is_asked_again(leases: Leases, connector: Connector) -> None:
    connector.away = 3

    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        assert await permits.acquire()


async def test_a_connector_that_stays_away_is_given_up_and_nothing_is_forgotten(
    leases: Leases, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.leases.PATIENCE", 0.0)
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        used = await permits.acquire()
        used.answered()
        connector.away = 100
        with pytest.raises(ConnectorAway):
            await permits.acquire()
        connector.away = 0
        await permits.acquire()

    assert used.slot in {one.slot for request in connector.requests[1:] for one in request.handed_back}


async def test_a_429_is_told_with_the_next_request_and_the_slots_rest(leases: Leases, connector: Connector) -> None:
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        permit = await permits.acquire()
        permit.too_many()
        permit.answered()
        told_at = time.monotonic()
        await permits.acquire()

        assert time.monotonic() - told_at >= 0.3
        assert [request.too_many_requests for request in connector.requests].count(True) == 1


async def test_after_a_429_slots_in_hand_are_not_used(leases: Leases, connector: Connector) -> None:
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        first, *rest = await asyncio.gather(*(permits.acquire() for _ in range(4)))
        permits._free.extend(rest)
        first.answered()
        first.too_many()
        await permits.acquire()

    told = connector.requests[1]
    assert told.too_many_requests
    assert {one.slot for one in told.handed_back if one.answered_ago is None} == {one.slot for one in rest}


async def test_a_dead_token_is_told_by_its_hash_and_another_one_comes(leases: Leases, connector: Connector) -> None:
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        first, *rest = await asyncio.gather(*(permits.acquire() for _ in range(4)))
        permits._free.extend(rest)
        first.answered()
        await permits.refused(first)
        second = await permits.acquire()

    assert second.access_token != first.access_token
    told = connector.requests[-1]
    assert told.refused_token == _hash(first.access_token)
    assert {one.slot: one.answered_ago is None for one in told.handed_back} == {
        first.slot: False,
        **{permit.slot: True for permit in rest},
    }


async def test_who_waits_for_slots_keeps_one_place_in_the_queue(leases: Leases, connector: Connector) -> None:
    connector.closed_until = time.monotonic() + 0.1
    async with leases.session(CONNECTION, Purpose.IMPORT) as permits:
        await permits.acquire()
        first = {request.lease_id for request in connector.requests}
        await permits.acquire()

    assert len(first) == 1
    assert len({request.lease_id for request in connector.requests}) == 2


def test_nothing_of_a_token_is_shown() -> None:
    lease = Lease(lease_id=uuid4(), access_token="secret", tenant=1, slots=("a",), seconds=1)

    assert "secret" not in repr(lease) + str(lease)
