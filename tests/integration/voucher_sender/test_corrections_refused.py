"""Corrections that are refused: as a whole, with everything that stands in the way, and with both sides shown."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

SWAPPED = [(7832, -101), (1229, 101)]


def refusal(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The one event that a refused correction ends with."""
    assert [one["type"] for one in events] == ["vouchers.refused"]
    assert events[0]["trouble"]["code"] == "vouchers.correction-refused"
    return events[0]


def codes(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What is said of each voucher."""
    told = refusal(events)["not_corrected"]
    return {one["voucher_id"]: [finding["code"] for finding in one["findings"]] for one in told}


def only(events: list[dict[str, Any]]) -> dict[str, Any]:
    (told,) = refusal(events)["not_corrected"]
    return dict(told)


async def test_what_we_did_not_book_is_refused_by_name(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.simulator.book_voucher(
        office.tenant, series="I", date=office.last_day, rows=[(7832, 5), (1229, -5)], comments="v-2"
    )

    events = await office.correct("v-1", "v-2")

    assert codes(events) == {"v-2": ["voucher.not-ours"]}
    assert "v-2" in only(events)["findings"][0]["swedish"]
    assert (only(events)["receipt"], only(events)["in_fortnox"]) == (None, None)
    assert len(office.books()) == 2


async def test_one_whose_rows_were_changed_is_refused_with_both_sides(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await change_rows(office)

    told = only(await office.correct("v-1"))

    assert told["findings"][0]["code"] == "voucher.original-changed"
    assert told["findings"][0]["swedish"] == (
        "Verifikation I 1 har ändrats i Fortnox sedan den bokfördes (kvittot → Fortnox): "
        "rad: 7832 101.00 → saknas; rad: saknas → 6570 101.00."
    )
    assert told["receipt"]["rows"] == ["7832 101.00", "1229 -101.00"]
    assert told["in_fortnox"]["rows"] == ["1229 -101.00", "6570 101.00"]
    assert (told["receipt"]["total"], told["in_fortnox"]["total"]) == ("101.00", "101.00")
    assert told["receipt"]["rows_hash"] != told["in_fortnox"]["rows_hash"]
    assert len(office.books()) == 1


async def change_rows(office: Any) -> None:
    await office.simulator.edit(
        "correct_voucher",
        office.tenant,
        series="I",
        number=1,
        strike=[0],
        rows=[{"account": 6570, "amount": "101"}],
        financial_year=office.financial_year,
    )


async def test_a_receipt_of_an_older_version_shows_its_total_and_hash(office: Any, a_batch: Any) -> None:
    """It has no rows: they were not kept then."""
    await office.book(a_batch(1))
    async with office.pool.acquire() as connection, connection.transaction():
        await connection.execute("alter table receipts disable trigger receipts_never_change")
        await connection.execute("update receipts set lines = '[]'")
        await connection.execute("alter table receipts enable trigger receipts_never_change")
    await change_rows(office)

    told = only(await office.correct("v-1"))

    assert "rader för 101,00 kr → andra rader för 101,00 kr" in told["findings"][0]["swedish"]
    assert told["receipt"]["rows"] == []


async def test_one_that_was_struck_is_refused(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.simulator.strike_voucher(office.tenant, "I", 1, office.financial_year)

    assert codes(await office.correct("v-1")) == {"v-1": ["voucher.original-changed"]}


async def test_one_that_was_removed_is_refused(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)

    told = only(await office.correct("v-1"))

    assert told["findings"][0]["code"] == "voucher.original-removed"
    assert "I 1, 2025-12-31, 101,00 kr" in told["findings"][0]["swedish"]
    assert told["in_fortnox"] is None


async def test_one_whose_number_came_again_is_refused(office: Any, a_batch: Any) -> None:
    """Even with the same date and rows: it has not our marker."""
    await office.book(a_batch(1))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)
    await office.simulator.book_voucher(
        office.tenant, series="I", date=office.last_day, rows=[(7832, 101), (1229, -101)]
    )

    told = only(await office.correct("v-1"))

    assert told["findings"][0]["code"] == "voucher.original-unmarked"
    assert told["receipt"]["rows_hash"] == told["in_fortnox"]["rows_hash"]


async def test_one_whose_number_another_of_ours_has_now_is_refused_and_that_one_is_not(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    await office.book(a_batch(1))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)
    await office.book(a_batch([voucher(2, 101)]))

    assert codes(await office.correct("v-1")) == {"v-1": ["voucher.original-replaced"]}
    assert (await office.correct("v-2"))[-1]["booked"] == 1


async def test_one_that_a_person_has_reversed_is_refused_and_the_reversal_named(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.simulator.book_voucher(office.tenant, series="A", date=office.last_day, rows=SWAPPED)

    told = only(await office.correct("v-1"))

    assert told["findings"][0]["code"] == "voucher.reversed-in-fortnox"
    by = office.books("A")[-1].number
    assert told["findings"][0]["swedish"].startswith(f"Verifikation I 1 är redan återförd i Fortnox genom A {by}")
    assert told["corrected_by"] == [{"series": "A", "number": by, "financial_year": office.financial_year}]


async def test_one_that_was_reversed_in_the_next_year_is_refused_too(office: Any, a_batch: Any) -> None:
    years = office.company.profile.years.values()
    following = next(year for year in years if year.start > office.last_day)
    await office.book(a_batch(1))
    await office.simulator.book_voucher(office.tenant, series="A", date=following.start, rows=SWAPPED)

    assert codes(await office.correct("v-1")) == {"v-1": ["voucher.reversed-in-fortnox"]}


async def test_the_reversal_of_another_voucher_with_the_same_rows_hinders_nothing(office: Any, a_batch: Any) -> None:
    """An accrual that comes again and is reversed again, by name or in the order of the days."""
    twin = [(7832, 101), (1229, -101)]
    await office.simulator.book_voucher(office.tenant, series="A", date="2025-10-31", rows=twin)
    await office.simulator.book_voucher(office.tenant, series="A", date="2025-11-01", rows=SWAPPED)
    await office.simulator.book_voucher(office.tenant, series="A", date=office.last_day, rows=twin)
    other = office.books("A")[-1].number
    await office.book(a_batch(1))
    await office.simulator.book_voucher(
        office.tenant, series="A", date=office.last_day, rows=SWAPPED, text=f"Återföring av A{other}"
    )

    events = await office.correct("v-1")

    assert events[-1]["booked"] == 1


async def test_correcting_twice_is_refused_and_the_correction_named(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.correct("v-1")

    told = only(await office.correct("v-1"))

    assert [one["code"] for one in told["findings"]] == ["voucher.already-corrected"]
    assert told["findings"][0]["swedish"] == "Verifikation I 1 är redan ändrad genom I 2."
    assert [(one["series"], one["number"]) for one in told["corrected_by"]] == [("I", 2)]
    assert len(office.books()) == 2


async def test_everything_is_told_at_once_and_nothing_is_sent(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(4))
    await office.correct("v-2")
    await office.simulator.strike_voucher(office.tenant, "I", 2, office.financial_year)
    await change_rows(office)

    events = await office.correct("v-1", "v-2", "v-3", "v-3", "v-4", "v-9")

    assert codes(events) == {
        "v-1": ["voucher.original-changed"],
        "v-2": ["voucher.already-corrected", "voucher.original-changed"],
        "v-3": ["voucher.repeated-id"],
        "v-9": ["voucher.not-ours"],
    }
    assert refusal(events)["trouble"]["data"] == {"refused": "4", "vouchers": "5"}
    assert len(office.books()) == 5


async def test_a_voucher_that_fails_the_check_leaves_its_original_free_to_be_corrected(
    office: Any, a_batch: Any
) -> None:
    await office.book(a_batch(2))

    failed = await office.correct("v-1", "v-2", series="B")
    events = await office.correct("v-1", "v-2")

    assert [one["type"] for one in failed] == [*["voucher.checked", "voucher.rejected"] * 2, "vouchers.completed"]
    assert failed[-1]["rejected"] == 2
    assert events[-1]["booked"] == 2


async def test_a_voucher_that_fortnox_refuses_leaves_its_original_free_to_be_corrected(
    office: Any, a_batch: Any
) -> None:
    await office.book(a_batch(1))

    async def close_account(moment: str) -> None:
        await office.simulator.edit("change_account", office.tenant, account=1229, active=False)

    failed = await office.correct("v-1", meanwhile=close_account)
    await office.simulator.edit("change_account", office.tenant, account=1229, active=True)
    events = await office.correct("v-1", date="2025-12-30")

    assert failed[-1]["rejected"] == 1
    assert events[-1]["booked"] == 1
    assert len(office.books()) == 2


@pytest.mark.parametrize("series", ["I", "A"])
async def test_of_two_corrections_at_once_over_different_connections_one_is_refused(
    office: Any, a_batch: Any, series: str
) -> None:
    await office.book(a_batch(1))
    first = await office.request("v-1")
    second = await office.request("v-1", connection_id=uuid4(), series=series)

    await asyncio.gather(office.work(), office.work())

    told = [await office.told_of(one.correction_id) for one in (first, second)]
    ends = sorted(events[-1]["type"] for events in told)
    assert ends == ["vouchers.completed", "vouchers.refused"]
    refused = next(events for events in told if events[-1]["type"] == "vouchers.refused")
    assert codes(refused)["v-1"][0] in {"voucher.correction-in-progress", "voucher.already-corrected"}
    assert len([one for one in office.company.books if one.through_api]) == 2


async def test_another_companys_receipt_is_none_of_ours(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    async with office.pool.acquire() as connection, connection.transaction():
        await connection.execute("alter table receipts disable trigger receipts_never_change")
        await connection.execute("update receipts set tenant = tenant + 1")
        await connection.execute("alter table receipts enable trigger receipts_never_change")

    assert codes(await office.correct("v-1")) == {"v-1": ["voucher.not-ours"]}
