"""Workers claim jobs and run them; what fails is tried again, what never succeeds is given up and told."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

import asyncpg
import structlog
from pydantic import ValidationError

from common.clock import SYSTEM, Clock
from common.database import GONE, Connection, Pool, is_away
from common.events.envelope import EventData, new_event
from common.jobs.job import Fenced, Job
from common.jobs.store import Claim, JobStore, load
from common.messaging.outbox import Outbox
from common.problems import GAVE_UP, UNREADABLE_COMMAND, ProblemError
from common.telemetry import JOB_SECONDS, JOBS_ENDED, JOBS_OLDEST, JOBS_RUNNING, JOBS_WAITING, OUTBOX_WAITING

log = structlog.get_logger()

POLL = 0.3  # seconds between looks for work that nobody told us of
MEASURE = 5.0  # seconds between looks at the queue's length
OUTBOX_LIMIT = 20_000  # unpublished events at which no more jobs are claimed
LONGEST_DELAY = timedelta(seconds=60)
MOST_FAREWELLS = 8  # how many times giving a job up is tried before it is buried without a word

Step = Callable[[Job[Any]], Awaitable[None]]
GiveUp = Callable[[Job[Any], ProblemError], Awaitable[None]]
Farewell = Callable[[Connection, Claim, ProblemError], Awaitable[Sequence[EventData]]]


@dataclass(frozen=True)
class JobKind:
    """A kind of work: what runs it, and how its end is told when it can't be run."""

    name: str
    commands: Sequence[type[EventData]]
    run: Step
    """Ends the job with `complete` or `postpone`. What it raises is tried again later."""
    give_up: GiveUp
    """Tells that the job failed for good, and completes it."""
    cancelled: Step | None = None
    """Tells that the job was stopped as asked, and completes it."""
    buried: Farewell | None = None
    """Ends in the service's own tables what a job stood for whose command can't even be read, and returns the events
    that tell it; runs in the transaction that buries the job, which keeps its connection and business key.
    """
    version: int = 1
    most_attempts: int = 8
    """Claims in a row without getting anywhere, after which it is given up."""


class JobEndedByNobody(Exception):
    """A job's code returned without ending the job: a fault of ours."""


class JobCancelledItself(Exception):
    """A job's code ended with a cancellation that nobody asked for: a fault of ours."""


class Stop(Enum):
    """Why a job is stopped before its code came to an end."""

    FENCED = "it is no longer ours"
    CANCEL = "it was asked to be cancelled"


