"""Notices that a database was not looked after for a while: it was away, or it is an old copy that was restored.

A process can't tell the two apart, so both are met in the same way (migration 0003). A restored database is always met
by new connections, which is where the pulse is felt first, before anything else is asked of it.
"""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog

from common.clock import Clock
from common.database import GONE, Connection, Pool
from connector.leases import LEASE_TIME

log = structlog.get_logger()

EVERY = 15.0  # seconds between beats
GAP = timedelta(minutes=5)  # without a beat
REST = LEASE_TIME + timedelta(seconds=25)  # as for a slot without an answer: by then nobody calls with an old lease


async def feel(connection: Connection) -> None:
    """Leaves a sign of life. After a gap the database is made fit for use."""
    try:
        if await connection.fetchval("select feel_pulse($1, $2)", GAP, REST):
            log.warning("database.was-away", rest_seconds=REST.total_seconds())
    except asyncpg.UndefinedFunctionError:
        pass  # not migrated yet, and nobody uses it


@dataclass(frozen=True)
class Pulse:
    """Beats for as long as the process lives."""

    pool: Pool
    clock: Clock

    async def beat(self) -> None:
        while True:
            try:
                async with self.pool.acquire() as connection:
                    await feel(connection)
            except GONE as error:
                log.warning("pulse.skipped", error=type(error).__name__)
            await self.clock.sleep(EVERY)
