"""Looks in Fortnox's voucher list: what a series holds, and which of it carries one of our markers."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from fortnox import VOUCHERS, ChangedMeanwhile, Client, NotFound, Voucher, VoucherListItem
from voucher_sender.marker import markers_in

STEADY_TRIES = 3  # how often a series is read in the hope that nobody books meanwhile


@dataclass(frozen=True)
class Shelf:
    """A series of one year, as the voucher list showed it."""

    series: str
    financial_year: int
    items: tuple[VoucherListItem, ...]

    @property
    def highest(self) -> int:
        """The highest number; 0 in an empty series."""
        return max((one.voucher_number for one in self.items), default=0)

    @property
    def shows_markers(self) -> bool:
        """Whether some voucher's marker is seen: then the list shows them, and one that isn't seen isn't there."""
        return any(markers_in(one.comments) for one in self.items)

    def marked(self, marker: str) -> list[int]:
        """The numbers of the vouchers that carry the marker."""
        return sorted(one.voucher_number for one in self.items if marker in markers_in(one.comments))

    def find(self, number: int) -> VoucherListItem | None:
        return next((one for one in self.items if one.voucher_number == number), None)

    def unmarked(self, above: int, days: Collection[date]) -> list[int]:
        """Vouchers that could be one of ours where the list shows no markers: new ones, or of the same days.

        The stored highest number is among them: had it been deleted since, its number came again (Fortnox fact 5.8).
        """
        if self.shows_markers:
            return []
        return sorted(
            one.voucher_number for one in self.items if one.voucher_number >= above or one.transaction_date in days
        )


async def read(fortnox: Client, series: str, financial_year: int, *, down_to: int = 0) -> Shelf:
    """The series' vouchers, newest first; all of them, or those down to a number where the order that came allows it.

    Fortnox filters by substring, so what isn't of the series is dropped here (Fortnox fact 3).
    """
    for _ in range(STEADY_TRIES):
        totals: set[int] = set()
        items: list[VoucherListItem] = []
        async for page in fortnox.pages(
            VOUCHERS,
            financialyear=financial_year,
            voucherseries=series,
            sortby="vouchernumber",
            sortorder="descending",
        ):
            totals.add(page.total)
            items += [one for one in page.items if (one.voucher_series, one.year) == (series, financial_year)]
            if down_to and _descending(items) and items and items[-1].voucher_number <= down_to:
                break
        if len(totals) == 1:
            return Shelf(series, financial_year, tuple(items))
    raise ChangedMeanwhile("GET /3/vouchers")


async def read_marked(fortnox: Client, shelf: Shelf, marker: str, suspects: list[int]) -> list[Voucher]:
    """All vouchers that carry the marker, with their rows: those that the list shows, else among the suspects.

    However many these are, all are read: one left out would be taken for absence, and booked again.
    """
    found = await read_singly(fortnox, shelf, shelf.marked(marker) or suspects)
    return [one for one in found if marker in markers_in(one.comments)]


async def read_singly(fortnox: Client, shelf: Shelf, numbers: Iterable[int]) -> list[Voucher]:
    """The vouchers with these numbers, as far as they are there."""
    found = [await read_one(fortnox, shelf, number) for number in numbers]
    return [one for one in found if one is not None]


async def read_one(fortnox: Client, shelf: Shelf, number: int) -> Voucher | None:
    """A voucher with its rows; None when Fortnox says that there is none with that number."""
    try:
        return await fortnox.voucher(shelf.series, number, shelf.financial_year)
    except NotFound:
        return None


def _descending(items: list[VoucherListItem]) -> bool:
    return all(newer.voucher_number > older.voucher_number for newer, older in pairwise(items))
