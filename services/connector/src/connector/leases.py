"""Leases: an access token together with call slots, in one answer (Design 5).

Fortnox lets 25 calls through per 5 s for our app and a company, over all our processes. Here is the one place that
hands both out, so the budget holds whatever the number of replicas; the arithmetic is in migrations 0004 and 0007.
"""

import asyncio
import hashlib
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

from common.clock import Clock
from common.database import GONE, Pool
from common.leases import LARGEST_LOT, HandBackRequest, HandedBack, Lease, LeaseRequest, Purpose
from connector import problems, telemetry
from connector.counter import Counter
from connector.repository import Asked, Back, Grants, Leased, Slot, Slots
from connector.tokens.purse import Purse, Token
from fortnox import Permit

log = structlog.get_logger()

LEASE_TIME = timedelta(seconds=60)  # calls end before; long enough for the largest SIE file seen (Fortnox fact 4)
TOKEN_MARGIN = 5.0  # seconds that an access token is good beyond the lease
AWAITED = 1.0  # seconds that a request waits for slots before it is told to come again
REST_AFTER_429 = timedelta(seconds=6)  # Fortnox's window and a little (Fortnox fact 14: five seconds are enough)
HEAD_START = {
    # Whoever waits longest goes first, but a person in a dialog counts as having waited ten seconds already. So what
    # is urgent goes first, and nothing starves.
    Purpose.DIALOG: timedelta(seconds=10),
    Purpose.VOUCHERS: timedelta(seconds=5),
    Purpose.IMPORT: timedelta(0),
}


@dataclass
class Leasing:
    """Gives leases and takes slots back."""

    pool: Pool
    purse: Purse
    client_id: str
    clock: Clock
    counter: Counter = field(init=False)

    def __post_init__(self) -> None:
        self.counter = Counter(self.pool, LEASE_TIME)

    async def lease(self, request: LeaseRequest) -> Lease:
        """A lease; without slots when none comes free within a second. Raises ProblemError."""
        with telemetry.LEASE_SECONDS.time():
            await self._heed(request)
            token, leased = await self._token_and_slots(request)
            assert leased.tenant is not None
            if not leased.numbers:
                telemetry.LEASES.labels(request.purpose, "waiting").inc()
                return Lease(
                    lease_id=request.lease_id,
                    tenant=leased.tenant,
                    slots=(),
                    seconds=0,
                    wait_seconds=leased.wait or 0,
                    expected_wait_seconds=leased.expected or 0,
                )
            telemetry.LEASES.labels(request.purpose, "given").inc()
            self._look_ahead(leased)
            slots = (Slot(leased.budget_id or 0, number, request.lease_id) for number in leased.numbers)
            return Lease(
                lease_id=request.lease_id,
                access_token=token.text,
                tenant=leased.tenant,
                slots=tuple(map(str, slots)),
                seconds=leased.seconds or 0.0,
            )

    async def hand_back(self, request: HandBackRequest) -> None:
        back = _back(request.handed_back)
        async with self.pool.acquire() as connection:
            await Slots(connection).hand_back(back)
            if request.too_many_requests:
                telemetry.TOO_MANY.inc()
                await Slots(connection).close([one.slot.budget for one in back], REST_AFTER_429)

    @asynccontextmanager
    async def permits(self, connection_id: UUID) -> AsyncIterator["OwnPermits"]:
        """Permits for the connector's own look-ups: somebody is waiting in a dialog."""

        async def ask(lease_id: UUID, refused_token: str | None) -> Lease:
            return await self.lease(
                LeaseRequest(
                    lease_id=lease_id,
                    connection_id=connection_id,
                    purpose=Purpose.DIALOG,
                    calls=1,
                    refused_token=refused_token,
                )
            )

        async with _closing(OwnPermits(ask, self.hand_back, self.clock)) as permits:
            yield permits

    @asynccontextmanager
    async def permits_to_connect(self, tenant: int, access_token: str) -> AsyncIterator["OwnPermits"]:
        """Permits for a company that has just consented: its calls are counted like all others."""

        async def ask(lease_id: UUID, _refused_token: str | None) -> Lease:
            async with self.pool.acquire() as connection:
                budget = await Slots(connection).budget(self.client_id, tenant)
                urgency = HEAD_START[Purpose.DIALOG]
                taken = await Slots(connection).take(budget, lease_id, lease_id, 1, urgency, LEASE_TIME)
            slots = tuple(str(Slot(budget, number, lease_id)) for number in taken.numbers or ())
            return Lease(
                lease_id=lease_id,
                access_token=access_token,
                tenant=tenant,
                slots=slots,
                seconds=taken.seconds or 0,
                wait_seconds=taken.wait or 0,
            )

        async with _closing(OwnPermits(ask, self.hand_back, self.clock)) as permits:
            yield permits

    async def _heed(self, request: LeaseRequest) -> None:
        """What the holder has met: a dead token, a 429."""
        if not request.refused_token and not request.too_many_requests:
            return
        async with self.pool.acquire() as connection:
            if request.refused_token and re.fullmatch("[0-9a-f]{64}", request.refused_token):
                await Grants(connection).refuse_access(request.connection_id, bytes.fromhex(request.refused_token))
            if request.too_many_requests and (budget := await Slots(connection).budget_of(request.connection_id)):
                telemetry.TOO_MANY.inc()
                await Slots(connection).close([budget], REST_AFTER_429)

    async def _token_and_slots(self, request: LeaseRequest) -> tuple[Token, Leased]:
        """The token first, then slots, so that nothing can go wrong once they are taken.

        They could not be handed back: a repeat of the request may hold them by way of another replica.
        """
        give_up_at, asked = self.clock.boottime() + AWAITED, _asked(request)
        while True:
            token = self.purse.held(request.connection_id)
            leased = await self.counter.lease(replace(asked, token=token.hash))
            asked = replace(asked, back=())
            if leased.tenant is not None and leased.budget_id is None:
                async with self.pool.acquire() as connection:
                    await Slots(connection).budget(self.client_id, leased.tenant)
                continue
            _check(leased)
            if leased.wait is None:
                asked = await self._with_token(asked, leased)
            elif leased.numbers or self.clock.boottime() + leased.wait > give_up_at:
                return token, leased
            else:
                await self.clock.sleep(leased.wait)

    def _look_ahead(self, leased: Leased) -> None:
        if leased.may_renew:
            assert leased.grant_id is not None
            self.purse.renew_ahead(leased.grant_id, leased.version or 0, leased.access_seconds or 0.0)

    async def _with_token(self, asked: Asked, leased: Leased) -> Asked:
        """Puts the newest token into the purse: a newer one, unless the one there is will do."""
        assert leased.grant_id is not None
        if leased.may_renew and (leased.access_seconds or 0.0) < asked.good_for:
            await self.purse.renew(leased.grant_id, leased.version or 0)
            asked = replace(asked, good_for=-math.inf)  # newer than this there is none: taken as it is
        await self.purse.fetch(asked.connection_id, leased.grant_id)
        return asked


