"""Originals that persons have corrected, decided or cleared: nothing is reversed twice or told wrong."""

from decimal import Decimal
from typing import Any

import pytest

from common.events.voucher_batches import DimensionObject, VoucherRow


def only(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The one finding of the one voucher that stood in the way."""
    assert events[-1]["trouble"]["code"] == "vouchers.correction-refused"
    [told] = events[-1]["not_corrected"]
    [finding] = told["findings"]
    return dict(finding)


async def by_hand(office: Any, text: str, *rows: tuple[int, int]) -> int:
    """A person's voucher in series A; its number."""
    await office.simulator.book_voucher(office.tenant, series="A", date=office.last_day, rows=rows, text=text)
    return int(office.books("A")[-1].number)


async def test_a_reversal_with_its_rows_split_is_one(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await by_hand(office, "Rättelse", (7832, -60), (7832, -41), (1229, 101))

    assert only(await office.correct("v-1"))["code"] == "voucher.reversed-in-fortnox"


@pytest.mark.parametrize("rows", [[(7832, -203), (1229, 203)], [(7832, -101), (6570, 101)]], ids=["both", "account"])
async def test_one_that_names_it_and_takes_it_back_among_others_is_named(office: Any, a_batch: Any, rows: Any) -> None:
    await office.book(a_batch(2))
    number = await by_hand(office, "Rättelse av I 1 och I 2", *rows)

    told = only(await office.correct("v-1"))

    assert told["code"] == "voucher.perhaps-reversed"
    assert f"A {number}" in told["swedish"]
    assert len(office.books()) == 2


async def test_what_a_person_struck_again_hinders_nothing(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    number = await by_hand(office, "Rättelse I 1", (7832, -101), (1229, 101))
    await office.simulator.strike_voucher(office.tenant, "A", number, office.financial_year)

    assert (await office.correct("v-1"))[-1]["booked"] == 1


async def test_a_reallocation_like_it_is_no_reversal(office: Any, a_batch: Any, voucher: Any) -> None:
    """Its rows on the account are their own mirror; by its cost centres it goes the same way."""
    office.company.profile.objects.setdefault("1", {}).update({"KS1": "Lager", "KS2": "Butik"})
    await office.book(a_batch([voucher(1, rows=moved("KS1", "KS2")), voucher(2, rows=moved("KS1", "KS2"))]))

    assert (await office.correct("v-1"))[-1]["booked"] == 1


def moved(to: str, from_: str) -> tuple[VoucherRow, ...]:
    def at(code: str) -> tuple[DimensionObject, ...]:
        return (DimensionObject(dimension=1, object=code),)

    return (
        VoucherRow(account=7832, debit=Decimal(100), dimensions=at(to)),
        VoucherRow(account=7832, credit=Decimal(100), dimensions=at(from_)),
    )


async def test_one_whose_marker_was_cleared_is_not_told_as_another(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.simulator.anonymise(office.tenant, office.financial_year)

    told = only(await office.correct("v-1"))

    assert told["code"] == "voucher.original-unmarked"
    assert "gör ändringsverifikationen där" in told["next_step"]


async def test_one_voucher_with_two_receipts_is_reversed_as_the_one_that_it_is(office: Any, a_batch: Any) -> None:
    """A person said of v-2 that it is I 1, which carries v-1's marker."""
    await office.book(a_batch(2))
    await decided(office, "v-2", 1)

    assert only(await office.correct("v-2"))["code"] == "voucher.shared-place"
    assert (await office.correct("v-1"))[-1]["booked"] == 1
    assert only(await office.correct("v-2"))["code"] == "voucher.shared-place"


async def test_what_was_reversed_as_another_voucher_is_not_reversed_again(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(2))
    await office.correct("v-1")
    await decided(office, "v-1", 2)

    told = only(await office.correct("v-2"))

    assert told["code"] == "voucher.shared-place"
    assert "verifikationen v-1" in told["swedish"]


async def decided(office: Any, voucher_id: str, number: int) -> None:
    """The receipt is what an older version let a person decide."""
    async with office.pool.acquire() as connection, connection.transaction():
        await connection.execute("alter table receipts disable trigger receipts_never_change")
        await connection.execute(
            """
            update receipts r set number = o.number, rows_hash = o.rows_hash, lines = o.lines, decided = true
            from receipts o where r.voucher_id = $1 and o.number = $2
            """,
            voucher_id,
            number,
        )
        await connection.execute("alter table receipts enable trigger receipts_never_change")
