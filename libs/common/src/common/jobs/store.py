"""All SQL of the jobs. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common.database import Connection
from common.events.envelope import Event, EventData

COULD_RUN = """
    (j.status in ('queued', 'waiting') and j.run_at <= (select at from now)
     or j.status = 'running' and j.lease_until < (select at from now))
    and not exists (
        select from jobs e
        where e.kind = j.kind and e.lane = j.lane and e.id <> j.id
          and (e.position < j.position and e.status in ('queued', 'running', 'waiting') or e.status = 'running'))
"""  # fresh, due again, or left by a dead process, and the next of its lane


@dataclass
class Claim:
    """A job that this process may run for as long as its fencing number stands."""

    id: UUID
    kind: str
    connection_id: UUID
    business_key: str
    command: dict[str, Any]
    attempts: int
    fence: int
    checkpoint: Any
    cancel_requested: bool
    created_at: datetime
    lease: timedelta
    """How long it stays ours from each heartbeat on."""


@dataclass(frozen=True)
class Heartbeat:
    """What the database says to a heartbeat of a job that is ours."""

    kept: bool
    """Whether the lease was extended; it can't be while a transaction has the job's row locked."""
    cancel_requested: bool


@dataclass(frozen=True)
class Waiting:
    """How much work of a kind could be done now."""

    count: int
    oldest: timedelta


class JobStore:
    """What can be asked and told about jobs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def enqueue(
        self, kind: str, version: int, event: Event[EventData], *, lane: str | None = None, cancelled: bool = False
    ) -> UUID:
        """Adds a job for the event's command. Jobs of a lane (default: the connection) run one by one, in order."""
        job: UUID = await self._connection.fetchval(
            """
            insert into jobs (kind, version, connection_id, lane, business_key, command, cancel_requested)
            values ($1, $2, $3, $4, $5, $6, $7)
            returning id
            """,
            kind,
            version,
            event.data.connection_id,
            lane or str(event.data.connection_id),
            event.data.business_key or event.id,
            dump(event),
            cancelled,
        )
        return job

    async def claim(self, kind: str, version: int, lease: timedelta) -> Claim | None:
        """The next job of a kind whose version this code knows: fresh, due again, or left by a dead process.

        The connection that was served least recently goes first. Raises UniqueViolationError when another
        process took a job of the same lane in the same instant: the index is what makes lanes exclusive.
        """
        row = await self._connection.fetchrow(
            f"""
            with now as (select clock() as at),
            next as (
                select j.id, j.connection_id
                from jobs j
                left join job_turns t on t.kind = j.kind and t.connection_id = j.connection_id
                where j.kind = $1 and j.version <= $2 and {COULD_RUN}
                order by t.served_at nulls first, j.position
                limit 1
                for update of j skip locked
            ),
            turn as (
                insert into job_turns select $1, connection_id, (select at from now) from next
                on conflict (kind, connection_id) do update set served_at = excluded.served_at
            )
            update jobs
            set status = 'running', attempts = attempts + 1, fence = fence + 1, reason = null, woken = false,
                lease_until = (select at from now) + $3, started_at = coalesce(started_at, (select at from now))
            from next
            where jobs.id = next.id
            returning jobs.id, kind, jobs.connection_id, business_key, command, attempts, fence, checkpoint,
                      cancel_requested, created_at
            """,  # noqa: S608  (a constant)
            kind,
            version,
            lease,
        )
        return Claim(**row, lease=lease) if row else None

    async def extend(self, claim: Claim) -> Heartbeat | None:
        """Keeps the job for longer; None when somebody else has it. Never waits for who has the row locked."""
        row = await self._connection.fetchrow(
            """
            with free as (
                select id from jobs where id = $1 and fence = $2 and status = 'running' for update skip locked
            ),
            kept as (
                update jobs set lease_until = clock() + $3 from free where jobs.id = free.id returning true
            )
            select exists (select from kept) as kept, cancel_requested
            from jobs where id = $1 and fence = $2 and status = 'running'
            """,
            claim.id,
            claim.fence,
            claim.lease,
        )
        return Heartbeat(**row) if row else None

    async def hold(self, claim: Claim) -> bool:
        """Locks the job's row until the transaction ends, and renews its lease; False when somebody else has it."""
        found = await self._connection.fetchval(
            """
            update jobs set lease_until = clock() + $3 where id = $1 and fence = $2 and status = 'running'
            returning true
            """,
            claim.id,
            claim.fence,
            claim.lease,
        )
        return bool(found)

    async def save(self, claim: Claim, checkpoint: Any) -> None:
        """Keeps a checkpoint. It got somewhere, so its attempts count from the start again."""
        await self._connection.execute(
            "update jobs set checkpoint = $2, attempts = 1 where id = $1", claim.id, checkpoint
        )

    async def finish(self, claim: Claim) -> None:
        await self._end(claim, "done", None)

    async def bury(self, claim: Claim, reason: str) -> None:
        """Keeps a job that will never run again, with the reason."""
        await self._end(claim, "dead", reason)

    async def _end(self, claim: Claim, status: str, reason: str | None) -> None:
        await self._connection.execute(
            """
            update jobs set status = $3, reason = $4, finished_at = clock(), lease_until = null
            where id = $1 and fence = $2 and status = 'running'
            """,
            claim.id,
            claim.fence,
            status,
            reason,
        )

    async def postpone(self, claim: Claim, until: datetime, reason: str) -> None:
        """Waits until a time or a wake-up, without a worker; not a failure.

        What came while it ran, a wake-up or a request to cancel, lets it run again at once.
        """
        await self._connection.execute(
            """
            update jobs set status = 'waiting', reason = $4, attempts = 0, lease_until = null,
                run_at = case when woken or cancel_requested then clock() else $3 end
            where id = $1 and fence = $2 and status = 'running'
            """,
            claim.id,
            claim.fence,
            until,
            reason,
        )

    async def retry(self, claim: Claim, delay: timedelta, reason: str, *, counts: bool = True) -> None:
        """Tries again after a failure; being stopped by a deploy `counts` as none."""
        await self._connection.execute(
            """
            update jobs set status = 'queued', reason = $4, lease_until = null, attempts = attempts - $5::int,
                run_at = case when cancel_requested then clock() else clock() + $3 end
            where id = $1 and fence = $2 and status = 'running'
            """,
            claim.id,
            claim.fence,
            delay,
            reason,
            0 if counts else 1,
        )

    async def wake(self, connection_id: UUID) -> int:
        """Lets a connection's waiting jobs run now, and those that run not wait; returns how many that concerns."""
        status = await self._connection.execute(
            """
            update jobs set woken = true, run_at = case when status = 'waiting' then clock() else run_at end
            where connection_id = $1 and status in ('waiting', 'running')
            """,
            connection_id,
        )
        return int(status.split()[-1])

    async def request_cancel(self, kind: str, business_key: str) -> bool:
        """Asks for a job's end; it is told by its next heartbeat, or when it is next claimed. False: no such job."""
        status = await self._connection.execute(
            """
            update jobs set cancel_requested = true,
                run_at = case when status in ('queued', 'waiting') then clock() else run_at end
            where kind = $1 and business_key = $2 and status in ('queued', 'running', 'waiting')
            """,
            kind,
            business_key,
        )
        return int(status.split()[-1]) > 0

    async def withdraw(self, kind: str, business_key: str) -> dict[str, Any] | None:
        """Ends a job that nobody runs, whatever it waits for; its command, or None when there is no such job."""
        command: dict[str, Any] | None = await self._connection.fetchval(
            """
            update jobs set status = 'done', reason = 'withdrawn', finished_at = clock(), lease_until = null
            where kind = $1 and business_key = $2 and status in ('queued', 'waiting')
            returning command
            """,
            kind,
            business_key,
        )
        return command

    async def waiting(self, kind: str) -> Waiting:
        """Work of a kind that could be done now: what waits its turn in a lane is no work for another process."""
        row = await self._connection.fetchrow(
            f"""
            with now as (select clock() as at)
            select count(*) as count, coalesce((select at from now) - min(run_at), interval '0') as oldest
            from jobs j where j.kind = $1 and {COULD_RUN}
            """,  # noqa: S608  (a constant)
            kind,
        )
        assert row is not None
        return Waiting(**row)


def dump(event: Event[EventData]) -> dict[str, Any]:
    """An event as it is kept with its job."""
    return {
        "id": event.id,
        "source": event.source,
        "type": event.data.TYPE,
        "time": event.time.isoformat(),
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "traceparent": event.traceparent,
        "data": event.data.model_dump(mode="json"),
    }


def load(command: dict[str, Any], models: dict[str, type[EventData]]) -> Event[EventData]:
    """An event as it was kept."""
    return Event(
        data=models[command["type"]].model_validate(command["data"]),
        source=command["source"],
        id=command["id"],
        time=datetime.fromisoformat(command["time"]),
        correlation_id=command["correlation_id"],
        causation_id=command["causation_id"],
        traceparent=command["traceparent"],
    )
