"""Old rows go: the rule for each shared table and for those of a service, run once an hour by any replica.

`outbox` empties itself, and `relay_progress` has one row. `outbox_sequences` is kept for ever: consumers hold the state
of a connection, with its sequence, as long as it exists (its topic is compacted), and one that began again at 1 after
years of silence would be taken for old. It is one small row per connection and topic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Rule:
    """What of a table is old."""

    table: str
    is_old: str
    """SQL, in which $1 is `keep`."""
    keep: timedelta
    lot: int | None = None
    """Rows in one statement, where `LOT` would be too many: others may go with them."""


RULES = (
    Rule("inbox", "received_at < clock() - $1::interval", KEEP_INBOX),
    Rule("jobs", "status in ('done', 'dead') and finished_at < clock() - $1::interval", KEEP_JOBS),
    Rule("job_turns", "served_at < clock() - $1::interval", KEEP_TURNS),
)


async def prune(connection: Connection, rules: Sequence[Rule] = RULES) -> None:
    """Deletes what is past its time. By `RULES`: accepted commands, ended jobs and turns; never unfinished jobs."""
    for rule in rules:
        await prune_table(connection, rule.table, rule.is_old, rule.keep, rule.lot)


async def prune_table(connection: Connection, table: str, is_old: str, keep: timedelta, lot: int | None = None) -> int:
    """Deletes what `is_old`, SQL in which $1 is `keep`, in statements of their own; returns how many rows went."""
    rows, gone = lot or LOT, 0
    old = f"select ctid from {table} where {is_old} limit $2"  # noqa: S608  (constants)
    while True:
        status = await connection.execute(
            f"delete from {table} where ctid = any(array({old})) and {is_old}",  # noqa: S608  (constants)
            keep,
            rows,
        )
        deleted = int(status.split()[-1])
        gone += deleted
        if deleted < rows:
            return gone


async def prune_forever(pool: Pool, clock: Clock, more: Sequence[Rule] = ()) -> None:
    """By the shared tables' rules, and by a service's own."""
    while True:
        try:
            async with pool.acquire() as connection:
                await prune(connection, (*RULES, *more))
        except GONE as error:
            log.warning("pruning.failed", error=type(error).__name__)
        await clock.sleep(EVERY)
