"""Batches whose jobs are buried, and vouchers that hold back their series until it is known where they are."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.jobs import Worker
from common.messaging.outbox import Outbox
from voucher_sender import batch_job
from voucher_sender.app import job_kind
from voucher_sender.repository import Decisions, Receipts

POST = "POST /3/vouchers"


async def one_attempt(office: Any) -> None:
    sender = office.sender()
    await batch_job.run(await office.claim(sender), sender)


async def bury(office: Any) -> None:
    """The command that was accepted can't be read by the version that runs now."""
    async with office.pool.acquire() as connection:
        await connection.execute("update jobs set command = command #- '{data,series}', run_at = clock()")
    worker = Worker(job_kind(office.sender()), office.pool, Outbox(), "voucher-sender")
    working = asyncio.create_task(worker.run())
    try:
        await office.wait_until("select exists (select from jobs where status = 'dead')")
    finally:
        working.cancel()
        await asyncio.wait([working])


async def left_in_doubt(office: Any, a_batch: Any) -> Any:
    """A batch whose one voucher is booked without an answer, and that ended before it could look."""
    batch = await office.approve(a_batch(1))
    await office.simulator.fault(POST, "timeout-after")
    await office.simulator.fault("GET /3/vouchers", "status-503", skip=1, times=3)
    await one_attempt(office)
    await bury(office)
    return batch


async def test_a_batch_that_was_not_begun_is_refused_when_its_job_is_buried(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    batch = await office.approve(a_batch(1))

    await bury(office)

    (refused,) = await office.events(batch)
    assert (refused["type"], refused["trouble"]["code"]) == ("vouchers.refused", "internal.unreadable-command")
    assert (await office.book(a_batch([voucher(1, 200)])))[-1]["booked"] == 1


@pytest.mark.parametrize("kind", ["timeout-after", "status-500-before"])
async def test_a_buried_batch_ends_and_frees_what_was_not_sent(
    office: Any, a_batch: Any, voucher: Any, kind: str
) -> None:
    batch = await office.approve(a_batch(2))
    await office.simulator.fault(POST, kind)
    await office.simulator.fault("GET /3/vouchers", "status-503", skip=1, times=3)
    await one_attempt(office)

    await bury(office)
    events = await office.events(batch)
    changed = await office.book(a_batch([voucher(2, 777)]))
    again = await office.book(a_batch([voucher(1, 101)]))

    told = [
        (one["type"], one["voucher_id"]) for one in events if one["type"] in {"voucher.uncertain", "voucher.rejected"}
    ]
    assert told[-2:] == [("voucher.uncertain", "v-1"), ("voucher.rejected", "v-2")]
    assert (events[-1]["type"], events[-1]["uncertain"], events[-1]["rejected"]) == ("vouchers.completed", 1, 1)
    assert (changed[-1]["booked"], again[-1]["booked"] + again[-1]["already_booked"]) == (1, 1)
    assert len({one.comments for one in office.books()}) == len(office.books()) == 2


async def test_a_voucher_that_an_ended_batch_left_uncertain_holds_back_its_series(
    office: Any, a_batch: Any, voucher: Any, patient: Any
) -> None:
    office = patient(settling=timedelta(seconds=4))
    await office.approve(a_batch(1))
    await office.simulator.fault(POST, "status-500-before")
    await one_attempt(office)
    await bury(office)
    later = await office.approve(a_batch([voucher(9)], connection_id=uuid4()))
    elsewhere = await office.approve(a_batch([voucher(8)], connection_id=uuid4(), series="A"))

    await one_attempt(office)
    held_back = [one["trouble"]["code"] for one in await office.events(later) if one["type"] == "vouchers.waiting"]
    sent_meanwhile = len(office.books())
    await office.work()

    assert (held_back, sent_meanwhile) == (["vouchers.series-uncertain"], 0)
    assert (await office.events(later))[-1]["booked"] == 1
    assert (await office.events(elsewhere))[-1]["booked"] == 1


async def test_what_another_batch_found_gets_its_one_receipt_and_its_own_batch_is_told(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    batch = await left_in_doubt(office, a_batch)

    other = await office.book(a_batch([voucher(9)]))
    told = await office.events(batch)
    async with office.pool.acquire() as connection:
        undecided = await Decisions(connection).waiting()
        receipts = await Receipts(connection).get(office.tenant, ["v-1"])
    again = await office.book(a_batch(1))
    changed = await office.book(a_batch([voucher(1, 999)]))

    assert (told[-1]["type"], told[-1]["voucher_id"], told[-1]["number"]) == ("voucher.booked", "v-1", 1)
    assert [one["type"] for one in told].count("voucher.booked") == 1
    assert (undecided, receipts["v-1"].batch_id, receipts["v-1"].decided) == ([], batch.batch_id, False)
    assert (other[-1]["booked"], again[-1]["already_booked"], changed[-1]["rejected"]) == (1, 1, 1)
    assert [one.text for one in office.books()] == ["Bokslut 1", "Bokslut 9"]


async def test_what_another_batch_found_otherwise_than_approved_is_told_as_differing(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    batch = await left_in_doubt(office, a_batch)
    rows = [{"account": 7832, "amount": 1}, {"account": 1229, "amount": -1}]
    await office.simulator.edit("correct_voucher", office.tenant, series="I", number=1, rows=rows, strike=[])

    await office.book(a_batch([voucher(9)]))

    told = (await office.events(batch))[-2:]
    assert [one["type"] for one in told] == ["voucher.booked", "voucher.differs"]


async def test_of_several_that_another_batch_found_a_person_must_say_which_one_counts(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    batch = await left_in_doubt(office, a_batch)
    rows, comments = [(7832, 101), (1229, -101)], office.books()[0].comments
    await office.simulator.book_voucher(
        office.tenant, series="I", date=office.last_day, rows=rows, comments=comments, text="Bokslut 1"
    )

    await office.book(a_batch([voucher(9)]))

    async with office.pool.acquire() as connection:
        assert [one.voucher_id for one in await Decisions(connection).waiting()] == ["v-1"]
    assert "voucher.booked" not in {one["type"] for one in await office.events(batch)}