@dataclass
class OwnPermit:
    """Leave for one call of the connector's own."""

    permits: "OwnPermits" = field(repr=False)
    slot: str
    access_token: str = field(repr=False)
    tenant: int
    deadline: float
    too_many_came: bool = False

    def answered(self) -> None:
        self.deadline = 0.0  # one call only
        self.permits.hand_back(self)

    def too_many(self) -> None:
        self.too_many_came = True


class OwnPermits:
    """The connector's own permits: one slot at a time, straight from the database."""

    def __init__(
        self,
        ask: Callable[[UUID, str | None], Awaitable[Lease]],
        hand_back: Callable[[HandBackRequest], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._ask = ask
        self._hand_back = hand_back
        self._clock = clock
        self._refused: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def acquire(self) -> OwnPermit:
        lease_id = uuid4()
        while True:
            asked_at = self._clock.boottime()
            lease = await self._ask(lease_id, self._refused)
            if lease.slots:
                self._refused = None
                return OwnPermit(self, lease.slots[0], lease.access_token, lease.tenant, asked_at + lease.seconds)
            await self._clock.sleep(lease.wait_seconds)

    async def refused(self, permit: Permit) -> None:
        self._refused = hashlib.sha256(permit.access_token.encode()).hexdigest()

    def hand_back(self, permit: OwnPermit) -> None:
        """Reported a moment later: whether a 429 came is told after the answer."""
        task = asyncio.create_task(self._report(permit, self._clock.boottime()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _report(self, permit: OwnPermit, answered_at: float) -> None:
        slot = HandedBack(slot=permit.slot, answered_ago=self._clock.boottime() - answered_at)
        try:
            await self._hand_back(HandBackRequest(handed_back=(slot,), too_many_requests=permit.too_many_came))
        except GONE as error:  # the slot frees itself
            log.warning("slot.not-handed-back", error=type(error).__name__)


@asynccontextmanager
async def _closing(permits: OwnPermits) -> AsyncIterator[OwnPermits]:
    try:
        yield permits
    finally:
        await permits.close()


def _check(leased: Leased) -> None:
    """Raises what keeps this connection from being used."""
    if not leased.known:
        raise problems.UNKNOWN.error()
    if leased.status == "removed" or leased.grant_id is None:
        raise problems.REMOVED.error()
    if not leased.may_renew and (leased.access_seconds or 0.0) < LEASE_TIME.total_seconds():
        raise problems.stored(leased.trouble) if leased.trouble else problems.LOST.error()


def _asked(request: LeaseRequest) -> Asked:
    return Asked(
        connection_id=request.connection_id,
        lease=request.lease_id,
        holder=request.holder or request.connection_id,
        calls=min(request.calls, LARGEST_LOT),
        head_start=HEAD_START[request.purpose],
        token=b"",
        good_for=LEASE_TIME.total_seconds() + TOKEN_MARGIN,
        back=_back(request.handed_back),
    )


def _back(handed_back: Iterable[HandedBack]) -> list[Back]:
    """What was handed back; what no lease ever had is left out."""
    parsed = ((Slot.parse(one.slot), one.answered_ago) for one in handed_back)
    return [Back(slot, _sane(ago)) for slot, ago in parsed if slot is not None]


def _sane(ago: float | None) -> float | None:
    if ago is None:
        return None
    return min(max(ago, 0.0), 1e6) if math.isfinite(ago) else 0.0
