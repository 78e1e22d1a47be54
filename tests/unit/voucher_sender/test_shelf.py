"""What can be read out of a series as the voucher list shows it."""

from datetime import date
from typing import Any

import pytest

from fortnox import VoucherListItem
from voucher_sender.lookup import Shelf, like
from voucher_sender.marker import comment_of, marker_of

LAST_DAY, ANOTHER_DAY = date(2025, 12, 31), date(2025, 6, 30)
OURS, ANOTHER = marker_of("client", 1, "v-1"), marker_of("client", 1, "v-2")


def shelf(*items: tuple[int, date, str]) -> Shelf:
    """Vouchers by number, date and comment."""
    return Shelf("I", 3, tuple(_item(*item) for item in items))


def _item(number: int, day: date, comments: str) -> VoucherListItem:
    return VoucherListItem(
        voucher_series="I", voucher_number=number, year=3, transaction_date=day, comments=comments or None
    )


def test_an_empty_series() -> None:
    empty = shelf()

    assert (empty.highest, empty.shows_markers, empty.marked(OURS), empty.find(1)) == (0, False, [], None)


def test_all_that_carry_a_marker() -> None:
    found = shelf((3, LAST_DAY, comment_of(OURS)), (2, LAST_DAY, comment_of(ANOTHER)), (1, LAST_DAY, comment_of(OURS)))

    assert found.marked(OURS) == [1, 3]
    assert found.highest == 3


@pytest.mark.parametrize(
    ("comment", "suspects"),
    [("", [3, 8, 9]), (comment_of(ANOTHER), [])],
    ids=["where no marker is shown, new ones and those alike", "where markers are shown, none"],
)
def test_which_vouchers_must_be_read_singly(comment: str, suspects: list[int]) -> None:
    numbers = [(number, LAST_DAY if number == 3 else ANOTHER_DAY, "") for number in (9, 8, 7, 3)]
    found = shelf(*numbers, (1, ANOTHER_DAY, comment))

    assert found.suspects(lambda item: item.transaction_date == LAST_DAY, 7) == suspects


def test_alike_are_vouchers_of_the_same_day_and_text_whatever_a_round_trip_does_to_it(voucher: Any) -> None:
    alike = like([voucher(description="Avskrivning  “maskiner”")])

    def item(day: date, text: str) -> VoucherListItem:
        return VoucherListItem(voucher_series="I", voucher_number=1, year=3, transaction_date=day, description=text)

    assert alike(item(LAST_DAY, "avskrivning maskiner "))
    assert not alike(item(ANOTHER_DAY, "Avskrivning maskiner"))
    assert not alike(item(LAST_DAY, "Avskrivning"))


def test_nothing_of_a_person_is_in_its_repr(voucher: Any) -> None:
    assert "hemligt" not in repr(shelf((1, LAST_DAY, "hemligt")))
    assert "Avskrivning" not in repr(voucher())
