"""Vouchers that we booked are reversed, once: the way when nothing stands in it."""

import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx

from common.events import FinancialYear
from common.events.voucher_batches import DimensionObject, VoucherRow

ORIGINAL = [(7832, 10100), (1229, -10100)]  # öre
REVERSED = [(7832, -10100), (1229, 10100)]


def rows_of(voucher: Any) -> list[tuple[int, int]]:
    return [(row.account, row.amount) for row in voucher.rows]


async def test_a_voucher_that_we_booked_is_reversed_and_the_receipt_names_it(office: Any, a_batch: Any) -> None:
    booked = await office.book(a_batch(1))

    events = await office.correct("v-1")

    assert [one["type"] for one in events] == ["voucher.checked", "voucher.booked", "vouchers.completed"]
    original, reversing = office.books()
    assert (rows_of(original), rows_of(reversing)) == (ORIGINAL, REVERSED)
    assert reversing.text == "Ändringsverifikation avseende I 1: Bokslut 1"
    receipt, first = events[1], next(one for one in booked if one["type"] == "voucher.booked")
    assert (receipt["series"], receipt["number"]) == ("I", 2)
    assert receipt["corrects"] == {name: first[name] for name in ("voucher_id", "series", "number", "financial_year")}
    assert first["corrects"] is None
    assert (events[-1]["vouchers"], events[-1]["booked"]) == (1, 1)


async def test_several_are_reversed_in_the_order_asked_for(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(3))

    events = await office.correct("v-3", "v-1")

    assert [one["corrects"]["number"] for one in events if one["type"] == "voucher.booked"] == [3, 1]
    assert [one.text[:33] for one in office.books()[3:]] == [
        "Ändringsverifikation avseende I 3",
        "Ändringsverifikation avseende I 1",
    ]


async def test_series_and_date_are_those_asked_for_and_rows_keep_what_they_say(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    dimensions = (DimensionObject(dimension=1, object="KS1"), DimensionObject(dimension=6, object="P1"))
    rows = (
        VoucherRow(account=7832, debit=Decimal("12.34"), dimensions=dimensions, text="Maskin"),
        VoucherRow(account=1229, credit=Decimal("12.34")),
    )
    await add_objects(office)
    await office.book(a_batch([voucher(1, rows=rows)]))

    events = await office.correct("v-1", series="A", date=date(2025, 12, 30))

    reversing = office.books("A")[-1]
    assert events[-1]["booked"] == 1
    assert reversing.date == date(2025, 12, 30)
    assert [(row.account, row.amount, row.text) for row in reversing.rows] == [
        (7832, -1234, "Maskin"),
        (1229, 1234, ""),
    ]
    assert reversing.rows[0].objects == office.books()[0].rows[0].objects != ()


async def add_objects(office: Any) -> None:
    profile = office.company.profile
    profile.objects.setdefault("1", {})["KS1"] = "Lager"
    profile.objects.setdefault("6", {})["P1"] = "Bygge"


async def test_who_asked_and_when_is_kept(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))

    await office.correct("v-1")

    async with office.pool.acquire() as connection:
        kept = await connection.fetchrow("select voucher_id, requested_by, requested_at from corrections")
        now = await connection.fetchval("select clock()")
    assert (kept["voucher_id"], kept["requested_by"]) == ("v-1", "user-1042")
    assert abs((now - kept["requested_at"]).total_seconds()) < 60
    assert re.search(r"BKB-.{19}\. Ändring begärd \d{4}-\d\d-\d\d av user-1042$", office.books()[-1].comments)


async def test_over_http_original_and_correction_name_each_other(office: Any, a_batch: Any, interface: Any) -> None:
    batch = a_batch(1)
    await office.book(batch)
    correction = await office.request("v-1")
    await office.work()
    receipt = (await office.told_of(correction.correction_id))[1]

    async with httpx.AsyncClient(
        base_url="http://sender", transport=httpx.ASGITransport(interface.app), headers=interface.headers
    ) as http:
        vouchers = f"/v1/connections/{office.connection_id}/vouchers"
        original = (await http.get(f"{vouchers}/v-1")).json()
        reversing = (await http.get(f"{vouchers}/{receipt['voucher_id']}")).json()
        before = (await http.get(f"/v1/batches/{batch.batch_id}")).json()["vouchers"][0]
        after = (await http.get(f"/v1/batches/{correction.correction_id}/receipts")).json()["vouchers"][0]

    assert (original["corrects"], reversing["corrected_by"]) == (None, None)
    assert (before["corrected_by"], after["corrects"]) == (original["corrected_by"], reversing["corrects"])
    by, about = original["corrected_by"], reversing["corrects"]
    assert (by["voucher_id"], by["series"], by["number"]) == (receipt["voucher_id"], "I", 2)
    assert {name: about[name] for name in receipt["corrects"]} == receipt["corrects"]
    assert (by["requested_by"], about["requested_by"]) == ("user-1042", "user-1042")
    assert by["requested_at"] == about["requested_at"]


async def test_an_original_of_another_year_is_named_with_its_year(office: Any, a_batch: Any) -> None:
    """The correction waits for nobody: next year's books are open."""
    years = office.company.profile.years.values()
    last = next(year for year in years if year.start > office.last_day)
    following = FinancialYear(from_date=last.start, to_date=last.end)
    await office.book(a_batch(1))

    events = await office.correct("v-1", financial_year=following, date=following.from_date)

    assert events[-1]["booked"] == 1
    reversing = next(one for one in office.company.books if one.date == following.from_date)
    assert reversing.text == "Ändringsverifikation avseende I 1 (räkenskapsåret 2025): Bokslut 1"


async def test_a_correction_can_be_corrected_by_the_id_that_its_receipt_gives(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    first = (await office.correct("v-1"))[1]

    second = await office.correct(first["voucher_id"])

    assert second[-1]["booked"] == 1
    assert second[1]["corrects"]["voucher_id"] == first["voucher_id"]
    assert [rows_of(one) for one in office.books()] == [ORIGINAL, REVERSED, ORIGINAL]
    assert office.books()[2].text.startswith("Ändringsverifikation avseende I 2: ")


async def test_a_correction_waits_behind_what_is_booked_in_its_series(office: Any, a_batch: Any, voucher: Any) -> None:
    await office.book(a_batch(1))
    before = await office.approve(a_batch([voucher(2)]))
    correction = await office.request("v-1")

    await office.work()

    assert (await office.told_of(correction.correction_id))[1]["number"] == 3
    assert (await office.events(before))[1]["number"] == 2


async def test_another_connection_of_the_company_may_correct_it(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))

    events = await office.correct("v-1", connection_id=uuid4())

    assert events[-1]["booked"] == 1


async def test_the_correction_id_of_a_batch_is_refused(office: Any, a_batch: Any) -> None:
    batch = a_batch(1)
    await office.book(batch)

    events = await office.correct("v-1", correction_id=batch.batch_id)

    assert (events[-1]["type"], events[-1]["trouble"]["code"]) == ("vouchers.refused", "command.reused-key")
    assert len(office.books()) == 1
