"""The right to post in a company's series: one sender at a time, whatever the number of replicas."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from common.clock import Clock
from common.database import GONE, Connection
from common.jobs import Job

POLL = 0.3  # seconds between tries to get the right
PATIENCE = 3.0  # seconds after which the job rather waits without a worker

OpenSession = Callable[[], Awaitable[Connection]]


class RightTaken(Exception):
    """Another sender posts in that series."""


@dataclass(frozen=True)
class RightToPost:
    """A session advisory lock, held by the very session that commits the intents.

    It frees itself when the process dies, and stays while the process is only paused. When the session is lost,
    no further intent can be committed, and without one nothing is sent.
    """

    session: Connection

    @asynccontextmanager
    async def transaction(self, job: Job[Any]) -> AsyncIterator[Connection]:
        """A transaction on the locked session that commits only while this process holds the job, too."""
        async with job.short_transaction(self.session):
            yield self.session


@asynccontextmanager
async def right_to_post(
    open_session: OpenSession, tenant: int, series: str, clock: Clock
) -> AsyncIterator[RightToPost]:
    """Waits a moment for the right. Raises RightTaken."""
    session = await open_session()
    try:
        give_up_at = clock.boottime() + PATIENCE
        while not await _lock(session, tenant, series):
            if clock.boottime() > give_up_at:
                raise RightTaken
            await clock.sleep(POLL)
        yield RightToPost(session)
    finally:
        with contextlib.suppress(*GONE):
            await session.close(timeout=5)


async def _lock(session: Connection, tenant: int, series: str) -> bool:
    locked: bool = await session.fetchval(
        "select pg_try_advisory_lock(hashtextextended($1, 0))", f"post:{tenant}:{series}"
    )
    return locked
