"""The relay publishes the outbox: one active per service, in order, at least once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from common import database
from common.clock import SYSTEM, Clock
from common.messaging.producer import header_bytes
from common.telemetry import OUTBOX_PUBLISHED

if TYPE_CHECKING:
    import asyncpg

    Session = asyncpg.Connection[asyncpg.Record]

log = structlog.get_logger()

BATCH_ROWS = 500
BATCH_BYTES = 4_000_000
PAUSE = 0.05  # seconds between looks at an empty outbox
STUCK = timedelta(seconds=30)  # a holder without progress for this long is replaced


@dataclass(frozen=True)
class Relay:
    """Runs on the very session that holds its advisory lock, so that no two publish at once.

    A process that dies frees the lock with its session; one that is stuck has its session ended by the next.
    """

    dsn: str
    schema: str
    producer: Callable[[], AIOKafkaProducer]
    clock: Clock = SYSTEM

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
        while not await session.fetchval(
            "select pg_try_advisory_lock(hashtextextended('relay:' || current_schema(), 0))"
        ):
            await self._replace_if_stuck(session)
            await self.clock.sleep(1)
        producer = self.producer()
        await producer.start()
        try:
            log.info("relay.active")
            await self._publish(session, producer)
        finally:
            await producer.stop()

    async def _replace_if_stuck(self, session: "Session") -> None:
        ended = await session.fetchval(
            "select pg_terminate_backend(backend) from relay_progress where at < clock() - $1::interval", STUCK
        )
        if ended:
            log.warning("relay.replaced-stuck-holder")

    async def _publish(self, session: "Session", producer: AIOKafkaProducer) -> None:
        while True:
            async with asyncio.timeout(STUCK.total_seconds()):
                published = await self._publish_batch(session, producer)
            if not published:
                await self.clock.sleep(PAUSE)

    async def _publish_batch(self, session: "Session", producer: AIOKafkaProducer) -> int:
        rows = _within_bytes(await session.fetch("select * from outbox order by id limit $1", BATCH_ROWS))
        await self._note_progress(session)
        if not rows:
            return 0
        sends = [
            await producer.send(row["topic"], row["value"], key=row["key"], headers=header_bytes(row["headers"]))
            for row in rows
        ]
        await asyncio.gather(*sends)
        await session.execute("delete from outbox where id = any($1)", [row["id"] for row in rows])
        OUTBOX_PUBLISHED.inc(len(rows))
        return len(rows)

    async def _note_progress(self, session: "Session") -> None:
        """At most every five seconds, so that an idle relay writes next to nothing."""
        await session.execute(
            """
            insert into relay_progress as p (backend, at) values (pg_backend_pid(), clock())
            on conflict (only_row) do update set backend = excluded.backend, at = excluded.at
            where p.backend <> excluded.backend or p.at < excluded.at - interval '5 seconds'
            """
        )


def _within_bytes(rows: "list[asyncpg.Record]") -> "list[asyncpg.Record]":
    """The first rows that together stay within a batch's bytes; always at least one."""
    total = 0
    for count, row in enumerate(rows):
        total += len(row["value"] or b"")
        if total > BATCH_BYTES and count:
            return rows[:count]
    return rows
