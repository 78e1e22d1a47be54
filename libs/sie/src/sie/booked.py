"""What the vouchers of a document add up to: summed once over the columns, then asked in many ways. In öre."""

from array import array
from collections import Counter, defaultdict
from datetime import date

from sie import core, values
from sie.document import Document
from sie.ledger import Pair, PeriodKey
from sie.records import Objects


class Booked:
    """Σ #TRANS by account, objects and class: the month, and whether the balances cover the day.

    The day is the voucher's; with `own_dates` it is the row's own one where it has one. The standard doesn't say which
    counts where they lie in different months (facts 10).
    """

    def __init__(self, document: Document, *, own_dates: bool = False) -> None:
        words, rows = document.words, document.rows
        dates = _own_dates(document) if own_dates else document.vouchers.columns.date
        index = array("i", range(len(rows))) if own_dates else rows.voucher
        until = _covered_until(document)
        classes = {days: (days <= until, values.month_of_days(days)) for days in set(dates)}
        self._classes = sorted(set(classes.values()))
        numbers = {each: i for i, each in enumerate(self._classes)}
        class_of = {days: numbers[each] for days, each in classes.items()}
        by_date = array("i", map(class_of.__getitem__, dates))
        self._sums = core.sums(rows.account.codes, rows.objects.codes, index, by_date, rows.amount)
        self._accounts, self._objects, self._lines = words.accounts.values, words.objects.values, rows.line

    def by_account(self) -> Counter[str]:
        """Of the days that the balances cover; 0 for an account that has rows on others only."""
        found: Counter[str] = Counter()
        for account, _, day, total, _ in self._sums:
            is_covered, _ = self._classes[day]
            found[self._accounts[account]] += total * is_covered
        return found

    def by_object(self) -> Counter[tuple[str, Pair]]:
        """Per account and object, of the days that the balances cover."""
        found: Counter[tuple[str, Pair]] = Counter()
        for account, objects, day, total, _ in self._sums:
            is_covered, _ = self._classes[day]
            for pair in self._objects[objects]:
                found[self._accounts[account], pair] += total * is_covered
        return found

    def by_month(self, *, whole_year: bool = False) -> dict[PeriodKey, int]:
        """Per account, month and object, and in total under (); of the days that the balances cover, or of all."""
        found: defaultdict[PeriodKey, int] = defaultdict(int)
        alone: list[tuple[Objects, ...]] = [((), *((pair,) for pair in objects)) for objects in self._objects]
        for account, objects, day, total, _ in self._sums:
            is_covered, month = self._classes[day]
            if is_covered or whole_year:
                name = self._accounts[account]
                for each in alone[objects]:
                    found[name, month, each] += total
        return dict(found)

    def first_lines(self) -> dict[str, int]:
        """Where each account was first booked on."""
        found: dict[str, int] = {}
        for account, _, _, _, row in self._sums:  # in the order of the rows
            found.setdefault(self._accounts[account], self._lines[row])
        return found


def covers_part(document: Document) -> bool:
    """Whether #OMFATTN lies within the year and before its end; outside of it, it says nothing."""
    covers_to, year = document.header.covers_to, document.years.get(0)
    return covers_to is not None and (year is None or year.start <= covers_to < year.end)


def _covered_until(document: Document) -> int:
    """The last day that the balances cover; without #OMFATTN before the year's end there is none."""
    return values.to_days(document.header.covers_to if covers_part(document) else date.max)


def _own_dates(document: Document) -> "array[int]":
    rows, dates = document.rows, document.vouchers.columns.date
    days = zip(rows.date, rows.voucher, strict=True)
    return array("i", (dates[voucher] if day == values.NO_DATE else day for day, voucher in days))
