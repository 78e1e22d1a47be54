"""The one way to call Fortnox: leases of call slots and an access token, asked of the connector.

Fortnox lets 25 calls through per 5 s for a company, over all our processes. The connector hands the slots out; here
they are used, and handed back with how long ago the answer came.
"""

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

import httpx
import structlog
from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from common.clock import SYSTEM, Clock
from common.events.types import Model, Trouble
from fortnox import Permit

log = structlog.get_logger()

AnyModel = TypeVar("AnyModel", bound=Model)

LARGEST_LOT = 8  # slots asked for at once: small, so that others get their turn
FLUSH_AFTER = 2.0  # seconds after which used slots are handed back even if no more are wanted: before they are free
SHORTEST_CALL = 1.0  # seconds that a permit must have left to be worth using
GOODBYE = 3.0  # seconds for handing back: slots free themselves, too
PATIENCE = 60.0  # seconds for which a connector that does not answer is asked again


class Purpose(StrEnum):
    """Why Fortnox is called; decides who goes first: a person in a dialog, then vouchers, then imports."""

    DIALOG = "dialog"
    VOUCHERS = "vouchers"
    IMPORT = "import"


def _only_a_number(value: object) -> object:
    """JSON's 8.0 is a whole number, its "8" and its true are none."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number", "is not a number")
    return value


class HandedBack(Model):
    """A slot that is no longer needed. `answered_ago` None: it was never used and is free at once."""

    slot: str
    answered_ago: float | None = Field(strict=True)
    """Seconds since the call's answer came; never a time of day, since clocks differ."""


class LeaseRequest(Model):
    """Asks for slots. Asking again with the same `lease_id` gives the same lease, so that a lost reply strands none."""

    lease_id: UUID
    connection_id: UUID
    holder: UUID | None = None
    """Who asks, the same in all its requests: a company's slots are shared evenly among these."""
    purpose: Purpose
    calls: Annotated[int, BeforeValidator(_only_a_number)] = Field(ge=1, le=25)
    handed_back: tuple[HandedBack, ...] = ()
    refused_token: str | None = None
    """SHA-256 (hex) of an access token that Fortnox answered with 401."""
    too_many_requests: bool = Field(default=False, strict=True)
    """A 429 came although we kept to the budget: somebody else uses it too."""


class Lease(Model):
    """Leave to make one call per slot. Without slots: wait that long and ask again."""

    lease_id: UUID
    access_token: str = Field(default="", repr=False)
    tenant: int
    slots: tuple[str, ...]
    seconds: float
    """Calls must have ended this long after the request was sent, by the asker's own clock."""
    wait_seconds: float = 0.0
    """Without slots: ask again after so long; it keeps the place in the queue."""
    expected_wait_seconds: float = 0.0
    """Without slots: how long it will probably be until there are some, for telling people."""


class HandBackRequest(Model):
    """Hands slots back without wanting more."""

    handed_back: tuple[HandedBack, ...]
    too_many_requests: bool = Field(default=False, strict=True)


class LeaseRefused(Exception):
    """The connector will not lease: the connection is lost, removed or lacks a right. `trouble` says what to do."""

    def __init__(self, trouble: Trouble, status: int) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble
        self.status = status


class ConnectorAway(Exception):
    """The connector has not answered for a minute, or not in its own words; it passes."""


@dataclass
class SlotPermit:
    """Leave to make one request on the wire."""

    permits: "ConnectionPermits" = field(repr=False)
    slot: str
    access_token: str = field(repr=False)
    tenant: int
    deadline: float
    """By the boot-time clock; the call must have ended before. One call only: over once it was answered."""

    def answered(self) -> None:
        self.deadline = 0.0
        self.permits.hand_back(self.slot, answered=True)

    def too_many(self) -> None:
        self.permits.note_too_many()


