"""Several senders at once on one database, and senders that lose what they hold."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common import database as db
from common.clock import SYSTEM
from common.jobs import Fenced
from voucher_sender import batch_job
from voucher_sender.right import right_to_post


async def test_two_senders_at_once_give_the_same_result_as_one(office: Any, a_batch: Any, voucher: Any) -> None:
    batches = [
        await office.approve(a_batch([voucher(10 * n + m, 100 + m) for m in range(4)], connection_id=uuid4()))
        for n in range(4)
    ]
    other = await db.create_pool(office.dsn, "voucher_sender")

    await asyncio.gather(*(office.work(office.sender(pool)) for pool in (office.pool, other, office.pool, other)))

    events = await office.all_events()
    assert len(office.books()) == 16
    assert [one["booked"] for one in events if one["type"] == "vouchers.completed"] == [4] * 4
    office.judge(*batches, told=events)
    other.terminate()


async def test_the_order_within_a_batch_is_kept_when_others_book_too(office: Any, a_batch: Any, voucher: Any) -> None:
    batches = [
        await office.approve(a_batch([voucher(10 * n + m) for m in range(5)], connection_id=uuid4())) for n in range(3)
    ]

    await asyncio.gather(office.work(), office.work(), office.work())

    for batch in batches:
        receipts = [one for one in await office.events(batch) if one["type"] == "voucher.booked"]
        numbers = [one["number"] for one in receipts]
        assert numbers == sorted(numbers)
        assert [one["voucher_id"] for one in receipts] == [one.voucher_id for one in batch.vouchers]


async def test_a_sender_whose_lock_session_is_lost_sends_nothing_more(office: Any, a_batch: Any) -> None:
    batch = await office.approve(a_batch(3))
    sender = office.sender()

    async def cut(moment: str) -> None:
        if moment == "after POST" and len(office.books()) == 1:
            await office.cut_locks()

    job = await office.claim(sender)
    with suppress(*db.GONE):
        await batch_job.run(job, office.watched(sender, cut))

    assert len(office.books()) == 1
    await office.expire_leases()
    await office.work()
    events = await office.events(batch)
    assert events[-1]["booked"] == 3
    office.judge(batch, told=events)


async def test_a_sender_that_was_paused_too_long_after_its_intent_renews_it(
    office: Any, a_batch: Any, patient: Any
) -> None:
    """With no time at all between intent and POST, each sending comes too late and nothing is sent."""
    hasty = patient(post_within=0.0)
    batch = await hasty.approve(a_batch(1))
    job = await hasty.claim(hasty.sender())

    await batch_job.run(job, hasty.sender())

    assert office.books() == []
    await office.work()
    events = await office.events(batch)
    assert events[-1]["booked"] == 1
    assert "voucher.uncertain" not in [one["type"] for one in events]


async def test_a_zombie_that_wakes_up_after_a_takeover_writes_nothing(office: Any, a_batch: Any, patient: Any) -> None:
    """Its POST was carried out while it slept; its successor has found the voucher; its own receipt has no session."""
    office = patient(call_timeout=20.0)
    batch = await office.approve(a_batch(1))
    zombie = office.sender()

    async def sleep(moment: str) -> None:
        if moment == "after POST":
            await office.cut_locks()
            await office.expire_leases()
            await office.work()

    job = await office.claim(zombie)
    with pytest.raises((Fenced, *db.GONE)):
        await batch_job.run(job, office.watched(zombie, sleep))

    events = await office.events(batch)
    assert len(office.books()) == 1
    assert [one["type"] for one in events].count("voucher.booked") == 1
    office.judge(batch, told=events)


@pytest.mark.parametrize("successors_timeout", [1.5, 0.01], ids=["the same settings", "a shorter timeout"])
async def test_a_takeover_waits_for_a_post_that_may_still_be_on_its_way(
    office: Any, a_batch: Any, patient: Any, successors_timeout: float
) -> None:
    """The zombie's POST is long under way; its successor looks twice before it arrives, and doesn't believe that."""
    successor = patient(call_timeout=successors_timeout, post_within=0.1, settling=timedelta(seconds=0.1))
    office = patient(call_timeout=1.5, post_within=0.5, settling=timedelta(seconds=0.1))
    batch = await office.approve(a_batch(1))
    zombie = office.sender()
    successors: list[asyncio.Task[None]] = []

    async def linger(moment: str) -> None:
        if moment == "before POST" and not successors:
            await office.cut_locks()
            await office.expire_leases()
            successors.append(asyncio.create_task(successor.work()))
            await asyncio.sleep(1.0)

    job = await office.claim(zombie)
    with suppress(Fenced, *db.GONE):
        await batch_job.run(job, office.watched(zombie, linger))
    await asyncio.gather(*successors)

    events = await office.events(batch)
    assert len(office.books()) == 1
    assert events[-1]["booked"] == 1
    office.judge(batch, told=events)


async def test_one_sender_at_a_time_posts_in_a_companys_series(office: Any, a_batch: Any, voucher: Any) -> None:
    """Another process has the right: the batch waits, another series does not."""
    batch = await office.approve(a_batch(1))
    other_series = await office.approve(a_batch([voucher(2)], series="A"))
    async with right_to_post(lambda: db.connect(office.dsn, "voucher_sender"), office.tenant, "I", SYSTEM):
        working = asyncio.create_task(office.work())
        await office.wait_until("select exists (select from jobs where status = 'waiting')")
        await office.wait_until("select count(*) = 1 from jobs where status = 'done'")
        assert office.books() == []
        assert len([one for one in office.books("A") if one.through_api]) == 1
    await office.due()
    await working

    assert (await office.events(batch))[-1]["booked"] == 1
    assert (await office.events(other_series))[-1]["booked"] == 1
