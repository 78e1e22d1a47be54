"""A company's vouchers, found by key, by series and by account, and the balances that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sandbox.fortnox.books.model import FinancialYear, Voucher


class Books:
    """The vouchers of one company over all its years."""

    def __init__(self) -> None:
        self._series: dict[tuple[int, str], dict[int, Voucher]] = defaultdict(dict)
        self._versions: dict[int, int] = defaultdict(int)
        self._sorted: dict[int, tuple[int, list[Voucher]]] = {}
        self.gone: list[tuple[Voucher, datetime]] = []
        """What was deleted, and when: for those who judge others. Of the moment, as the journal is."""

    def add(self, voucher: Voucher) -> None:
        self._series[voucher.year, voucher.series][voucher.number] = voucher
        self.changed(voucher.year)

    def remove(self, voucher: Voucher, at: datetime) -> None:
        self.gone.append((voucher, at))
        del self._series[voucher.year, voucher.series][voucher.number]
        self.changed(voucher.year)

    def changed(self, year: int) -> None:
        """Tells that something of that year, or of the years that build on it, is not what it was."""
        self._versions[year] += 1

    def version(self, years: Iterable[int]) -> tuple[int, ...]:
        return tuple(self._versions[year] for year in years)

    def find(self, year: int, series: str, number: int) -> Voucher | None:
        return self._series[year, series].get(number)

    def last(self, year: int, series: str) -> Voucher | None:
        numbers = self._series[year, series]
        return numbers[max(numbers)] if numbers else None

    def next_number(self, year: int, series: str) -> int:
        """One more than the highest: the number of a deleted last voucher comes again (fact 5.8)."""
        last = self.last(year, series)
        return last.number + 1 if last else 1

    def of_year(self, year: int) -> list[Voucher]:
        """All vouchers of a year, by series and number."""
        version = self._versions[year]
        known = self._sorted.get(year)
        if known is None or known[0] != version:
            found = [v for (y, _), numbers in self._series.items() if y == year for v in numbers.values()]
            known = version, sorted(found, key=lambda v: (v.series, v.number))
            self._sorted[year] = known
        return known[1]

    def __iter__(self) -> Iterator[Voucher]:
        for numbers in list(self._series.values()):
            yield from list(numbers.values())

    def movements(self, year: int, until: date | None = None) -> dict[int, int]:
        """What the vouchers of a year, dated no later than `until`, have moved on each account."""
        moved: dict[int, int] = defaultdict(int)
        for voucher in self.of_year(year):
            if until is None or voucher.date <= until:
                for row in voucher.rows:
                    if not row.removed:
                        moved[row.account] += row.debit - row.credit
        return moved

    def balance(self, year: FinancialYear, account: int, on: date) -> int:
        """An account's balance at the end of a day of that year: opening balance and rows dated up to it."""
        moved = sum(v.moved(account) for v in self.of_year(year.id) if v.date <= on)
        return year.opening.get(account, 0) + moved
