"""Old rows go: the rule for each shared table, run once an hour by any replica.

`outbox` empties itself, and `relay_progress` has one row. `outbox_sequences` is kept for ever: consumers hold the state
of a connection, with its sequence, as long as it exists (its topic is compacted), and one that began again at 1 after
years of silence would be taken for old. It is one small row per connection and topic.
"""

from datetime import timedelta

import structlog

from common.clock import Clock
from common.database import GONE, Connection, Pool

log = structlog.get_logger()

KEEP_INBOX = timedelta(days=60)  # twice what the command topics keep
KEEP_JOBS = timedelta(days=30)
KEEP_TURNS = timedelta(days=30)  # one that was not served for this long goes first anyway
EVERY = 3600.0  # seconds
LOT = 500  # rows in one statement: commands may have megabytes, and a statement has a minute

RULES = (
    ("inbox", "received_at < clock() - $1::interval", KEEP_INBOX),
    ("jobs", "status in ('done', 'dead') and finished_at < clock() - $1::interval", KEEP_JOBS),
    ("job_turns", "served_at < clock() - $1::interval", KEEP_TURNS),
)


async def prune(connection: Connection) -> None:
    """Deletes accepted commands, ended jobs and turns past their time. Unfinished jobs and unsaid events never go."""
    for table, is_old, keep in RULES:
        while await _prune_lot(connection, table, is_old, keep) == LOT:
            pass


async def _prune_lot(connection: Connection, table: str, is_old: str, keep: timedelta) -> int:
    status = await connection.execute(
        f"delete from {table} where ctid = any(array(select ctid from {table} where {is_old} limit $2)) and {is_old}",  # noqa: S608  (constants)
        keep,
        LOT,
    )
    return int(status.split()[-1])


async def prune_forever(pool: Pool, clock: Clock) -> None:
    while True:
        try:
            async with pool.acquire() as connection:
                await prune(connection)
        except GONE as error:
            log.warning("pruning.failed", error=type(error).__name__)
        await clock.sleep(EVERY)
