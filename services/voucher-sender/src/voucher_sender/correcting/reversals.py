"""Whether somebody has reversed a voucher in Fortnox already: read from the years' SIE files, since lists have no rows.

A voucher with the same rows and its sides swapped may reverse ours, or another one with the same rows as ours: an
accrual that comes each month is reversed each month. So reversals are paired with what they reverse. One whose text
names a voucher ("Återföring I 12") reverses that. Of the others each reverses the latest voucher with such rows that is
still open on its day, as accruals are, and ours where several are equally late. Cost centres and projects may differ:
who reverses by hand may leave them out. A correction refused by mistake is made by hand, one made by mistake stands in
the books twice.
"""

import asyncio
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import sie
from fortnox import Client, Unavailable, UnreadableAnswer
from voucher_sender.content import COST_CENTRE, PROJECT, Line, rows_hash
from voucher_sender.look_alikes import Rows, rows_of

CALL = "GET /3/sie/4"
Place = tuple[str, int, int]
"""Series, number and Fortnox's id of the year."""


@dataclass(frozen=True)
class Entry:
    """A voucher in the books."""

    place: Place
    day: date
    text: str
    rows: Rows
    """Account and öre of each, sorted."""

    @property
    def swapped(self) -> Rows:
        """The rows that reverse it."""
        return tuple(sorted((account, -amount) for account, amount in self.rows))

    def names(self, other: "Entry") -> bool:
        """Whether its text names the other one by series and number, as `I 12` or `I12`."""
        series, number, _ = other.place
        return re.search(rf"(?<!\w){re.escape(series)}[ \-:]?{number}(?!\d)", self.text) is not None


async def read(fortnox: Client, financial_year: int, wanted: Collection[Rows]) -> list[tuple[Entry, str]]:
    """The year's vouchers with such rows, each with their hash; one call, however many there are."""
    content = await fortnox.sie(4, financial_year)
    return await asyncio.to_thread(_entries, content, financial_year, wanted)


def rows(lines: Iterable[Line]) -> Rows:
    """By which reversals are looked for."""
    return tuple(sorted((line.account, int(line.amount * 100)) for line in lines if line.amount))


def reversal_of(original: Entry, books: Iterable[Entry]) -> Entry | None:
    """The voucher that has reversed the original; None where there is none.

    In `books` there is nothing that we have reversed ourselves, nor what we reversed it with.
    """
    others = [one for one in books if one.place != original.place]
    alike = [one for one in others if one.rows == original.rows]
    reversals = [one for one in others if one.rows == original.swapped]
    for reversal in reversals:
        if reversal.names(original):
            return reversal
    unnamed = []
    for reversal in reversals:
        named = next((one for one in alike if reversal.names(one)), None)
        if named is None:
            unnamed.append(reversal)
        else:
            alike.remove(named)
    return _paired([*alike, original], unnamed).get(original.place)


def _paired(alike: list[Entry], reversals: list[Entry]) -> dict[Place, Entry]:
    """Pairs each reversal with the latest voucher still open on its day; of equally late ones the list's last."""
    pairs: dict[Place, Entry] = {}
    still_open = sorted(alike, key=lambda one: one.day)  # stable: the last of a day stays the last
    for reversal in sorted(reversals, key=lambda one: one.day):
        for one in reversed(still_open):
            if one.day <= reversal.day:
                pairs[one.place] = reversal
                still_open.remove(one)
                break
    return pairs


def _entries(content: bytes, financial_year: int, wanted: Collection[Rows]) -> list[tuple[Entry, str]]:
    """Raises Unavailable for a file that was cut off: what it lacks might be what we look for."""
    try:
        document = sie.read(content)
    except sie.SieError as error:
        raise UnreadableAnswer(CALL, field=error.code) from error
    if document.is_cut_off:
        raise Unavailable(CALL, reason="truncated")
    return list(_matching(document, financial_year, wanted))


def _matching(document: sie.Document, financial_year: int, wanted: Collection[Rows]) -> Iterator[tuple[Entry, str]]:
    find_rows = rows_of(document)
    for index in range(len(document.vouchers)):
        if (found := find_rows(index)) in wanted:
            voucher = document.vouchers[index]
            if voucher.date is not None and voucher.number.isdecimal():
                place = voucher.series, int(voucher.number), financial_year
                yield Entry(place, voucher.date, voucher.text, found), rows_hash(map(_line, voucher.rows))


def _line(row: sie.Row) -> Line:
    objects = dict(row.objects)
    return Line(int(row.account), row.amount, objects.get(str(COST_CENTRE), ""), objects.get(str(PROJECT), ""))
