"""Whether somebody has reversed a voucher in Fortnox already: read from the years' SIE files, since lists have no rows.

What counts is what a voucher leaves on each account: rows may be split or put together. A voucher that leaves just the
contrary may reverse ours, or another one that is alike: an accrual that comes each month is reversed each month. So
reversals are paired with what they reverse. One whose text names a voucher ("Återföring I 12") reverses that. Of the
others each reverses the latest voucher alike that is still open on its day, as accruals are, and ours where several
are equally late. One that names ours and takes back a part of it, or more than it, is none that we may add to either.
A correction refused by mistake is made by hand, one made by mistake stands in the books twice.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sie
from fortnox import Client, Unavailable, UnreadableAnswer
from voucher_sender.content import COST_CENTRE, PROJECT, Line, rows_hash

CALL = "GET /3/sie/4"
Place = tuple[str, int, int]
"""Series, number and Fortnox's id of the year."""
Net = tuple[tuple[int, str, str, int], ...]
"""Account, cost centre, project and öre of each, sorted; without cost centre and project where accounts suffice."""


@dataclass(frozen=True)
class Entry:
    """A voucher in the books."""

    place: Place
    day: date
    text: str
    net: Net
    rows_hash: str

    @property
    def swapped(self) -> Net:
        """What reverses it."""
        return tuple(sorted((account, centre, project, -amount) for account, centre, project, amount in self.net))

    def reverses(self, other: "Entry") -> bool:
        """Whether it leaves just the contrary. What leaves nothing reverses nothing."""
        return bool(self.net) and self.net == other.swapped

    def takes_back(self, other: "Entry") -> bool:
        """Whether it names the other one, and has an account of it on the contrary side."""
        sides = {(account, amount < 0) for account, *_, amount in self.net}
        return any((account, amount > 0) in sides for account, *_, amount in other.net) and self.names(other)

    def names(self, other: "Entry") -> bool:
        """Whether its text names the other one by series and number, as `I 12` or `I12`."""
        series, number, _ = other.place
        return re.search(rf"(?<!\w){re.escape(series)}[ \-:]?{number}(?!\d)", self.text) is not None


async def read(fortnox: Client, financial_year: int, originals: Collection[Entry]) -> list[Entry]:
    """The year's vouchers that are like one of these, reverse or name it; one call, however many there are."""
    content = await fortnox.sie(4, financial_year)
    return await asyncio.to_thread(_entries, content, financial_year, originals)


def net(lines: Iterable[Line]) -> Net:
    """What the rows leave on each account; where that is nothing, on each of its cost centres and projects."""
    lines = list(lines)
    by_account = _sums(((line.account, "", ""), line.amount) for line in lines)
    return by_account or _sums(((line.account, line.cost_centre, line.project), line.amount) for line in lines)


def reversal_of(original: Entry, books: Iterable[Entry]) -> Entry | None:
    """The voucher that has reversed the original; None where there is none.

    In `books` there is nothing that we have reversed ourselves, nor what we reversed it with.
    """
    others = [one for one in books if one.place != original.place]
    alike = [one for one in others if one.net == original.net]
    reversals = [one for one in others if one.reverses(original)]
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
    paired = _paired([*alike, original], unnamed).get(original.place)
    return paired or next((one for one in others if one.takes_back(original)), None)


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


def _entries(content: bytes, financial_year: int, originals: Collection[Entry]) -> list[Entry]:
    """Raises Unavailable for a file that was cut off: what it lacks might be what we look for."""
    try:
        document = sie.read(content)
    except sie.SieError as error:
        raise UnreadableAnswer(CALL, field=error.code) from error
    if document.is_cut_off:
        raise Unavailable(CALL, reason="truncated")
    return list(_matching(document, financial_year, originals))


def _matching(document: sie.Document, financial_year: int, originals: Collection[Entry]) -> Iterator[Entry]:
    wanted = {one.net for one in originals} | {one.swapped for one in originals}
    find_net, named_in = _nets(document), _naming(originals)
    for index, text in enumerate(document.vouchers.columns.text):
        found, named = find_net(index), named_in(text)
        if found and (found in wanted or named):
            voucher = document.vouchers[index]
            if voucher.date is not None and voucher.number.isdecimal():
                place = voucher.series, int(voucher.number), financial_year
                entry = Entry(place, voucher.date, voucher.text, found, rows_hash(map(_line, voucher.rows)))
                if found in wanted or any(entry.takes_back(one) for one in named):
                    yield entry


def _naming(originals: Collection[Entry]) -> Callable[[str], list[Entry]]:
    """Which of these a text names, as `Entry.names` has it: one search, however many they are."""
    by_name: dict[tuple[str, ...], list[Entry]] = {}
    for one in originals:
        series, number, _ = one.place
        by_name.setdefault((series, str(number)), []).append(one)
    pattern = re.compile(rf"(?<!\w)({'|'.join({re.escape(series) for series, _ in by_name})})[ \-:]?(\d+)")
    return lambda text: [one for found in pattern.finditer(text) for one in by_name.get(found.groups(), ())]


def _nets(document: sie.Document) -> Callable[[int], Net]:
    """`net` of a voucher by its index; by columns, so that no object is made of a voucher that nobody asks for."""
    first, rows = document.vouchers.columns.first_row, document.rows
    accounts = [_account(number) for number in rows.account.values]

    def find(index: int) -> Net:
        sums: Counter[int] = Counter()
        for row in range(first[index], first[index + 1]):
            sums[accounts[rows.account.codes[row]]] += rows.amount[row]
        found = tuple(sorted((account, "", "", amount) for account, amount in sums.items() if amount))
        return found if found or not sums else net(map(_line, document.vouchers[index].rows))

    return find


def _sums(amounts: Iterable[tuple[tuple[int, str, str], Decimal]]) -> Net:
    sums: Counter[tuple[int, str, str]] = Counter()
    for on, amount in amounts:
        sums[on] += int(amount * 100)
    return tuple(sorted((*on, amount) for on, amount in sums.items() if amount))


def _line(row: sie.Row) -> Line:
    objects = dict(row.objects)
    return Line(_account(row.account), row.amount, objects.get(str(COST_CENTRE), ""), objects.get(str(PROJECT), ""))


def _account(number: str) -> int:
    """0 where it is none that Fortnox can have."""
    return int(number) if number.isdecimal() else 0
