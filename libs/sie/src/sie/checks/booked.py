"""What the vouchers of a document add up to: summed once over the columns, then asked in many ways. In öre."""

from array import array
from collections import Counter, defaultdict
from datetime import date

from sie import core, values
from sie.document import Document
from sie.records import Objects

Pair = tuple[str, str]


class Booked:
    """Σ #TRANS by account, objects, and the voucher's class: its month, and whether the balances cover it."""

    def __init__(self, document: Document) -> None:
        words, rows, dates = document.words, document.rows, document.vouchers.columns.date
        until = _covered_until(document)
        classes = {days: (days <= until, _month(days)) for days in set(dates)}
        self._classes = sorted(set(classes.values()))
        index = {each: i for i, each in enumerate(self._classes)}
        class_of = {days: index[each] for days, each in classes.items()}
        voucher_classes = array("i", map(class_of.__getitem__, dates))
        self._sums = core.sums(rows.account.codes, rows.objects.codes, rows.voucher, voucher_classes, rows.amount)
        self._accounts, self._objects, self._lines = words.accounts.values, words.objects.values, rows.line

    def by_account(self) -> Counter[str]:
        """Of the vouchers that the balances cover; 0 for an account that has rows in others only."""
        found: Counter[str] = Counter()
        for account, _, voucher_class, total, _ in self._sums:
            is_covered, _ = self._classes[voucher_class]
            found[self._accounts[account]] += total * is_covered
        return found

    def by_object(self) -> Counter[tuple[str, Pair]]:
        """Per account and object, of the vouchers that the balances cover."""
        found: Counter[tuple[str, Pair]] = Counter()
        for account, objects, voucher_class, total, _ in self._sums:
            is_covered, _ = self._classes[voucher_class]
            for pair in self._objects[objects]:
                found[self._accounts[account], pair] += total * is_covered
        return found

    def by_month(self) -> defaultdict[tuple[str, int], Counter[Objects]]:
        """By account and the month of the voucher's date; in total under (), and per object."""
        found: defaultdict[tuple[str, int], Counter[Objects]] = defaultdict(Counter)
        for account, objects, voucher_class, total, _ in self._sums:
            _, month = self._classes[voucher_class]
            sums = found[self._accounts[account], month]
            sums[()] += total
            for pair in self._objects[objects]:
                sums[(pair,)] += total
        return found

    def first_lines(self) -> dict[str, int]:
        """Where each account was first booked on."""
        found: dict[str, int] = {}
        for account, _, _, _, row in self._sums:  # in the order of the rows
            found.setdefault(self._accounts[account], self._lines[row])
        return found


def _covered_until(document: Document) -> int:
    """The last day that the balances cover: #OMFATTN where it is before the year's end, else there is none."""
    covers_to, year = document.header.covers_to, document.years.get(0)
    is_partial = covers_to and (year is None or covers_to < year.end)
    return values.to_days(covers_to if is_partial else date.max)


def _month(days: int) -> int:
    day = values.to_date(days)
    return 0 if day is None else day.year * 100 + day.month
