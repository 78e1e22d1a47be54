"""Connections that are lost, and a connector or a Fortnox that is away."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from common.events import Trouble
from common.jobs import JobStore, Worker
from common.leases import ConnectorAway, LeaseRefused
from common.messaging.outbox import Outbox
from common.problems import GAVE_UP
from fortnox import UnreadableAnswer
from fortnox.testing import FreePermit, FreePermits
from voucher_sender import batch_job, waiting
from voucher_sender.app import job_kind
from voucher_sender.repository import State, Vouchers
from voucher_sender.repository.vouchers import MayBeBooked

LOST = Trouble(code="connector.lost", swedish="Kopplingen har brutits.", next_step="Koppla igen.", english="Lost.")


class LosablePermits(FreePermits):
    """Permits that are refused as long as `failure` is set; it may strike after so many more calls."""

    failure: Exception | None = None
    calls_left = 0

    async def acquire(self) -> FreePermit:
        if self.failure is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise self.failure
        return await super().acquire()


def permits(office: Any) -> LosablePermits:
    return LosablePermits(office.token(), tenant=office.tenant)


async def one_attempt(office: Any, sender: Any) -> None:
    await office.due()
    await batch_job.run(await office.claim(sender), sender)


async def test_a_lost_connection_is_waited_for_and_booking_goes_on(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    own.failure = LeaseRefused(LOST, 409)

    await one_attempt(office, sender)
    await one_attempt(office, sender)
    (told,) = await office.events(batch)
    own.failure = None
    async with office.pool.acquire() as connection:
        assert await JobStore(connection).wake(office.connection_id) == 1
    await office.work(sender)

    assert (told["type"], told["trouble"]["code"]) == ("vouchers.waiting", LOST.code)
    assert told["next_try"] < told["gives_up_at"]
    assert (await office.events(batch))[-1]["booked"] == 1


async def test_a_connection_lost_while_an_outcome_is_unknown_makes_it_uncertain_once(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    own.failure, own.calls_left = LeaseRefused(LOST, 409), 8

    await one_attempt(office, sender)
    await one_attempt(office, sender)
    uncertain = [one for one in await office.events(batch) if one["type"] == "voucher.uncertain"]
    own.failure = None
    await office.work(sender)

    assert [one["trouble"]["code"] for one in uncertain] == ["voucher.uncertain-connection-lost"]
    assert len(office.books()) == 1
    events = await office.events(batch)
    assert (events[-1]["booked"], events[-1]["uncertain"]) == (1, 0)
    office.judge(batch, told=events)


@pytest.mark.parametrize(("code", "status"), [("connection.unknown", 404), ("connection.removed", 409)])
async def test_a_connection_that_is_no_more_refuses_the_batch(
    office: Any, a_batch: Any, code: str, status: int
) -> None:
    own = permits(office)
    own.failure = LeaseRefused(LOST.model_copy(update={"code": code}), status)
    batch = await office.approve(a_batch(1))

    await office.work(office.sender(permits=own))

    (refused,) = await office.events(batch)
    assert (refused["type"], refused["trouble"]["code"]) == ("vouchers.refused", "vouchers.unknown-connection")


async def test_a_404_without_the_connectors_own_words_is_no_end(office: Any, a_batch: Any) -> None:
    """As whatever stands before the connector answers while it is replaced."""
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    own.failure = LeaseRefused(LOST.model_copy(update={"code": "connector.unreadable"}), 404)

    await one_attempt(office, sender)
    own.failure = None
    await office.work(sender)

    assert (await office.events(batch))[-1]["booked"] == 1


async def test_a_connector_that_is_away_is_tried_again(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    own.failure = ConnectorAway()

    await one_attempt(office, sender)
    own.failure = None
    await office.work(sender)

    assert (await office.events(batch))[-1]["booked"] == 1


async def test_nothing_is_booked_in_another_company_than_the_one_that_was_checked(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(2))

    async def reconnect(moment: str) -> None:
        if moment == "after POST":
            own._tenant = 999

    await batch_job.run(await office.claim(sender), office.watched(sender, reconnect))

    events = await office.events(batch)
    rejected = [one for one in events if one["type"] == "voucher.rejected"]
    assert [(one["voucher_id"], one["findings"][0]["code"]) for one in rejected] == [("v-2", "vouchers.other-company")]
    assert (events[-1]["booked"], events[-1]["rejected"]) == (1, 1)


async def test_giving_up_leaves_an_unknown_outcome_uncertain_and_a_new_batch_goes_on_safely(
    office: Any, a_batch: Any
) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(2))
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    own.failure, own.calls_left = ConnectorAway(), 8
    await one_attempt(office, sender)
    await office.due()

    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))
    events = await office.events(batch)
    own.failure = None
    again = await office.approve(a_batch(2))
    await office.work(sender)

    assert (events[-1]["uncertain"], events[-1]["rejected"]) == (1, 1)
    told = await office.events(again)
    assert told[-1]["booked"] == 2
    assert len(office.books()) == 2
    office.judge(again, told=told)


async def test_giving_up_leaves_every_voucher_uncertain_that_may_be_in_fortnox(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    """Several can be: batches before it left them so, and it sends them again."""
    for number, series in ((1, "A"), (2, "I")):
        await give_up_in_doubt(office, a_batch([voucher(number)], series=series))
    again = a_batch([voucher(number) for number in (1, 2, 3)])

    await give_up_in_doubt(office, again)
    events = await office.events(again)
    changed = await office.book(a_batch([voucher(1, 999)], series="A"))

    ends = {one["voucher_id"]: one["type"] for one in events if "voucher_id" in one}
    assert ends == {"v-1": "voucher.uncertain", "v-2": "voucher.uncertain", "v-3": "voucher.rejected"}
    assert (events[-1]["uncertain"], events[-1]["rejected"]) == (2, 1)
    assert [code_of(one) for one in changed if one["type"] == "voucher.rejected"] == ["voucher.changed-while-uncertain"]


async def give_up_in_doubt(office: Any, batch: Any) -> None:
    """Fortnox carries out what it is sent without an answer, and then has nothing to say until the batch is over."""
    await office.approve(batch)
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    await office.simulator.fault("GET /3/vouchers", "status-503", skip=1, times=9)
    await office.attempt()
    await office.due()
    sender = office.sender()
    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))
    await office.simulator.clear_faults()


async def test_a_voucher_that_may_be_in_fortnox_can_not_be_called_rejected(office: Any, a_batch: Any) -> None:
    await give_up_in_doubt(office, a_batch(1))

    async with office.pool.acquire() as connection:
        vouchers = Vouchers(connection)
        with pytest.raises(MayBeBooked):
            await vouchers.rejected(office.tenant, "v-1")
        assert (await vouchers.known(office.tenant, ["v-1"]))["v-1"].state is State.INTENDED


async def test_giving_up_before_anything_began_refuses_the_batch(office: Any, a_batch: Any) -> None:
    sender = office.sender()
    batch = await office.approve(a_batch(1))

    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))

    (refused,) = await office.events(batch)
    assert refused["trouble"]["code"] == "internal.gave-up"


async def test_each_cause_of_waiting_is_told_once_until_the_batch_gets_on(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))

    for _ in range(2):
        for own.failure in (ConnectorAway(), LeaseRefused(LOST, 409)):
            await one_attempt(office, sender)
    own.failure, own.calls_left = ConnectorAway(), 5  # the check's
    await one_attempt(office, sender)

    told = [one["trouble"]["code"] for one in await office.events(batch) if one["type"] == "vouchers.waiting"]
    assert told == ["vouchers.connector-away", LOST.code, "vouchers.connector-away"]


@pytest.mark.parametrize(
    ("calls_left", "ends"),
    [
        (0, [("vouchers.refused", "vouchers.gave-up-waiting")]),
        (5, [("voucher.rejected", "vouchers.gave-up-waiting"), ("vouchers.completed", None)]),
    ],
    ids=["before the check", "after it"],
)
async def test_a_batch_that_gets_nowhere_for_too_long_ends(
    office: Any, a_batch: Any, patient: Any, calls_left: int, ends: list[tuple[str, str | None]]
) -> None:
    office = patient(give_up_after=timedelta(seconds=0.3))
    own = permits(office)
    own.failure, own.calls_left = ConnectorAway(), calls_left
    batch = await office.approve(a_batch(1))

    await office.work(office.sender(permits=own))

    events = [one for one in await office.events(batch) if one["type"] not in {"voucher.checked", "vouchers.waiting"}]
    assert [(one["type"], code_of(one)) for one in events] == ends
    assert office.books() == []


def code_of(event: dict[str, Any]) -> str | None:
    found = event.get("findings") or [event.get("trouble") or {"code": None}]
    code: str | None = found[0]["code"]
    return code


async def test_an_unknown_outcome_is_waited_for_as_long_as_it_takes(office: Any, a_batch: Any, patient: Any) -> None:
    office = patient(give_up_after=timedelta(seconds=0.1))
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    own.failure, own.calls_left = ConnectorAway(), 8

    for _ in range(4):
        await one_attempt(office, sender)
        await asyncio.sleep(0.1)
    own.failure = None
    await office.work(sender)

    events = await office.events(batch)
    assert [one["type"] for one in events if one["type"] in {"vouchers.waiting", "vouchers.refused"}] == []
    assert events[-1]["booked"] == 1


@pytest.mark.parametrize(("field", "ended"), [("Accounts.0.Number", True), (None, False)])
async def test_an_answer_with_a_wrong_field_ends_the_batch_and_one_that_was_cut_does_not(
    office: Any, a_batch: Any, field: str | None, ended: bool
) -> None:
    own = permits(office)
    own.failure = UnreadableAnswer("GET /3/accounts", field=field)
    batch = await office.approve(a_batch(1))

    await one_attempt(office, office.sender(permits=own))

    (told,) = await office.events(batch)
    expected = (
        ("vouchers.refused", "vouchers.unreadable-answer") if ended else ("vouchers.waiting", "vouchers.fortnox-away")
    )
    assert (told["type"], told["trouble"]["code"]) == expected


@pytest.mark.parametrize("in_doubt", [True, False])
async def test_a_database_without_a_session_for_the_right_is_waited_for(
    office: Any, a_batch: Any, *, in_doubt: bool
) -> None:
    batch = await office.approve(a_batch(2))
    if in_doubt:
        await office.simulator.fault("POST /3/vouchers", "timeout-after")
        await office.simulator.fault("GET /3/vouchers", "status-503", skip=1, times=3)
        await office.attempt()

    async def full() -> Any:
        raise asyncpg.TooManyConnectionsError("sorry, too many clients already")

    kind = job_kind(replace(office.sender(), open_session=full))
    worker = Worker(kind, office.pool, Outbox(), "voucher-sender")
    for _ in range(2 * kind.most_attempts):
        async with office.pool.acquire() as connection:
            await connection.execute("update jobs set run_at = clock()")
            claim = await JobStore(connection).claim(kind.name, kind.version, timedelta(seconds=15))
        assert claim is not None
        await worker._attempt(claim)
    troubled = [code_of(one) for one in await office.events(batch)]
    await office.due()
    await office.work()

    code = "voucher.uncertain-database-away" if in_doubt else "vouchers.database-away"
    events = await office.events(batch)
    assert troubled.count(code) == 1
    assert (events[-1]["booked"], len(office.books())) == (2, 2)
