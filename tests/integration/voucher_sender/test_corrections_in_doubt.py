"""Corrections that meet faults, waits and ends: reversed once or not at all, and never without a word."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.problems import GAVE_UP, UNREADABLE_COMMAND
from voucher_sender import batch_job, burying, waiting

POST = "POST /3/vouchers"
SWAPPED = [(7832, -101), (1229, 101)]


def ends(events: list[dict[str, Any]]) -> list[str]:
    return [one["type"] for one in events if one["type"] in {"vouchers.completed", "vouchers.refused"}]


@pytest.mark.parametrize("kind", ["timeout-after", "status-500-after", "timeout-before", "reset-after"])
async def test_a_reversing_voucher_of_unknown_outcome_is_found_out(office: Any, a_batch: Any, kind: str) -> None:
    batch = a_batch(2)
    await office.book(batch)
    await office.simulator.fault(POST, kind)

    correction = await office.request("v-1", "v-2")
    await office.work()

    events = await office.told_of(correction.correction_id)
    assert events[-1]["booked"] == 2
    assert len(office.books()) == 4
    office.judge(batch, correction, told=await office.all_events())


async def test_a_correction_that_waited_reads_its_originals_once_more(office: Any, a_batch: Any) -> None:
    """Its first voucher's outcome was unknown; meanwhile somebody changed the second one's original."""
    await office.book(a_batch(3))
    correction = await left_in_doubt(office, "v-1", "v-2", "v-3")
    assert len(office.books()) == 4
    await office.simulator.strike_voucher(office.tenant, "I", 2, office.financial_year)

    await office.work()

    events = await office.told_of(correction.correction_id)
    rejected = {one["voucher_id"]: one["findings"][0]["code"] for one in events if one["type"] == "voucher.rejected"}
    assert list(rejected.values()) == ["voucher.original-changed", "vouchers.others-failed"]
    assert (events[-1]["booked"], events[-1]["rejected"]) == (1, 2)
    assert len(office.books()) == 4


async def test_a_person_who_reversed_it_while_the_correction_waited_is_noticed(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.simulator.fault("GET /3/voucherseries", "status-503", times=3)
    correction = await office.request("v-1")
    sender = office.sender()
    await batch_job.run(await office.claim(sender), sender)
    await office.simulator.book_voucher(office.tenant, series="A", date=office.last_day, rows=SWAPPED)

    await office.work()

    events = await office.told_of(correction.correction_id)
    rejected = next(one for one in events if one["type"] == "voucher.rejected")
    assert rejected["findings"][0]["code"] == "voucher.reversed-in-fortnox"
    assert len(office.books()) == 1


async def test_while_fortnox_is_away_a_correction_waits(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.simulator.fault("GET /3/sie/*", "status-503", times=9)

    events = await office.correct("v-1")

    assert [one["type"] for one in events][:2] == ["vouchers.waiting", "voucher.checked"]
    assert events[-1]["booked"] == 1


async def test_books_that_came_cut_off_are_read_again(office: Any, a_batch: Any) -> None:
    """What a file lacks might be the reversal that is looked for."""
    await office.book(a_batch(1))
    await office.simulator.fault("GET /3/sie/*", "truncate")

    events = await office.correct("v-1")

    assert events[-1]["booked"] == 1


async def test_a_forgotten_correction_is_known_by_its_marker(office: Any, a_batch: Any) -> None:
    """A database restored from a copy: asked again in its place it gets its receipt, elsewhere it is refused."""
    await office.book(a_batch(1))
    await office.correct("v-1")
    await forget_corrections(office)

    elsewhere = await office.correct("v-1", series="A")
    again = await office.correct("v-1")

    told = elsewhere[-1]["not_corrected"][0]
    assert [one["code"] for one in told["findings"]] == ["voucher.already-corrected"]
    assert [(one["series"], one["number"]) for one in told["corrected_by"]] == [("I", 2)]
    assert (again[-1]["already_booked"], again[-1]["booked"]) == (1, 0)
    assert next(one for one in again if one["type"] == "voucher.booked")["corrects"]["number"] == 1
    assert len(office.books()) == 2


async def forget_corrections(office: Any) -> None:
    async with office.pool.acquire() as connection, connection.transaction():
        await connection.execute("alter table receipts disable trigger receipts_never_change")
        for table in ("receipts", "vouchers"):
            await connection.execute(f"delete from {table} where voucher_id in (select corrected_by from corrections)")
        await connection.execute("alter table receipts enable trigger receipts_never_change")
        await connection.execute("delete from corrections")


async def test_a_correction_that_is_given_up_before_it_was_prepared_is_refused(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    correction = await office.request("v-1")
    sender = office.sender()

    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))
    again = await office.correct("v-1")

    assert ends(await office.told_of(correction.correction_id)) == ["vouchers.refused"]
    assert again[-1]["booked"] == 1


async def test_a_correction_that_is_given_up_in_doubt_is_taken_up_by_the_next(
    office: Any, a_batch: Any, patient: Any
) -> None:
    """Its voucher is in Fortnox: the one after it finds it there, and doesn't take it for somebody else's."""
    office = patient(settling=timedelta(seconds=30))
    batch = a_batch(1)
    await office.book(batch)
    correction = await left_in_doubt(office)
    sender = office.sender()
    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))

    again = await office.request("v-1", series="A")
    await office.work()

    assert ends(await office.told_of(correction.correction_id)) == ["vouchers.completed"]
    receipt = (await office.told_of(again.correction_id))[1]
    assert (receipt["type"], receipt["series"], receipt["number"]) == ("voucher.booked", "I", 2)
    assert len(office.books()) == 2


async def left_in_doubt(office: Any, *voucher_ids: str) -> Any:
    """A correction whose first voucher is in Fortnox, which nobody could find out yet."""
    await office.simulator.fault(POST, "timeout-after")

    async def fortnox_is_away(moment: str) -> None:
        if moment == "after POST":
            await office.simulator.fault("GET /3/*", "status-503", times=99)

    correction = await office.request(*voucher_ids or ["v-1"])
    sender = office.sender()
    await batch_job.run(await office.claim(sender), office.watched(sender, fortnox_is_away))
    await office.simulator.clear_faults()
    await office.due()
    return correction


@pytest.mark.parametrize("prepared", [False, True], ids=["before", "in doubt"])
async def test_a_correction_that_is_buried_is_told_and_leaves_the_original_free(
    office: Any, a_batch: Any, patient: Any, prepared: bool
) -> None:
    office = patient(settling=timedelta(seconds=30))
    await office.book(a_batch(1))
    correction = await left_in_doubt(office) if prepared else await office.request("v-1")
    job = await office.claim(office.sender())

    async with job.transaction() as connection:
        told = await burying.bury(connection, job.claim, UNREADABLE_COMMAND.error())
        await job.complete_in(connection, *told)
    again = await office.correct("v-1")

    assert ends(await office.told_of(correction.correction_id)) == [
        "vouchers.completed" if prepared else "vouchers.refused"
    ]
    assert again[-1]["booked"] == 1
    assert len(office.books()) == 2


async def test_the_same_voucher_over_two_connections_one_after_the_other(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.correct("v-1")

    events = await office.correct("v-1", connection_id=uuid4())

    assert events[-1]["not_corrected"][0]["findings"][0]["code"] == "voucher.already-corrected"
