"""What goes after its time, and what stays for ever."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
import structlog

from common import pruning
from common.clock import SystemClock
from common.events import Record
from common.messaging.outbox import Outbox

DAY = 86_400


async def test_old_commands_and_ended_jobs_go_and_nothing_unfinished_does(queue: Any) -> None:
    connection = uuid4()
    for status in ("done", "dead", "queued", "waiting", "running"):
        command = await queue.enqueue(connection)
        ended = "clock()" if status in {"done", "dead"} else "null"
        await queue.pool.execute(
            f"update jobs set status = $1, finished_at = {ended} where business_key = $2", status, command.business_key
        )
    await queue.pool.execute("insert into inbox (source, event_id, type, data) values ('s', 'i', 't', '{}')")
    await queue.pool.execute("insert into outbox (topic, key, value, headers) values ('t', '', '', '[]')")

    async with queue.pool.acquire() as session:
        await queue.advance(31 * DAY)
        await pruning.prune(session)
        assert await queue.statuses() == ["queued", "waiting", "running"]
        assert await session.fetchval("select count(*) from inbox") == 1
        await queue.advance(61 * DAY)
        await pruning.prune(session)

    assert await queue.statuses() == ["queued", "waiting", "running"]
    assert await queue.pool.fetchval("select count(*) from inbox") == 0
    assert await queue.pool.fetchval("select count(*) from outbox") == 1


async def test_the_turns_of_connections_long_unserved_go_and_sequences_stay(queue: Any) -> None:
    async with queue.pool.acquire() as session:
        await session.execute("insert into job_turns values ('import', gen_random_uuid(), clock())")
        await session.execute("insert into outbox_sequences values ('t', '', 7)")
        await queue.advance(29 * DAY)
        await pruning.prune(session)
        assert await session.fetchval("select count(*) from job_turns") == 1
        await queue.advance(1000 * DAY)
        await pruning.prune(session)

        assert await session.fetchval("select count(*) from job_turns") == 0
        assert await session.fetchval("select last from outbox_sequences") == 7


async def test_much_that_is_old_goes_in_lots(queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "LOT", 20)
    deleted: list[str] = []
    async with queue.pool.acquire() as session:
        await session.execute(
            "insert into inbox (source, event_id, type, data) select 's', n, 't', '{}' from generate_series(1, 90) n"
        )
        await queue.advance(61 * DAY)
        with session.query_logger(lambda record: deleted.append(record.query)):
            await pruning.prune(session)

        assert await session.fetchval("select count(*) from inbox") == 0
    assert sum("delete from inbox" in query for query in deleted) == 5


async def test_pruning_that_fails_says_so_and_is_tried_again(queue: Any) -> None:
    pool = await queue.process()
    pool.terminate()

    class AnHour(SystemClock):
        async def sleep(self, seconds: float) -> None:
            raise asyncio.CancelledError

    with structlog.testing.capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        await pruning.prune_forever(pool, AnHour())

    assert [(line["event"], line["error"]) for line in lines] == [("pruning.failed", "InterfaceError")]


async def test_a_tombstone_goes_out_in_its_keys_order(queue: Any) -> None:
    key = str(uuid4()).encode()
    async with queue.pool.acquire() as session, session.transaction():
        for _ in range(2):
            await Outbox("prefix.").add_tombstone(session, Record("connections", key, None))

    rows = await queue.pool.fetch("select topic, key, value, headers from outbox order by id")
    assert [(row["topic"], row["key"], row["value"]) for row in rows] == [("prefix.connections", key, None)] * 2
    assert [dict(row["headers"])["ce_sequence"] for row in rows] == ["1", "2"]
