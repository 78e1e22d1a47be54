"""What Fortnox's answer told is committed, however long the database is away: it may be the only live token."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

import asyncpg
import structlog

from common.clock import Clock
from common.database import GONE, Connection, Pool

log = structlog.get_logger()

Result = TypeVar("Result")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds between tries while the database is away


class Misused(Exception):
    """The driver refused what we asked of an open connection: a fault of ours, which trying again doesn't mend."""


@dataclass(frozen=True)
class Keeper:
    """Commits for as long as the process lives."""

    pool: Pool
    connect: Callable[[], AbstractAsyncContextManager[Connection]]
    """A database connection of its own, for when the pool has broken."""
    clock: Clock

    async def commit(self, write: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Runs `write` in a transaction until one has come through. Raises Misused, and what `write` raises.

        A commit whose own answer was lost is done again, so `write` must bear to find its work done.
        """
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                return await write(connection)
        except GONE as error:
            log.error("answer.not-stored-yet", error=type(error).__name__)
        pause = FIRST_PAUSE
        while True:
            try:
                async with self.connect() as own:
                    return await _write(own, write)
            except GONE:
                await self.clock.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)


async def _write(connection: Connection, write: Callable[[Connection], Awaitable[Result]]) -> Result:
    try:
        async with connection.transaction():
            return await write(connection)
    except asyncpg.InterfaceError as error:
        if connection.is_closed():
            raise
        raise Misused from error
