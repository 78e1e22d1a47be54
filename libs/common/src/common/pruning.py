"""Old rows go: the rule for each shared table, run once an hour by any replica."""

import contextlib
from datetime import timedelta

from common.clock import Clock
from common.database import GONE, Connection, Pool

KEEP_INBOX = timedelta(days=60)  # twice what the command topics keep
KEEP_JOBS = timedelta(days=30)
EVERY = 3600.0  # seconds


async def prune(connection: Connection) -> None:
    """Deletes accepted commands and ended jobs past their time. Unpublished events and unfinished jobs never go."""
    await connection.execute("delete from inbox where received_at < clock() - $1::interval", KEEP_INBOX)
    await connection.execute(
        "delete from jobs where status in ('done', 'dead') and finished_at < clock() - $1::interval", KEEP_JOBS
    )


async def prune_forever(pool: Pool, clock: Clock) -> None:
    while True:
        with contextlib.suppress(*GONE):
            async with pool.acquire() as connection:
                await prune(connection)
        await clock.sleep(EVERY)
