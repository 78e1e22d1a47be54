"""What the checks of one document share, worked out once and only if it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from sie.booked import Booked, covers_part
from sie.document import Document
from sie.kinds import COMPULSORY, Kind
from sie.ledger import Ledger, PeriodKey, Stated, periods, related_dimensions
from sie.values import NO_DATE

K = TypeVar("K")


def first_line(document: Document, label: str) -> int:
    """Where the first of these records stands."""
    return document.places.get(label, (0, 0))[0]


class Readings(Generic[K]):
    """One sum in each of the ways in which the standard lets it be read; the first is what is expected.

    The others are only worked out for what disagrees with it.
    """

    def __init__(self, *ways: Callable[[], Mapping[K, int]]) -> None:
        self._ways = ways
        self._read: list[Mapping[K, int]] = []

    @property
    def first(self) -> Mapping[K, int]:
        return self._reading(0)

    def allow(self, key: K, amount: int) -> bool:
        if self._reading(0).get(key, 0) == amount:  # nearly always
            return True
        return any(self._reading(i).get(key, 0) == amount for i in range(1, len(self._ways)))

    def _reading(self, i: int) -> Mapping[K, int]:
        while i >= len(self._read):
            self._read.append(self._ways[len(self._read)]())
        return self._read[i]


class Books:
    """The document, its balances, and what its vouchers add up to."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.ledger = Ledger(document)
        self.booked = Booked(document)

    @cached_property
    def kind(self) -> Kind:
        kinds: dict[int, Kind] = {1: "1", 2: "2", 3: "3", 4: "4I" if self.document.is_import else "4E"}
        return kinds[self.document.kind]

    def demands(self, label: str) -> bool:
        """Whether the record is compulsory in a file of this type."""
        return label in COMPULSORY[self.kind]

    @cached_property
    def lacks_closing(self) -> bool:
        """Whether a file that was read lacks the compulsory #UB 0 (§5.16), which is told once and not per account."""
        return bool(self.document.counts) and self.demands("UB") and not self.ledger.balances("UB")

    @cached_property
    def related(self) -> set[str]:
        return related_dimensions(self.document)

    @cached_property
    def periods(self) -> dict[PeriodKey, Stated]:
        """The current year's #PSALDO."""
        return periods(self.document)

    @cached_property
    def moved(self) -> Readings[str]:
        """Σ #TRANS by account; with #OMFATTN, by the voucher's date or the row's own."""
        if covers_part(self.document) and self._has_own_dates:
            return Readings(self.booked.by_account, self._by_account_own_dated)
        return Readings(self.booked.by_account)

    def months(self) -> Iterator[Mapping[PeriodKey, int]]:
        """Σ #TRANS by account, month and object: by the voucher's date or the row's own, and past #OMFATTN or not."""
        yield self.booked.by_month()
        is_part = covers_part(self.document)
        if is_part:
            yield self.booked.by_month(whole_year=True)
        if self._has_own_dates:
            yield self._own_dated.by_month()
            if is_part:
                yield self._own_dated.by_month(whole_year=True)

    def _by_account_own_dated(self) -> Mapping[str, int]:
        return self._own_dated.by_account()

    @cached_property
    def first_lines(self) -> dict[str, int]:
        """Where each account was first booked on."""
        return self.booked.first_lines()

    def year(self, index: int) -> int:
        """The calendar year in which a financial year ends; its index where the file doesn't say."""
        years = self.document.years
        return years[index].end.year if index in years else index

    @cached_property
    def _has_own_dates(self) -> bool:
        dates = self.document.rows.date
        return dates.count(NO_DATE) < len(dates)

    @cached_property
    def _own_dated(self) -> Booked:
        return Booked(self.document, own_dates=True)
