"""Vouchers in the books that look like one of the batch: found in the year's SIE file, since the list has no rows.

Of a file with 100,000 vouchers only those are kept that somebody asks for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import sie
from common.events.types import FinancialYear
from common.events.voucher_batches import ApprovedVoucher
from voucher_sender.content import COST_CENTRE, PROJECT, Line, rows_hash, signed
from voucher_sender.row_checks import LARGEST

EPOCH = date(1970, 1, 1).toordinal()  # from which SIE's columns count days

Place = tuple[str, int]
"""Series and number."""
Rows = tuple[tuple[int, int], ...]
"""Account and öre of each, sorted."""
Likeness = tuple[date, Rows]
"""In which two vouchers look the same."""


class Booked(NamedTuple):
    """A voucher in the books. By its place alone nobody knows which it is: a number may come again."""

    series: str
    number: int
    voucher_date: date | None
    rows_hash: str

    @property
    def place(self) -> Place:
        return self.series, self.number


@dataclass(frozen=True)
class Wanted:
    """What is looked for in the books."""

    likenesses: frozenset[Likeness]
    places: frozenset[Place]

    @classmethod
    def of(cls, vouchers: Iterable[ApprovedVoucher], places: Iterable[Place]) -> "Wanted":
        return cls(frozenset(filter(None, map(likeness, vouchers))), frozenset(places))


@dataclass(frozen=True)
class Books:
    """What was found of that."""

    alike: Mapping[Likeness, tuple[Booked, ...]] = field(default_factory=dict)
    at: Mapping[Place, Booked] = field(default_factory=dict)
    objects: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Cost centres and projects that the books declare, by dimension."""

    @property
    def everything_alike(self) -> frozenset[Booked]:
        return frozenset(one for found in self.alike.values() for one in found)


def likeness(voucher: ApprovedVoucher) -> Likeness | None:
    """None where no voucher in the books can look so."""
    amounts = [(row.account, signed(row)) for row in voucher.rows]
    if any(abs(amount) >= LARGEST or amount != round(amount, 2) for _, amount in amounts):
        return None
    rows = tuple(sorted((account, int(amount * 100)) for account, amount in amounts if amount))
    return (voucher.date, rows) if rows else None


def read(content: bytes, year: FinancialYear, wanted: Wanted) -> Books | None:
    """None where the file can't be read to its end, or is of another year. Takes its time: not for the event loop."""
    try:
        document = sie.read(content)
    except sie.SieError:
        return None
    stated = document.years.get(0)
    if document.is_cut_off or stated is None or (stated.start, stated.end) != (year.from_date, year.to_date):
        return None
    return _found(document, wanted)


def _found(document: sie.Document, wanted: Wanted) -> Books:
    """By columns: no object is made of a voucher that nobody asks for."""
    alike: defaultdict[Likeness, list[Booked]] = defaultdict(list)
    at: dict[Place, Booked] = {}
    columns = document.vouchers.columns
    days = {day.toordinal() - EPOCH: day for day, _ in wanted.likenesses}
    places = {(series, str(number)): (series, number) for series, number in wanted.places}
    find_rows = rows_of(document)
    for index, names in enumerate(zip(columns.series, columns.number, strict=True)):
        day = days.get(columns.date[index])
        looks = (day, find_rows(index)) if day is not None else None
        if looks in wanted.likenesses and names[1].isdecimal():
            alike[looks].append(_booked(document, index))
        if place := places.get(names):
            at[place] = _booked(document, index)
    return Books({looks: tuple(found) for looks, found in alike.items()}, at, _objects(document))


def rows_of(document: sie.Document) -> Callable[[int], Rows]:
    """Account and öre of a voucher's rows, sorted, as `likeness` has them; struck rows are no rows.

    By columns: no object is made of a voucher that nobody asks for.
    """
    first, rows = document.vouchers.columns.first_row, document.rows
    accounts = [int(number) if number.isdecimal() else 0 for number in rows.account.values]

    def sorted_rows(index: int) -> Rows:
        span = range(first[index], first[index + 1])
        return tuple(sorted((accounts[rows.account.codes[i]], rows.amount[i]) for i in span if rows.amount[i]))

    return sorted_rows


def _objects(document: sie.Document) -> dict[int, frozenset[str]]:
    declared = {number: document.dimensions.get(str(number)) for number in (COST_CENTRE, PROJECT)}
    return {number: frozenset(one.objects) for number, one in declared.items() if one is not None}


def _booked(document: sie.Document, index: int) -> Booked:
    voucher = document.vouchers[index]
    lines = [
        Line(int(row.account), row.amount, _object(row, COST_CENTRE), _object(row, PROJECT)) for row in voucher.rows
    ]
    return Booked(voucher.series, int(voucher.number), voucher.date, rows_hash(lines))


def _object(row: sie.Row, dimension: int) -> str:
    return dict(row.objects).get(str(dimension), "")
