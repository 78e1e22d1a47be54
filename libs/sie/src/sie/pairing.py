"""Which voucher of one file is which of the other: by series and number, and by content where those don't tell."""

from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import NamedTuple

from sie.columns import Rows
from sie.document import Document
from sie.values import NO_DATE

PARTS = ("date", "text", "registered", "signature", "rows", "struck", "added")


class Contents:
    """A document's vouchers as plain tuples that compare quickly, alike where they mean the same.

    A row's date that is the voucher's own, the order of objects, and how a quantity is written (or that it is 0 or
    none) say nothing.
    """

    def __init__(self, document: Document) -> None:
        columns = document.vouchers.columns
        self.names = list(zip(columns.series, columns.number, strict=True))
        self._columns = columns
        self._heads = list(zip(columns.date, columns.text, columns.registered, columns.signature, strict=True))
        self._objects = [tuple(sorted(objects)) for objects in document.words.objects.values]
        self._quantities = [(Decimal(text) or None) if text else None for text in document.words.quantities.values]
        self._rows = self._tuples(document.rows)
        self._struck = self._tuples(document.struck)
        self._added = self._tuples(document.added)

    def parts(self, i: int) -> tuple[object, ...]:
        """The voucher's PARTS."""
        columns = self._columns
        return (
            *self._heads[i],
            self._rows[columns.first_row[i] : columns.first_row[i + 1]],
            self._struck[columns.first_struck[i] : columns.first_struck[i + 1]],
            self._added[columns.first_added[i] : columns.first_added[i + 1]],
        )

    def whole(self, i: int) -> Hashable:
        """The same for vouchers that say the same."""
        return tuple(frozenset(Counter(part).items()) if isinstance(part, list) else part for part in self.parts(i))

    def head(self, i: int) -> Hashable:
        return self._heads[i][:2]

    def booked(self, i: int) -> Hashable:
        """The same for vouchers that book the same."""
        columns = self._columns
        return frozenset(Counter(self._rows[columns.first_row[i] : columns.first_row[i + 1]]).items())

    def _tuples(self, rows: Rows) -> list[tuple[object, ...]]:
        objects = map(self._objects.__getitem__, rows.objects.codes)
        quantities = map(self._quantities.__getitem__, rows.quantity.codes)
        dates = self._dates(rows)
        columns = rows.account, objects, rows.amount, dates, rows.text, quantities, rows.signature
        return [row for row in zip(*columns, strict=True)]  # noqa: C416  (`list` would let no other thread run)

    def _dates(self, rows: Rows) -> "array[int]":
        if rows.date.count(NO_DATE) == len(rows):
            return rows.date
        dates = self._columns.date
        days = zip(rows.date, rows.voucher, strict=True)
        return array("i", (NO_DATE if day == dates[voucher] else day for day, voucher in days))


class Pairs(NamedTuple):
    """Vouchers by their place in the old and the new file."""

    both: list[tuple[int, int]]
    gone: list[int]
    new: list[int]


def paired(old: Contents, new: Contents) -> Pairs:
    before, after = _by_name(old), _by_name(new)
    pairs = Pairs([], [], [])
    for name, olds in before.items():
        news = after.pop(name, [])
        if len(olds) == len(news) == 1 and name[1]:
            pairs.both.append((olds[0], news[0]))
        else:
            _pair(old, new, olds, news, pairs, in_order=bool(name[1]))
    for news in after.values():
        pairs.new.extend(news)
    return Pairs(sorted(pairs.both), sorted(pairs.gone), sorted(pairs.new))


def _by_name(contents: Contents) -> defaultdict[tuple[str, str], list[int]]:
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for i, name in enumerate(contents.names):
        found[name].append(i)
    return found


def _pair(old: Contents, new: Contents, olds: list[int], news: list[int], pairs: Pairs, *, in_order: bool) -> None:
    """Vouchers of one number, or of none: what is alike first. What is left over of a number is the same voucher."""
    likenesses = ((old.whole, new.whole), (old.head, new.head), (old.booked, new.booked))
    for of_old, of_new in likenesses:
        olds, news = _match(of_old, of_new, olds, news, pairs)
    if in_order:
        pairs.both.extend(zip(olds, news, strict=False))
        olds, news = olds[len(news) :], news[len(olds) :]
    pairs.gone.extend(olds)
    pairs.new.extend(news)


def _match(
    of_old: Callable[[int], Hashable], of_new: Callable[[int], Hashable], olds: Sequence[int], news: Sequence[int],
    pairs: Pairs,
) -> tuple[list[int], list[int]]:  # fmt: skip
    """Pairs those that are alike; which of each are left."""
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for j in news:
        waiting[of_new(j)].append(j)
    left = []
    for i in olds:
        alike = waiting[of_old(i)]
        if alike:
            pairs.both.append((i, alike.popleft()))
        else:
            left.append(i)
    return left, sorted(j for alike in waiting.values() for j in alike)
