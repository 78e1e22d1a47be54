"""The inbox: a command is recorded and its work enqueued in one transaction, or it changes nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg
import structlog

from common.clock import SYSTEM, Clock
from common.database import Connection, Pool, is_away
from common.events.envelope import Event, EventData, Record, Unreadable, from_record
from common.messaging.dead_letters import DeadLetters
from common.problems import REUSED_KEY, ProblemError
from common.telemetry import RECORDS

log = structlog.get_logger()

Effect = Callable[[Connection, Event[Any]], Awaitable[None]]
Refusal = Callable[[Connection, Event[Any], ProblemError], Awaitable[None]]

AWAY = 1.0  # seconds between tries while the database is away
MOST_FAILURES = 5  # of our own code on one record, after which it is parked
FIRST_DELAY = 0.05  # seconds, doubled with each failure


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"
    PARKED = "parked"


@dataclass(frozen=True)
class Route:
    """What a command type does: `accept` runs in the inbox's transaction; `refuse` says no with an event."""

    command: type[EventData]
    accept: Effect
    refuse: Refusal | None = None


class Inbox:
    """Takes records from Kafka. Never raises for a bad record, and never parks for a passing reason."""

    def __init__(
        self,
        pool: Pool,
        routes: Sequence[Route],
        dead_letters: DeadLetters,
        *,
        wake: Sequence[Callable[[], None]] = (),
        clock: Clock = SYSTEM,
    ) -> None:
        """`wake` is called after each accepted command has been committed."""
        self._pool = pool
        self._routes = {route.command: route for route in routes}
        self._dead_letters = dead_letters
        self._wake = wake
        self._clock = clock

    async def accept(self, record: Record) -> Outcome:
        """Records the command and what follows from it; returns when that is committed.

        While the database is away it waits and tries again: the consumer stands still, nothing is lost.
        """
        unfit: Unreadable | None = None
        failures = 0
        while True:
            try:
                outcome = await (self._park(record, unfit) if unfit else self._accept_once(record))
            except Exception as error:  # noqa: BLE001  (whatever is wrong with a record, the next one must not wait)
                if is_away(error):
                    log.warning("inbox.database-away", error=type(error).__name__)
                    await self._clock.sleep(AWAY)
                    continue
                failures += 1
                unfit = _unfit(error, failures)
                await self._clock.sleep(0 if unfit else FIRST_DELAY * 2**failures)
            else:
                RECORDS.labels(record.topic, outcome).inc()
                for wake in self._wake:
                    wake()
                return outcome

    async def _accept_once(self, record: Record) -> Outcome:
        event = from_record(record, list(self._routes))
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._take(connection, event)

    async def _park(self, record: Record, why: Unreadable) -> Outcome:
        async with self._pool.acquire() as connection, connection.transaction():
            await self._dead_letters.park(connection, record, why)
        return Outcome.PARKED

    async def _take(self, connection: Connection, event: Event[EventData]) -> Outcome:
        if await self._seen(connection, event):
            return Outcome.REPEATED
        route = self._routes[type(event.data)]
        earlier = await self._same_key(connection, event)
        await self._record(connection, event, keyed=earlier is None)
        if earlier is None:
            await route.accept(connection, event)
            return Outcome.ACCEPTED
        if earlier == event.data:
            return Outcome.REPEATED
        if route.refuse is None:
            log.warning("record.reused-key", type=event.data.TYPE)
            return Outcome.REPEATED
        await route.refuse(connection, event, REUSED_KEY.error(key=event.data.business_key))
        return Outcome.REFUSED

    async def _seen(self, connection: Connection, event: Event[EventData]) -> bool:
        return bool(
            await connection.fetchval(
                "select exists (select from inbox where source = $1 and event_id = $2)", event.source, event.id
            )
        )

    async def _same_key(self, connection: Connection, event: Event[EventData]) -> EventData | None:
        """The earlier command with this business key, as today's model reads it: an additive deploy changes nothing."""
        stored = await connection.fetchval(
            "select data from inbox where type = $1 and business_key = $2", event.data.TYPE, event.data.business_key
        )
        return None if stored is None else type(event.data).model_validate(stored)

    async def _record(self, connection: Connection, event: Event[EventData], *, keyed: bool) -> None:
        await connection.execute(
            "insert into inbox (source, event_id, type, business_key, data) values ($1, $2, $3, $4, $5)",
            event.source,
            event.id,
            event.data.TYPE,
            event.data.business_key if keyed else None,
            event.data.model_dump(mode="json"),
        )


def _unfit(error: Exception, failures: int) -> Unreadable | None:
    """Why a record is to be parked; None while it is worth another try."""
    if isinstance(error, Unreadable):
        return error
    if isinstance(error, asyncpg.DataError):  # such as a NUL character, which JSON has and PostgreSQL has not
        return Unreadable("unstorable", type(error).__name__)
    log.warning("record.failed", error=type(error).__name__, failures=failures, exc_info=error)
    return Unreadable("failing", type(error).__name__) if failures >= MOST_FAILURES else None
