"""Payments are read newest first only where that order was seen; else all of them are."""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import fortnox
from importer.fetch.pages import Pages
from importer.fetch.payment_list import Order, PaymentList, order_of

CLOSING = date(2025, 12, 31)
DAY_AFTER = CLOSING + timedelta(days=1)
SIZE = 5  # payments on a page


class FakeList:
    """A list of payments in pages, which somebody may change between two questions."""

    def __init__(self, days: Sequence[date | None]) -> None:
        self.payments = [payment(number, day) for number, day in enumerate(days, 1)]
        self.asked: list[int] = []
        self.forgotten = 0
        self.unsteady = False
        self.changes: list[Callable[[], None]] = []

    async def ask(self, number: int) -> fortnox.Page[Any]:
        if self.changes:
            self.changes.pop(0)()
        self.asked.append(number)
        items = self.payments[(number - 1) * SIZE : number * SIZE]
        return fortnox.Page(items, number, len(self.payments), -(-len(self.payments) // SIZE))

    async def forget(self) -> None:
        self.forgotten += 1

    def moved(self) -> None:
        self.unsteady = True

    def read(self) -> PaymentList:
        return PaymentList(Pages(self.ask, self.forget, self.moved), lambda _calls: None)


def payment(number: int, day: date | None) -> fortnox.InvoicePaymentListItem:
    return fortnox.InvoicePaymentListItem(
        number=str(number), invoice_number="1", payment_date=day, amount=Decimal(1), booked=True
    )


def days_around(before: int, after: int) -> list[date]:
    """So many days up to the closing date and after it, oldest first."""
    return [CLOSING + timedelta(days=day) for day in range(1 - before, after + 1)]


@pytest.mark.parametrize(
    ("days", "order"),
    [
        ([3, 2, 2, 1], Order.DESCENDING),
        ([1, 2, 2, 3], Order.ASCENDING),
        ([1, 3, 2], Order.NONE),
        ([2, 2, 2], Order.NONE),
        ([3, None, 1], Order.NONE),
        ([], Order.NONE),
    ],
)
def test_an_order_is_what_can_be_seen(days: list[int | None], order: Order) -> None:
    assert order_of([None if day is None else date(2025, 1, day) for day in days]) is order


async def test_newest_first_it_stops_after_a_whole_page_from_before() -> None:
    fortnox_has = FakeList(days_around(40, 7)[::-1])
    payments = fortnox_has.read()

    await payments.read_down_to(DAY_AFTER)

    assert sorted(fortnox_has.asked) == [1, 2, 3]
    assert payments.unread == 7
    assert payments.complete_from == min(one.payment_date for one in payments.items if one.payment_date) + timedelta(1)


async def test_oldest_first_it_reads_from_the_last_page_backwards() -> None:
    fortnox_has = FakeList(days_around(40, 7))
    payments = fortnox_has.read()

    await payments.read_down_to(DAY_AFTER)

    assert sorted(fortnox_has.asked) == [1, 8, 9, 10]
    assert payments.complete_from is not None
    assert payments.complete_from <= CLOSING


@pytest.mark.parametrize("broken", ["shuffled", "undated", "all on one day", "one out of place", "the oldest on top"])
async def test_without_an_order_that_holds_everything_is_read(broken: str) -> None:
    days: list[date | None] = list(days_around(40, 7)[::-1])
    if broken == "shuffled":
        random.Random(1).shuffle(days)
    elif broken == "undated":
        days[3] = None
    elif broken == "all on one day":
        days = [CLOSING] * 40
    elif broken == "one out of place":
        days[8], days[9] = days[9], days[8]
    else:
        days = [date(2020, 1, 1), *days]
    fortnox_has = FakeList(days)
    payments = fortnox_has.read()

    await payments.read_down_to(DAY_AFTER)

    assert payments.unread == 0
    assert payments.complete_from is None
    assert len(fortnox_has.asked) == len(set(fortnox_has.asked))


async def test_a_later_question_asks_only_for_what_is_missing() -> None:
    fortnox_has = FakeList(days_around(40, 7)[::-1])
    payments = fortnox_has.read()
    await payments.read_down_to(DAY_AFTER)

    await payments.read_down_to(CLOSING - timedelta(days=20))
    assert payments.complete_from is not None
    assert payments.complete_from <= CLOSING - timedelta(days=20)
    await payments.read_all()

    assert sorted(fortnox_has.asked) == list(range(1, 11))


@given(
    before=st.integers(0, 60),
    after=st.integers(0, 60),
    order=st.sampled_from(["falling", "rising", "none"]),
    repeated=st.integers(1, 4),
)
async def test_no_payment_after_the_date_is_ever_missed(before: int, after: int, order: str, repeated: int) -> None:
    days = sorted(days_around(before, after) * repeated, reverse=order == "falling")
    if order == "none":
        random.Random(before).shuffle(days)
        assume(order_of(days[:SIZE]) is Order.NONE)  # five may fall by chance, Fortnox's five hundred don't
    fortnox_has = FakeList(days)
    payments = fortnox_has.read()

    await payments.read_down_to(DAY_AFTER)

    found = [one.number for one in payments.items if one.payment_date and one.payment_date > CLOSING]
    assert sorted(found) == sorted(
        one.number for one in fortnox_has.payments if (one.payment_date or CLOSING) > CLOSING
    )


async def test_a_list_that_grows_meanwhile_is_read_again() -> None:
    fortnox_has = FakeList(days_around(40, 7)[::-1])
    fortnox_has.changes = [lambda: None, lambda: fortnox_has.payments.insert(0, payment(99, date(2026, 2, 1)))]
    payments = fortnox_has.read()

    await payments.read_down_to(DAY_AFTER)

    assert fortnox_has.forgotten == 1
    assert not fortnox_has.unsteady
    assert len({one.number for one in payments.items}) == len(payments.items)


async def test_a_list_that_never_rests_is_told_and_read_all_the_same() -> None:
    fortnox_has = FakeList(days_around(40, 7)[::-1])
    fortnox_has.changes = [
        lambda: fortnox_has.payments.insert(0, payment(100 + len(fortnox_has.payments), date(2026, 2, 1)))
    ] * 50
    payments = fortnox_has.read()

    await payments.read_down_to(DAY_AFTER)

    assert fortnox_has.unsteady
    assert payments.items