@dataclass
class Worker:
    """Runs up to `slots` jobs of one kind at once."""

    kind: JobKind
    pool: Pool
    outbox: Outbox
    source: str
    slots: int = 8
    lease: timedelta = timedelta(seconds=15)
    clock: Clock = SYSTEM
    beat: float = 1.0
    """Seconds between two looks whether a job is still ours and wanted; never more than a quarter of its lease."""
    poll: float = POLL
    measure: float = MEASURE
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _unpublished: int = field(default=0, init=False)

    def wake(self) -> None:
        """There may be work: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Claims and runs jobs for ever. On cancellation, jobs under way are left to others."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._measure())
            free = asyncio.Semaphore(self.slots)
            while True:
                await free.acquire()
                claim = await self._next()
                task = group.create_task(self._work(claim))
                task.add_done_callback(lambda _: self._is_free(free))

    def _is_free(self, slot: asyncio.Semaphore) -> None:
        slot.release()
        self.wake()  # the next job of that lane may run now

    async def _next(self) -> Claim:
        while True:
            self._wake.clear()
            claim = await self._claim()
            if claim:
                return claim
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.poll):
                    await self._wake.wait()

    async def _claim(self) -> Claim | None:
        try:
            async with self.pool.acquire() as connection:
                if self._unpublished > OUTBOX_LIMIT:
                    return None
                return await JobStore(connection).claim(self.kind.name, self.kind.version, self.lease)
        except asyncpg.UniqueViolationError:
            return None
        except GONE as error:
            log.warning("jobs.database-away", error=type(error).__name__)
            await self.clock.sleep(1)
            return None

    async def _work(self, claim: Claim) -> None:
        with (
            structlog.contextvars.bound_contextvars(
                job=str(claim.id), kind=claim.kind, connection=str(claim.connection_id), key=claim.business_key
            ),
            JOBS_RUNNING.labels(self.kind.name).track_inprogress(),
            JOB_SECONDS.labels(self.kind.name).time(),
        ):
            outcome = await self._attempt(claim)
            JOBS_ENDED.labels(self.kind.name, outcome).inc()

    async def _attempt(self, claim: Claim) -> str:
        try:
            job = await asyncio.to_thread(self._job, claim)
        except (KeyError, ValidationError):
            return await self._bury(claim, "unreadable-command", UNREADABLE_COMMAND.error())
        try:
            return await self._run(job)
        except asyncio.CancelledError:
            await asyncio.shield(self._later(claim, timedelta(0), "stopped", counts=False))
            raise
        except Fenced:
            log.warning("job.taken-over")
            return "taken-over"
        except Exception as error:
            if is_away(error):
                log.warning("job.interrupted", error=type(error).__name__)
            else:
                log.exception("job.failed", attempts=job.attempts)
            return await self._later(claim, _delay(job), type(error).__name__)

    async def _run(self, job: Job[Any]) -> str:
        if job.attempts > self.kind.most_attempts + MOST_FAREWELLS:
            return await self._bury(job.claim, "could-not-be-given-up", GAVE_UP.error(attempts=self.kind.most_attempts))
        if job.claim.cancel_requested and self.kind.cancelled:
            outcome = "cancelled"
        elif job.attempts > self.kind.most_attempts:
            outcome = "given-up"
        else:
            outcome = await self._watched(job)
        if outcome == "cancelled" and self.kind.cancelled:
            await self.kind.cancelled(job)
        elif outcome == "given-up":
            await self.kind.give_up(job, GAVE_UP.error(attempts=self.kind.most_attempts))
        if not job.ended:
            raise JobEndedByNobody
        return outcome

    async def _watched(self, job: Job[Any]) -> str:
        """Runs the job for as long as it is ours and nobody asks for its end; returns when its code has stopped."""
        running = asyncio.ensure_future(self.kind.run(job))
        beating = asyncio.create_task(self._beat(job))
        try:
            await asyncio.wait({running, beating}, return_when=asyncio.FIRST_COMPLETED)
            if job.ended:  # its last commit is under way: let it come to its end
                await asyncio.wait({running})
        finally:
            running.cancel()
            beating.cancel()
            await asyncio.wait({running, beating})
        if not running.cancelled():
            await running
            return "ended"
        if beating.cancelled():
            raise JobCancelledItself
        if await beating is Stop.FENCED:
            raise Fenced
        return "cancelled"

    async def _beat(self, job: Job[Any]) -> "Stop":
        """Keeps the job ours; returns when it is no longer, or when it is asked to be cancelled."""
        lease = self.lease.total_seconds()
        held_until = self.clock.boottime() + lease
        while True:
            await self.clock.sleep(min(lease / 4, self.beat))
            asked_at = self.clock.boottime()
            with contextlib.suppress(*GONE):
                async with asyncio.timeout(lease / 4), self.pool.acquire() as connection:
                    answer = await JobStore(connection).extend(job.claim)
                if answer is None:
                    return Stop.FENCED
                if answer.cancel_requested and self.kind.cancelled:
                    return Stop.CANCEL
                if answer.kept or job.holding:  # what our own transaction has locked nobody can take over
                    held_until = asked_at + lease
            if self.clock.boottime() > held_until - lease / 4:
                return Stop.FENCED

    async def _later(self, claim: Claim, delay: timedelta, reason: str, *, counts: bool = True) -> str:
        try:
            async with self.pool.acquire() as connection:
                await JobStore(connection).retry(claim, delay, reason, counts=counts)
        except GONE:
            log.warning("job.left-to-its-lease")
        return "retried"

    async def _bury(self, claim: Claim, reason: str, why: ProblemError) -> str:
        """Keeps the job as dead, and tells it; when even the telling fails, the job is dead all the same."""
        log.error("job.buried", reason=reason)
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                if self.kind.buried and await JobStore(connection).hold(claim):
                    said, now = await self.kind.buried(connection, claim, why), self.clock.now()
                    await self.outbox.add(connection, *(new_event(data, source=self.source, time=now) for data in said))
                await JobStore(connection).bury(claim, reason)
        except GONE:
            return "left-to-its-lease"
        except Exception:
            log.exception("job.buried-without-a-word")
            with contextlib.suppress(*GONE):
                async with self.pool.acquire() as connection:
                    await JobStore(connection).bury(claim, reason)
        return "buried"

    async def _measure(self) -> None:
        while True:
            with contextlib.suppress(*GONE):
                async with self.pool.acquire() as connection:
                    waiting = await JobStore(connection).waiting(self.kind.name)
                    JOBS_WAITING.labels(self.kind.name).set(waiting.count)
                    JOBS_OLDEST.labels(self.kind.name).set(waiting.oldest.total_seconds())
                    self._unpublished = await connection.fetchval("select count(*) from outbox")
                    OUTBOX_WAITING.set(self._unpublished)
            await self.clock.sleep(self.measure)

    def _job(self, claim: Claim) -> Job[Any]:
        event = load(claim.command, {model.TYPE: model for model in self.kind.commands})
        return Job(claim, event, self.source, self.pool, self.outbox, self.clock)


def _delay(job: Job[Any]) -> timedelta:
    return min(LONGEST_DELAY, timedelta(seconds=0.2 * 2**job.attempts))