class ConnectionPermits:
    """The slots that this process holds for one connection and purpose; shared by its calls."""

    def __init__(self, leases: "Leases", connection_id: UUID, purpose: Purpose) -> None:
        self._leases = leases
        self._connection_id = connection_id
        self._purpose = purpose
        self._holder = uuid4()
        self._clock = leases.clock
        self._free: deque[SlotPermit] = deque()
        self._used: list[tuple[str, float | None]] = []
        self._asking: asyncio.Task[None] | None = None
        self._wanted = 0
        self._lease_id = uuid4()  # kept until it brings slots: it holds our place in the queue
        self._refused: str | None = None
        self._too_many = False
        self._flushing: asyncio.Task[None] | None = None
        self._pause = 0.0  # seconds before asking again is worth it
        self.wait_seconds = 0.0
        """How long the connector last expected us to wait, 0 after it gave slots: for estimates of the time left."""
        self.calls = 0
        """Permits given out so far."""

    async def acquire(self) -> SlotPermit:
        """Waits for a slot. Raises LeaseRefused and ConnectorAway."""
        self._wanted += 1
        try:
            while (permit := self._next_free()) is None:
                await self._more()
                if not self._free:
                    await self._clock.sleep(self._pause)
        finally:
            self._wanted -= 1
        self.calls += 1
        return permit

    async def refused(self, permit: Permit) -> None:
        """This token is dead: slots that came with it are handed back, the next ones come with another."""
        self._refused = hashlib.sha256(permit.access_token.encode()).hexdigest()
        self._hand_back_free(but=[one for one in self._free if one.access_token != permit.access_token])

    def note_too_many(self) -> None:
        """Slots in hand are worth nothing now: all are handed back, and the next request tells why."""
        self._too_many = True
        self._hand_back_free(but=[])

    def _hand_back_free(self, *, but: list[SlotPermit]) -> None:
        back = [one for one in self._free if one not in but]
        self._free = deque(but)
        for one in back:
            self.hand_back(one.slot, answered=False)

    def hand_back(self, slot: str, *, answered: bool) -> None:
        self._used.append((slot, self._clock.boottime() if answered else None))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush_after(FLUSH_AFTER if answered else 0.0))

    async def close(self) -> None:
        """Hands everything back; slots of calls under way free themselves."""
        if self._flushing:
            self._flushing.cancel()
            await asyncio.wait([self._flushing])
        if self._asking and not self._asking.done():  # nobody waits for it any more, but it may just be given slots
            await asyncio.wait([self._asking], timeout=GOODBYE)
            self._asking.cancel()
        self._used += [(permit.slot, None) for permit in self._free]
        self._free.clear()
        await self._flush()

    def _next_free(self) -> SlotPermit | None:
        while self._free:
            permit = self._free.popleft()
            if permit.deadline - self._clock.boottime() > SHORTEST_CALL:
                return permit
            self._used.append((permit.slot, None))
        return None

    async def _more(self) -> None:
        """Waits for the lease that is being asked for, in a task that outlives a caller who gives up: it serves all."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(_look_at)
        await asyncio.shield(self._asking)

    async def _ask(self) -> None:
        asked_at = self._clock.boottime()
        handed_back, too_many, refused = self._take_used(), self._too_many, self._refused
        self._too_many = False
        request = LeaseRequest(
            lease_id=self._lease_id,
            connection_id=self._connection_id,
            holder=self._holder,
            purpose=self._purpose,
            calls=max(1, min(LARGEST_LOT, self._wanted)),
            handed_back=_ages(handed_back, asked_at),
            refused_token=refused,
            too_many_requests=too_many,
        )
        try:
            lease = await self._leases.lease(request)
        except BaseException:
            self._used, self._too_many = handed_back + self._used, too_many or self._too_many
            self._lease_id = uuid4()  # should it have been given, its time runs from this request and not from the next
            raise
        if self._refused == refused:
            self._refused = None
        self.wait_seconds = lease.expected_wait_seconds or lease.wait_seconds
        deadline = asked_at + lease.seconds
        self._free.extend(SlotPermit(self, slot, lease.access_token, lease.tenant, deadline) for slot in lease.slots)
        self._pause = lease.wait_seconds
        if lease.slots:
            self._lease_id = uuid4()
        self._hand_back_free(but=list(self._free)[: self._wanted])  # who wanted the others has given up

    def _take_used(self) -> list[tuple[str, float | None]]:
        taken, self._used = self._used, []
        return taken

    async def _flush_after(self, seconds: float) -> None:
        try:
            while self._used or self._too_many:
                await self._clock.sleep(seconds)
                await self._flush()
        finally:
            self._flushing = None

    async def _flush(self) -> None:
        handed_back, too_many = self._take_used(), self._too_many
        self._too_many = False
        if handed_back or too_many:
            ages = _ages(handed_back, self._clock.boottime())
            try:
                await self._leases.hand_back(HandBackRequest(handed_back=ages, too_many_requests=too_many))
            except asyncio.CancelledError:  # it may not have arrived; twice does no harm
                self._used, self._too_many = handed_back + self._used, too_many or self._too_many
                raise


def _look_at(asking: asyncio.Task[None]) -> None:
    """A failure that nobody waits for any more is no news."""
    if not asking.cancelled():
        asking.exception()


def _ages(used: list[tuple[str, float | None]], now: float) -> tuple[HandedBack, ...]:
    return tuple(HandedBack(slot=slot, answered_ago=None if at is None else now - at) for slot, at in used)


class Leases:
    """The connector's lease interface. One per process."""

    def __init__(
        self,
        connector_url: str,
        key: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self.clock = clock
        self._client = httpx.AsyncClient(
            base_url=connector_url, headers={"authorization": f"Bearer {key}"}, transport=transport
        )

    @asynccontextmanager
    async def session(self, connection_id: UUID, purpose: Purpose) -> AsyncIterator[ConnectionPermits]:
        """Permits for a connection; what is left is handed back at the end."""
        permits = ConnectionPermits(self, connection_id, purpose)
        try:
            yield permits
        finally:
            await permits.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def lease(self, request: LeaseRequest) -> Lease:
        """One lease. A connector that does not answer is asked again with the same id for a minute."""
        give_up_at = self.clock.boottime() + PATIENCE
        while True:
            answer = await self._post("/v1/leases", request)
            if answer is not None and (lease := _read(Lease, answer)):
                return lease
            if self.clock.boottime() > give_up_at:
                raise ConnectorAway
            await self.clock.sleep(0.3)

    async def hand_back(self, request: HandBackRequest) -> None:
        """Hands slots back; if it fails they free themselves a little later."""
        with contextlib.suppress(LeaseRefused):
            await self._post("/v1/leases/hand-back", request, timeout=GOODBYE)

    async def _post(self, path: str, request: Model, timeout: float = 15) -> httpx.Response | None:
        try:
            answer = await self._client.post(
                path, content=request.model_dump_json(), headers={"content-type": "application/json"}, timeout=timeout
            )
        except httpx.TransportError as error:
            log.warning("connector.away", error=type(error).__name__)
            return None
        if answer.is_success:
            return answer
        refused = answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS
        if refused and (trouble := _read(Trouble, answer)):
            raise LeaseRefused(trouble, answer.status_code)
        log.warning("connector.away", status=answer.status_code)  # a 4xx in other words isn't the connector's
        return None


def _read(model: type[AnyModel], answer: httpx.Response) -> AnyModel | None:
    """None where something in between has answered, such as an ingress during a deploy."""
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        log.warning("connector.unreadable", status=answer.status_code)
        return None
