"""A ledger's payments, newest first and only as far as needed, where the order that came allows it (Fortnox fact 5.7).

An order that was asked for may be ignored, and some companies have 100,000 payments. So it is looked at: pages are
only left out when all that were read, from the newest end on, are in order by date, and a whole page of them lies
beyond the day in question. Where no order is seen, everything is read.
"""

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise
from typing import Any

import fortnox
from importer.fetch.pages import Pages

MOST_AT_ONCE = 8  # pages that are asked for on the strength of an estimate

Payment = fortnox.InvoicePaymentListItem
Page = fortnox.Page[Any]


class Order(Enum):
    """How a list's dates run from its first page to its last."""

    DESCENDING = "newest first"
    ASCENDING = "oldest first"
    NONE = "no order by date"


def order_of(days: Sequence[date | None]) -> Order:
    """What can be seen of it; dates that are all the same show no order, and so does a missing one."""
    known = [day for day in days if day is not None]
    if len(known) < len(days) or len(set(known)) < 2:
        return Order.NONE
    if falls(known):
        return Order.DESCENDING
    return Order.ASCENDING if falls(known[::-1]) else Order.NONE


def falls(days: Sequence[date]) -> bool:
    return all(earlier >= later for earlier, later in pairwise(days))


class PaymentList:
    """What has been read of a ledger's payments; more can be read later."""

    def __init__(self, pages: Pages[Any], expect: Callable[[int], None]) -> None:
        self._pages = pages
        self._expect = expect
        self._order = Order.NONE

    @property
    def items(self) -> list[Payment]:
        """All that was read."""
        return self._pages.items

    @property
    def total(self) -> int:
        """How many payments Fortnox said there were."""
        return max((page.total for page in self._pages.read.values()), default=0)

    @property
    def unread(self) -> int:
        """Pages that were left out."""
        return max(0, self._pages.count - len(self._pages.read))

    @property
    def complete_from(self) -> date | None:
        """The day from which on every payment was read; None when all were."""
        if not self.unread:
            return None
        return _days(self._newest_first())[-1] + timedelta(days=1)

    async def read_down_to(self, day: date) -> None:
        """Reads at least all payments of that day and later ones."""
        await self._pages.steadily(lambda: self._read_down_to(day))

    async def read_all(self) -> None:
        await self._pages.steadily(self._read_all)

    async def read_again(self) -> None:
        """Something was deleted, or its place in the list changed: as far as before, from the start."""
        day = self.complete_from
        await self._pages.forget()
        await (self.read_all() if day is None else self.read_down_to(day))

    async def _read_all(self) -> None:
        await self._pages.get(1)
        self._expect(self._pages.count)
        await self._pages.get(*range(1, self._pages.count + 1))

    async def _read_down_to(self, day: date) -> None:
        [first] = await self._pages.get(1)
        self._order = order_of([one.payment_date for one in first.items])
        if self._order is Order.ASCENDING:
            await self._pages.get(self._pages.count)
        while self.unread and self._in_order():
            if (more := _estimated(self._newest_first(), day)) == 0:
                return
            begun = len(self._newest_first())
            numbers = self._numbers()[begun : begun + min(more, MOST_AT_ONCE)]
            self._expect(len(self._pages.read.keys() | set(numbers)))
            await self._pages.get(*numbers)
        await self._read_all()

    def _numbers(self) -> list[int]:
        """All pages' numbers, the newest payments' first."""
        numbers = range(1, self._pages.count + 1)
        return list(reversed(numbers) if self._order is Order.ASCENDING else numbers)

    def _newest_first(self) -> list[Page]:
        """The pages that were read without a gap from the newest end on, turned so that the dates should fall."""
        found = []
        for number in self._numbers():
            if number not in self._pages.read:
                break
            page = self._pages.read[number]
            turned = page.items[::-1] if self._order is Order.ASCENDING else page.items
            found.append(fortnox.Page(turned, page.number, page.total, page.pages))
        return found

    def _in_order(self) -> bool:
        """Whether what was read bears the order out, page by page and from one to the next."""
        if self._order is Order.NONE:
            return False
        dated = [one.payment_date for page in self._newest_first() for one in page.items]
        if self._order is Order.ASCENDING:
            dated.append(self._pages.read[1].items[-1].payment_date)
        return None not in dated and falls(dated)


def _estimated(pages: Sequence[Page], day: date) -> int:
    """How many more pages it takes until a whole one is older than the day; 0 when one is."""
    days = _days(pages[-1:])
    if days[0] < day:
        return 0
    every, size = _days(pages), math.ceil(pages[0].total / pages[0].pages)
    if len(every) < size / 2:
        return 1  # a last page with a few payments says little about how many there are in a day
    days_per_page = max(1, (every[0] - every[-1]).days * size / len(every))
    return 1 + math.ceil(max(0, (every[-1] - day).days) / days_per_page)


def _days(pages: Sequence[Page]) -> list[date]:
    return [one.payment_date for page in pages for one in page.items]
