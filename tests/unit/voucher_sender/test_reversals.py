"""Which voucher in the books has reversed ours: named, or paired by the days as accruals are."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from voucher_sender.content import Line, rows_hash
from voucher_sender.correcting.reversals import Entry, Place, net, reversal_of

SAME, SWAPPED = [(1229, -100), (7832, 100)], [(1229, 100), (7832, -100)]
OURS = ("I", 12, 4)


def entry(number: int, day: str, text: str = "", *, swapped: bool = False) -> Entry:
    month, of_month = map(int, day.split("-"))
    day_of = date(2025 if month > 6 else 2026, month, of_month)
    return a_voucher(("A", number, 4), SWAPPED if swapped else SAME, day_of, text)


def a_voucher(place: Place, rows: Iterable[tuple[Any, ...]], day: date = date(2025, 12, 31), text: str = "") -> Entry:
    """Rows are account, kronor and cost centre."""
    lines = [Line(account, Decimal(amount), *centre) for account, amount, *centre in rows]
    return Entry(place, day, text, net(lines), rows_hash(lines))


def reversal(*books: Entry) -> int | None:
    """The number in series A of what has reversed I 12 of 31 December."""
    ours = a_voucher(OURS, SAME)
    found = reversal_of(ours, [ours, *books])
    return found.place[1] if found else None


def months(*numbers: int) -> Iterable[Entry]:
    """An accrual at each of these months' end, reversed on the next month's first day."""
    for number in numbers:
        yield entry(number, f"{number}-28")
        yield entry(100 + number, f"{number % 12 + 1}-1", swapped=True)


def test_the_only_one_is_ours() -> None:
    assert reversal(entry(1, "1-5", swapped=True)) == 1
    assert reversal(entry(1, "1-5")) is None


def test_one_dated_before_is_none_of_ours() -> None:
    assert reversal(entry(1, "12-30", swapped=True)) is None


@pytest.mark.parametrize("text", ["Återföring I 12", "Rättar ver. I12", "I-12 felaktig", "jfr (I:12)"])
def test_one_that_names_ours_is_ours_whatever_its_date(text: str) -> None:
    assert reversal(entry(1, "12-1"), entry(2, "12-30", text, swapped=True)) == 2


@pytest.mark.parametrize("text", ["Återföring I 1", "Återföring I 123", "SI 12", "i 12 månader"])
def test_a_name_is_a_whole_word_in_its_case(text: str) -> None:
    assert reversal(entry(3, "12-30"), entry(1, "12-30", text, swapped=True)) is None


def test_an_accrual_of_each_month_reversed_in_the_next_hinders_nothing() -> None:
    assert reversal(*months(8, 9, 10, 11, 1, 2, 3)) is None


def test_among_accruals_the_one_that_reverses_ours_is_seen() -> None:
    assert reversal(*months(8, 9, 10, 11), entry(7, "1-1", swapped=True), *months(1, 2)) == 7


def test_one_that_names_another_is_the_others() -> None:
    assert reversal(entry(1, "12-31"), entry(2, "1-1", "Vänder A 1", swapped=True)) is None


def test_of_two_of_the_same_day_it_is_taken_for_ours() -> None:
    assert reversal(entry(1, "12-31"), entry(2, "1-1", swapped=True)) == 2


def test_a_second_reversal_is_ours_when_the_other_one_is_taken() -> None:
    assert reversal(entry(1, "1-15"), entry(2, "1-20", swapped=True), entry(3, "1-25", swapped=True)) == 3


def test_rows_that_are_their_own_reversal_don_t_reverse_themselves() -> None:
    ours, twin = (a_voucher(place, [(1930, -100), (1930, 100)]) for place in (OURS, ("A", 1, 4)))

    assert reversal_of(ours, [ours, twin]) is None


def test_rows_may_be_split_or_put_together() -> None:
    ours = a_voucher(OURS, [(1229, -60), (1229, -40), (7832, 100)])

    assert reversal_of(ours, [a_voucher(("A", 1, 4), [(1229, 100), (7832, -70), (7832, -30)])]) is not None


def test_a_reallocation_is_told_by_its_cost_centres() -> None:
    """On the account itself nothing is left, by any of them."""
    ours, twin, back = (
        a_voucher(place, [(7832, amount, "KS1"), (7832, -amount, "KS2")])
        for place, amount in ((OURS, 100), (("A", 1, 4), 100), (("A", 2, 4), -100))
    )

    assert reversal_of(ours, [ours]) is None
    assert reversal_of(ours, [back]) is back
    assert reversal_of(ours, [twin]) is None


@pytest.mark.parametrize(
    ("text", "rows", "found"),
    [
        ("Rättelse I 12 och I 13", [(7832, -150), (1229, 150)], True),
        ("Rättelse I 12, del", [(7832, -30), (1229, 30)], True),
        ("I 12 fel konto", [(7832, -100), (7831, 100)], True),
        ("Komplettering av I 12", [(7832, 30), (1229, -30)], False),
        ("Se I 12", [(6570, 30), (1930, -30)], False),
        ("Struken: I 12", [], False),
        ("Rättelse I 13", [(7832, -150), (1229, 150)], False),
    ],
)
def test_one_that_names_ours_and_takes_some_of_it_back(text: str, rows: Any, found: bool) -> None:
    ours, other = a_voucher(OURS, SAME), a_voucher(("A", 1, 4), rows, text=text)

    assert (reversal_of(ours, [other]) is other) is found
