"""Looks in Fortnox's voucher list: what a series holds, and which of it carries one of our markers."""

import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count, pairwise

from common.events.voucher_batches import ApprovedVoucher
from fortnox import VOUCHERS, ChangedMeanwhile, Client, NotFound, Voucher, VoucherListItem
from voucher_sender.content import tidy
from voucher_sender.marker import markers_in

STEADY_TRIES = 3  # how often a series is read in the hope that nobody books meanwhile
MAY_COME_AGAIN = 5
"""How many of a series' last vouchers may be deleted behind our back, so that their numbers come again (Fortnox fact
5.8), where a look goes by numbers. A look that proves absence doesn't."""

FIRST_PAGE = sys.maxsize  # as a number to read down to: the newest page goes there

Alike = Callable[[VoucherListItem], bool]


@dataclass(frozen=True)
class Shelf:
    """A series of one year, as the voucher list showed it."""

    series: str
    financial_year: int
    items: tuple[VoucherListItem, ...]
    whole: bool = True
    """Whether all of the series was asked for."""
    beyond: tuple[Voucher, ...] = ()
    """What was read singly after the list's last one, since a list may lag."""

    @property
    def highest(self) -> int:
        """The highest number; 0 in an empty series."""
        return max((one.voucher_number for one in (*self.items, *self.beyond)), default=0)

    @property
    def shows_markers(self) -> bool:
        """Whether some voucher's marker is seen: then the list shows them, and one that isn't seen isn't there."""
        return any(markers_in(one.comments) for one in self.items)

    def marked(self, marker: str) -> list[int]:
        """The numbers of the vouchers that carry the marker."""
        seen = (*self.items, *self.beyond)
        return sorted(one.voucher_number for one in seen if marker in markers_in(one.comments))

    def find(self, number: int) -> VoucherListItem | None:
        return next((one for one in self.items if one.voucher_number == number), None)

    def suspects(self, alike: Alike, above: int | None = None) -> list[int]:
        """Vouchers that could be one of ours where the list shows no markers: those alike, and those that are new.

        New are those above a number that the series had before. Had its last vouchers been deleted since, ours could
        have a number up to it. Missed would be one that did so, and whose text somebody has changed besides, all in
        the time of a look.
        """
        if self.shows_markers:
            return []
        new = (one.voucher_number for one in self.items if above is not None and one.voucher_number > above)
        return sorted({*new, *(one.voucher_number for one in self.items if alike(one))})


def like(vouchers: Iterable[ApprovedVoucher]) -> Alike:
    """Whether a voucher in the list has the day and the text of one of these."""
    wanted = {(one.date, _plain(tidy(one.description))) for one in vouchers}
    return lambda item: (item.transaction_date, _plain(item.description or "")) in wanted


async def read(
    fortnox: Client,
    series: str,
    financial_year: int,
    *,
    down_to: int = 0,
    since: datetime | None = None,
    days: tuple[date, date] | None = None,
) -> Shelf:
    """The series' vouchers, newest first: all of them, or those down to a number where the order that came allows it.

    With `since` (made or changed) or `days` (from and to) it is left to Fortnox what it shows. It filters
    by substring, so what isn't of the series is dropped here (Fortnox fact 3).
    """
    for _ in range(STEADY_TRIES):
        totals: set[int] = set()
        items: list[VoucherListItem] = []
        whole = since is None and days is None
        async for page in fortnox.pages(
            VOUCHERS,
            financialyear=financial_year,
            voucherseries=series,
            sortby="vouchernumber",
            sortorder="descending",
            lastmodified=since,
            fromdate=days and days[0],
            todate=days and days[1],
        ):
            totals.add(page.total)
            items += [one for one in page.items if (one.voucher_series, one.year) == (series, financial_year)]
            if not page.last and _reaches(items, down_to):
                whole = False
                break
        if len(totals) == 1:
            return Shelf(series, financial_year, tuple(items), whole)
    raise ChangedMeanwhile("GET /3/vouchers")


async def survey(fortnox: Client, series: str, financial_year: int, days: Collection[date]) -> Shelf:
    """The newest vouchers and all of those days, which is where vouchers of ours can be that we have forgotten.

    A long series isn't read to its end for it: Fortnox is asked for the days. That it then leaves nothing out is held
    against the newest vouchers, which were read without that filter; where these prove nothing, all is read. Missed
    would be a voucher that was given another day in Fortnox, 500 vouchers ago, and that our database has lost.
    """
    newest = await read(fortnox, series, financial_year, down_to=FIRST_PAGE)
    if newest.whole or not days:
        return newest
    first, last = min(days), max(days)
    dated = await read(fortnox, series, financial_year, days=(first, last))
    shown = {one.voucher_number for one in dated.items}
    expected = {one.voucher_number for one in newest.items if first <= one.transaction_date <= last}
    if not expected or not expected <= shown:
        return await read(fortnox, series, financial_year)
    seen = {one.voucher_number for one in newest.items}
    older = tuple(one for one in dated.items if one.voucher_number not in seen)
    return replace(newest, items=newest.items + older)


async def read_on(fortnox: Client, shelf: Shelf, after: int) -> tuple[Voucher, ...]:
    """The vouchers after a number, read singly until one is missing: single reads don't lag."""
    found: list[Voucher] = []
    for number in count(after + 1):
        voucher = await read_one(fortnox, shelf.series, number, shelf.financial_year)
        if voucher is None:
            break
        found.append(voucher)
    return tuple(found)


async def read_singly(fortnox: Client, shelf: Shelf, numbers: Iterable[int]) -> list[Voucher]:
    """The vouchers with these numbers, as far as they are there."""
    found = [await read_one(fortnox, shelf.series, number, shelf.financial_year) for number in numbers]
    return [one for one in found if one is not None]


async def read_one(fortnox: Client, series: str, number: int, financial_year: int) -> Voucher | None:
    """A voucher with its rows; None when Fortnox says that there is none with that number."""
    try:
        return await fortnox.voucher(series, number, financial_year)
    except NotFound:
        return None


def _reaches(items: list[VoucherListItem], down_to: int) -> bool:
    """Whether what came is in descending order, and goes down to the number."""
    if not down_to or not items or items[-1].voucher_number > down_to:
        return False
    return all(newer.voucher_number > older.voucher_number for newer, older in pairwise(items))


def _plain(text: str) -> str:
    """The text without what a round trip may change."""
    return " ".join(text.split()).casefold()
