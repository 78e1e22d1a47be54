"""The relay publishes the outbox: one active per service, in order, at least once."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from common import database
from common.clock import SYSTEM, Clock
from common.events.envelope import Record, Unreadable
from common.messaging.dead_letters import DeadLetters
from common.messaging.producer import header_bytes
from common.messaging.sending import Aside, Batch, send, unknown
from common.telemetry import OUTBOX_PUBLISHED

if TYPE_CHECKING:
    import asyncpg

    Session = asyncpg.Connection[asyncpg.Record]
    Failures = list[tuple[asyncpg.Record, BaseException]]

log = structlog.get_logger()

BATCH_ROWS = 500
BATCH_BYTES = 4_000_000
MOST_UNDER_WAY = 2  # batches
PAUSE = 0.05  # seconds between looks at an empty outbox
NOTE_EVERY = 5.0  # seconds between notes of progress
STOPPING = 3.0  # seconds that a producer gets to say goodbye
LOCK = "hashtextextended('relay:' || current_schema(), 0)"
NEXT_BATCH = """
    select id, topic, key, value, headers
    from (select *, row_number() over (order by id) as n,
                 sum(coalesce(octet_length(value), 0)) over (order by id) as bytes
          from (select * from outbox where id <> all($3::bigint[]) and topic <> all($4::text[])
                order by id limit $1) as first) as counted
    where bytes < $2 or n = 1
    order by id
"""
STUCK = timedelta(seconds=30)  # a holder without progress for this long is replaced


@dataclass
class Relay:
    """Runs on the very session that holds its advisory lock, so that no two publish at once.

    A process that dies frees the lock with its session; one that is stuck has its session ended by the next.
    """

    dsn: str
    schema: str
    producer: Callable[[], AIOKafkaProducer]
    dead_letters: DeadLetters
    clock: Clock = SYSTEM
    _singly: int = field(default=0, init=False)
    """Rows still to be sent one at a time, because one of them is too large for the broker."""

    async def run(self) -> None:
        """Publishes for ever; what fails is tried again from the first row that is left."""
        while True:
            try:
                session = await database.connect(self.dsn, self.schema)
                try:
                    await self._take_turns(session)
                finally:
                    session.terminate()
            except (*database.GONE, KafkaError) as error:
                log.warning("relay.interrupted", error=type(error).__name__)
                await self.clock.sleep(1)

    async def _take_turns(self, session: "Session") -> None:
        while not await session.fetchval(f"select pg_try_advisory_lock({LOCK})"):
            await self._replace_if_stuck(session)
            await self.clock.sleep(1)
        await self._note_progress(session)
        log.info("relay.active")
        aside = Aside(self.clock)
        try:
            while True:
                await self._with_a_producer(session, aside)
        finally:
            aside.clear()

    async def _with_a_producer(self, session: "Session", aside: Aside) -> None:
        """Publishes until something fails: a producer that failed once is left behind."""
        producer = self.producer()
        try:
            await producer.start()
            await self._publish(session, producer, aside)
        finally:
            await _stop(producer)

    async def _replace_if_stuck(self, session: "Session") -> None:
        ended = await session.fetchval(
            f"""
            select pg_terminate_backend(pid) from pg_locks, relay_progress
            where locktype = 'advisory' and granted and objsubid = 1
              and database = (select oid from pg_database where datname = current_database())
              and (classid::bigint << 32 | objid::bigint) = {LOCK}
              and at < clock() - $1::interval
            """,  # noqa: S608  (a constant)
            STUCK,
        )
        if ended:
            log.warning("relay.replaced-stuck-holder")

    async def _publish(self, session: "Session", producer: AIOKafkaProducer, aside: Aside) -> None:
        """Reads one batch while the one before it is on its way; deletes each when it is acknowledged."""
        under_way: deque[Batch] = deque()
        note_at = 0.0
        while True:
            async with asyncio.timeout(STUCK.total_seconds()):
                if self.clock.boottime() > note_at:
                    await self._note_progress(session)
                    note_at = self.clock.boottime() + NOTE_EVERY
                batch = await self._send_next(session, producer, under_way, aside)
                if batch:
                    under_way.append(batch)
                failures: Failures = []
                if under_way and (not batch or len(under_way) == MOST_UNDER_WAY or self._singly):
                    failures = await self._settle(session, under_way.popleft(), aside)
                if failures:
                    for later in under_way:
                        failures += await self._settle(session, later, aside)
                    return await self._judge(session, failures, aside)
            if not batch and not under_way:
                await self.clock.sleep(PAUSE)

    async def _send_next(
        self, session: "Session", producer: AIOKafkaProducer, under_way: Iterable[Batch], aside: Aside
    ) -> Batch | None:
        """What comes after the rows under way. Not by their last id: of other keys, smaller ids may commit later."""
        sent = [row["id"] for batch in under_way for row in batch.rows]
        rows = await session.fetch(NEXT_BATCH, 1 if self._singly else BATCH_ROWS, BATCH_BYTES, sent, aside.topics())
        missing = await unknown(producer, {row["topic"] for row in rows})
        for topic in missing:
            aside.put(topic, "unknown")
        rows = [row for row in rows if row["topic"] not in missing]
        return await send(producer, rows) if rows else None

    async def _settle(self, session: "Session", batch: Batch, aside: Aside) -> "Failures":
        """Deletes what was acknowledged, whatever became of the rest, which it returns."""
        failures = await batch.failures()
        failed = {row["id"] for row, _ in failures}
        published = [row for row in batch.rows if row["id"] not in failed]
        await session.execute("delete from outbox where id = any($1)", [row["id"] for row in published])
        aside.written({row["topic"] for row in published} - {row["topic"] for row, _ in failures})
        self._singly = max(0, self._singly - 1)
        OUTBOX_PUBLISHED.inc(len(published))
        return failures

    async def _judge(self, session: "Session", failures: "Failures", aside: Aside) -> None:
        """A row that is too large is found and parked; any other failure is its topic's, which has to wait."""
        too_large = [row for row, why in failures if isinstance(why, MessageSizeTooLargeError)]
        if too_large:
            await self._find_too_large(session, too_large, len(failures))
        judged = {row["topic"] for row in too_large}
        for row, why in failures:
            if row["topic"] not in judged:
                aside.put(row["topic"], type(why).__name__)
                judged.add(row["topic"])

    async def _find_too_large(self, session: "Session", rows: "list[asyncpg.Record]", failed: int) -> None:
        """Parks a row that the broker will never take, so that what comes after it goes out.

        Rows travel together and are refused together: which one is to blame shows when they go one at a time.
        """
        if failed > 1:
            self._singly = failed
            return
        (row,) = rows
        record = Record(row["topic"], row["key"], row["value"], header_bytes(row["headers"]))
        async with session.transaction():
            await self.dead_letters.park(session, record, Unreadable("too-large", "the broker refused its size"))
            await session.execute("delete from outbox where id = $1", row["id"])

    async def _note_progress(self, session: "Session") -> None:
        await session.execute(
            """
            insert into relay_progress as p (backend, at) values (pg_backend_pid(), clock())
            on conflict (only_row) do update set backend = excluded.backend, at = excluded.at
            """
        )


async def _stop(producer: AIOKafkaProducer) -> None:
    """Leaves a producer behind. What it may still deliver are repeats: rows stay until they are acknowledged."""
    try:
        async with asyncio.timeout(STOPPING):
            await producer.stop()
    except (TimeoutError, KafkaError):
        log.warning("relay.producer-left-behind")
