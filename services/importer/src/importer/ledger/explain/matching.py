"""Which payments stand in which vouchers: payment lists don't say it (Fortnox fact 5.7), so amounts and days do."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from importer.ledger.explain.account import Entry
from importer.ledger.explain.case import Reference
from importer.ledger.explain.paid import Paid
from importer.ledger.model import VoucherName

NEARBY = timedelta(days=31)  # how far apart a payment and its voucher may be dated (our choice)
LONGEST_DAY = 300  # payments of one day among which runs are looked for: it takes their number squared

PAYMENT_TYPES = frozenset({"INVOICEPAYMENT", "SUPPLIERPAYMENT"})
MANUAL_TYPE = "MANUAL"


class Matched:
    """What belongs together, and what is left over on either side."""

    def __init__(self, entries: Iterable[Entry], payments: Iterable[Paid]) -> None:
        self.pairs: list[tuple[tuple[Entry, ...], tuple[Paid, ...]]] = []
        self._entries, self._payments = list(entries), list(payments)
        self._taken: set[int] = set()

    @property
    def entries(self) -> list[Entry]:
        return [one for one in self._entries if id(one) not in self._taken]

    @property
    def payments(self) -> list[Paid]:
        return [one for one in self._payments if id(one) not in self._taken]

    def add(self, entries: Iterable[Entry]) -> None:
        self._entries += entries

    def take(self, entries: Iterable[Entry], payments: Iterable[Paid]) -> None:
        """These belong together."""
        self.pairs.append((tuple(entries), tuple(payments)))
        for side in self.pairs[-1]:
            self._taken.update(map(id, side))


def match(entries: Sequence[Entry], payments: Sequence[Paid], references: dict[VoucherName, Reference]) -> Matched:
    """The surest first: what Fortnox refers to, one voucher for one payment, for several in a row, a whole day's.

    Vouchers that somebody made by hand come last and only match a payment of their very amount.
    """
    by_hand = {one.name for one in entries if _is_manual(references.get(one.name))}
    found = Matched([one for one in entries if one.name not in by_hand], payments)
    _by_reference(found, references)
    _by_day(found, _alone)
    _by_day(found, _in_a_row)
    _by_day(found, _all_of_a_day)
    found.add(one for one in entries if one.name in by_hand)
    _by_day(found, _alone)
    _on_other_days(found)
    return found


def is_of_payment(reference: Reference) -> bool:
    return reference.type.upper() in PAYMENT_TYPES


def _is_manual(reference: Reference | None) -> bool:
    return reference is not None and reference.type.upper() == MANUAL_TYPE


def _by_reference(found: Matched, references: dict[VoucherName, Reference]) -> None:
    known = {one.number: one for one in found.payments}
    for entry in found.entries:
        reference = references.get(entry.name)
        if reference is None or not is_of_payment(reference):
            continue
        paid = known.get(reference.number)
        if paid is not None and _fits(entry.left, [paid]):
            found.take([entry], [paid])


def _by_day(found: Matched, way: Callable[[Matched, list[Entry], list[Paid]], None]) -> None:
    """How a day's vouchers and payments may belong together, tried on each day."""
    days: dict[date, tuple[list[Entry], list[Paid]]] = defaultdict(lambda: ([], []))
    for entry in found.entries:
        days[entry.on][0].append(entry)
    for paid in found.payments:
        days[paid.on][1].append(paid)
    for here in days.values():
        if all(here):
            way(found, *here)


def _alone(found: Matched, entries: list[Entry], payments: list[Paid]) -> None:
    left = list(payments)
    for entry in entries:
        same = next((one for one in left if _fits(entry.left, [one])), None)
        if same is not None:
            left.remove(same)
            found.take([entry], [same])


def _in_a_row(found: Matched, entries: list[Entry], payments: list[Paid]) -> None:
    """Payments of one file or journal have numbers in a row and one voucher."""
    left = payments[:LONGEST_DAY]
    for entry in entries:
        run = _run(entry.left, left)
        if run:
            left = [one for one in left if one not in run]
            found.take([entry], run)


def _run(amount: Decimal, payments: list[Paid]) -> list[Paid]:
    """Two payments or more, one after the other, that make up the amount."""
    for first, start in enumerate(payments[:-1]):
        off, tolerance = amount + start.effect, start.tolerance
        for last, one in enumerate(payments[first + 1 :], first + 2):
            off, tolerance = off + one.effect, tolerance + one.tolerance
            if abs(off) <= tolerance:
                return payments[first:last]
    return []


def _all_of_a_day(found: Matched, entries: list[Entry], payments: list[Paid]) -> None:
    if _fits(sum((one.left for one in entries), Decimal(0)), payments):
        found.take(entries, payments)


def _on_other_days(found: Matched) -> None:
    """One payment and one voucher of its very amount, the nearest in time."""
    by_amount: dict[Decimal, list[Paid]] = defaultdict(list)
    for paid in found.payments:
        by_amount[-paid.effect].append(paid)
    for entry in found.entries:
        near = [one for one in by_amount[entry.left] if abs(one.on - entry.on) <= NEARBY]
        if near:
            nearest = min(near, key=lambda one: abs(one.on - entry.on))
            by_amount[entry.left].remove(nearest)
            found.take([entry], [nearest])


def _fits(amount: Decimal, payments: Sequence[Paid]) -> bool:
    off = amount + sum((one.effect for one in payments), Decimal(0))
    return abs(off) <= sum((one.tolerance for one in payments), Decimal(0))
