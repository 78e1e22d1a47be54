"""Old rows go, a lot at a time; what identifies a voucher stays."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from common.pruning import prune
from voucher_sender.pruning import RULES


async def test_old_batches_and_locks_go_in_lots_and_vouchers_and_receipts_stay(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    for _ in range(4):
        await office.book(a_batch(1, mode="check"))
    recent = await office.approve(a_batch(1, mode="check"))
    async with office.pool.acquire() as connection:
        await connection.execute("update batches set ended_at = ended_at - interval '401 days'")
        await connection.execute(
            "insert into series_locks values ($1, 1, 'I', '2025-01-31', true, clock() - interval '31 days')"
            ", ($1, 1, 'A', '2025-01-31', true, clock())",
            office.tenant,
        )
        await connection.execute(
            "insert into companies values (gen_random_uuid(), 1, 'Borta AB', null, clock() - interval '401 days')"
            ", (gen_random_uuid(), 2, 'Kvar AB', null, null)"
        )
    await office.work()

    async with office.pool.acquire() as connection:
        await prune(connection, [replace(rule, lot=2) for rule in RULES])

    async with office.pool.acquire() as connection:
        left = [row["batch_id"] for row in await connection.fetch("select batch_id from batches")]
        entries = await connection.fetchval("select count(*) from batch_vouchers")
        kept = await connection.fetchval("select (select count(*) from vouchers) + (select count(*) from receipts)")
        companies = [row["name"] for row in await connection.fetch("select name from companies")]
        locks = [row["series"] for row in await connection.fetch("select series from series_locks")]
    assert (left, entries, kept, locks, companies) == ([recent.batch_id], 1, 2, ["A"], ["Kvar AB"])


async def test_a_booked_voucher_is_known_after_its_batch_has_gone(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    async with office.pool.acquire() as connection:
        await connection.execute("update batches set ended_at = ended_at - interval '401 days'")
    async with office.pool.acquire() as connection:
        await prune(connection, RULES)

    events = await office.book(a_batch(1, connection_id=uuid4()))

    assert events[-1]["already_booked"] == 1
    assert len(office.books()) == 1


async def test_corrections_stay_unless_they_came_to_nothing(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(2))
    await office.correct("v-1")
    failed = await office.correct("v-2", series="B")
    async with office.pool.acquire() as connection:
        await connection.execute("update batches set ended_at = ended_at - interval '401 days'")
        await connection.execute("update corrections set requested_at = requested_at - interval '401 days'")

        await prune(connection, RULES)

        left = [row["voucher_id"] for row in await connection.fetch("select voucher_id from corrections")]
    assert failed[-1]["rejected"] == 1
    assert left == ["v-1"]
