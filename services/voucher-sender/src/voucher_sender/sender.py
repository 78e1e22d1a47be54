"""What a batch is worked with: Fortnox, the database, time."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from uuid import UUID

import httpx

from common.clock import SYSTEM, Clock
from common.database import Connection, Pool
from common.events.envelope import EventData
from common.events.voucher_batches import ApprovedVoucher, VouchersApproved, VouchersCorrectionRequested
from common.jobs import Job
from common.memory import Memory
from fortnox import Client, Permit, Permits
from voucher_sender.correcting.correction import Correction, heading
from voucher_sender.problems import OTHER_COMPANY
from voucher_sender.repository import Batch, Batches, Corrections
from voucher_sender.right import OpenSession, RightToPost

REMEMBERED = 200  # registers, some five for a company: accounts may take a few MB, so no more

Command = VouchersApproved | VouchersCorrectionRequested
"""What the sender is told to do; either is carried out as a batch."""
COMMANDS: dict[str, type[EventData]] = {one.TYPE: one for one in (VouchersApproved, VouchersCorrectionRequested)}


@dataclass(frozen=True)
class Timing:
    """How long things may take; what these mean together is in `resolve.py`."""

    call_timeout: float = 30.0
    """Seconds for one call to Fortnox."""
    post_within: float = 2.0
    """Seconds, by the boot-time clock, from before the intent's commit to the start of its POST (design 7)."""
    settling: timedelta = timedelta(seconds=60)
    """For how long Fortnox's lists may lag."""
    away: timedelta = timedelta(seconds=30)
    """Until the next try when Fortnox or the connector does not answer."""
    lost: timedelta = timedelta(minutes=15)
    """The same when the connection is lost or lacks a right; a connection event comes before."""
    give_up_after: timedelta = timedelta(hours=72)
    """For how long a batch waits without getting anywhere. One with an unknown outcome waits on."""
    lock_memory: timedelta = timedelta(days=1)
    """For how long it is remembered that a series is exempt from the lock: the company can change that."""
    refusal_memory: timedelta = timedelta(minutes=10)
    """The same of one that is not: meanwhile it is not asked again, and then one voucher is sent to find out."""
    registers: timedelta = timedelta(seconds=60)
    """For how long a company's registers are remembered for its next batches."""

    @property
    def longest_post(self) -> timedelta:
        """From an intent's commit until its POST has certainly ended."""
        return timedelta(seconds=self.post_within + self.call_timeout)


@dataclass
class CountedPermits:
    """Permits that remember how many were given, and for which company: all are for the same one."""

    permits: Permits = field(repr=False)
    calls: int = 0
    tenant: int | None = None

    async def acquire(self) -> Permit:
        """Raises ProblemError when the connection has come to lead to another company meanwhile."""
        permit = await self.permits.acquire()
        if self.tenant not in {None, permit.tenant}:
            permit.answered()  # unused
            raise OTHER_COMPANY.error()
        self.calls += 1
        self.tenant = permit.tenant
        return permit

    async def refused(self, permit: Permit) -> None:
        await self.permits.refused(permit)


@dataclass(frozen=True)
class Sender:
    """One process's means. `permits` opens a connection's call slots, `open_session` a session for the right."""

    client_id: str
    permits: Callable[[UUID], AbstractAsyncContextManager[Permits]]
    open_session: OpenSession
    pool: Pool = field(repr=False)
    fortnox_url: str = "https://api.fortnox.se"
    transport: httpx.AsyncBaseTransport | None = None
    clock: Clock = SYSTEM
    timing: Timing = Timing()

    @cached_property
    def memory(self) -> Memory:
        """Companies' registers, by tenant: whatever the connection, and for none but that company."""
        return Memory(self.clock, self.timing.registers.total_seconds(), REMEMBERED)

    @asynccontextmanager
    async def desk(self, job: Job[Command]) -> AsyncIterator["Desk"]:
        """Everything that one attempt at a batch needs."""
        async with self.permits(job.connection_id) as permits:
            counted = CountedPermits(permits)
            async with Client(
                counted,
                base_url=self.fortnox_url,
                transport=self.transport,
                timeout=self.timing.call_timeout,
                boottime=self.clock.boottime,
            ) as fortnox:
                yield Desk(job, self, fortnox, counted)


@dataclass
class Desk:
    """One attempt at a batch."""

    job: Job[Command]
    sender: Sender
    fortnox: Client
    permits: CountedPermits
    command: VouchersApproved = field(init=False)
    """What is to be booked: the job's own command, or the batch that a correction comes to."""
    batch: Batch = field(init=False)
    """As the database has it; there once the attempt has begun."""
    _right: RightToPost | None = field(default=None, init=False, repr=False)
    _calls_kept: int = field(default=0, init=False)

    @property
    def timing(self) -> Timing:
        return self.sender.timing

    @property
    def clock(self) -> Clock:
        return self.sender.clock

    @property
    def tenant(self) -> int:
        """The company that was checked."""
        assert self.batch.tenant is not None
        return self.batch.tenant

    @property
    def financial_year(self) -> int:
        """Fortnox's id of the year."""
        assert self.batch.financial_year is not None
        return self.batch.financial_year

    def approved(self, position: int) -> ApprovedVoucher:
        """The batch's voucher at a position, counted from 1."""
        return self.command.vouchers[position - 1]

    def note(self, position: int) -> str:
        """What Fortnox is told beside the marker of the voucher at a position, counted from 1."""
        return self.command.notes[position - 1] if isinstance(self.command, Correction) else ""

    @contextmanager
    def holding(self, right: RightToPost) -> Iterator[None]:
        """While vouchers are sent, all that is written of them goes through the session that holds the right."""
        self._right = right
        try:
            yield
        finally:
            self._right = None

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction that commits only while this process holds the job. Raises Fenced."""
        return self._right.transaction(self.job) if self._right else self.job.transaction()

    async def begin(self) -> None:
        """Puts the batch down, if no earlier attempt has."""
        asked = self.job.command
        async with self.job.transaction() as connection:
            if isinstance(asked, VouchersApproved):
                self.command = asked
                self.batch = await Batches(connection).begin(asked, self.job.event.time)
            else:
                self.command = heading(asked)
                self.batch = await Batches(connection).begin(self.command, self.job.event.time, correction=True)
                if prepared := await Corrections(connection).prepared(asked.correction_id):
                    self.command = Correction.model_validate(prepared)

    async def read_batch(self, connection: Connection) -> None:
        self.batch = await Batches(connection).get(self.command.batch_id)

    async def keep_calls(self, connection: Connection) -> None:
        """Adds the calls that were made since the last time to the batch's."""
        await Batches(connection).add_calls(self.command.batch_id, self.calls_to_keep())

    def calls_to_keep(self) -> int:
        """The calls that were made since this was asked last."""
        new, self._calls_kept = self.permits.calls - self._calls_kept, self.permits.calls
        return new
