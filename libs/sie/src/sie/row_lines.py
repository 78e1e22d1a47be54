"""The lines of a voucher's rows, as the writer lays them out."""

from array import array
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from sie.columns import Rows
from sie.document import Document
from sie.quoting import Quoting, trimmed, written_days
from sie.styles import Style

_Place = tuple[str, Rows, int]
"""A label, and where its row is."""


class RowLines:
    """The lines of a voucher's rows; each distinct text, and what mostly stands around the amount, is made once."""

    def __init__(self, document: Document, style: Style, quoting: Quoting) -> None:
        words = document.words
        self._document = document
        self._style = style
        self._accounts = [quoting.field(value) for value in words.accounts.values]
        self._objects = [quoting.objects(value, quoted=style.quoted_numbers) for value in words.objects.values]
        self._texts = [quoting.text(value) for value in words.texts.values]
        self._signatures = [quoting.text(value) for value in words.signatures.values]
        self._tails: dict[tuple[int, int, int, int], str] = {}

    def of(self, voucher: int) -> list[str]:
        """As they were read, or as a program that composed them says by `Row.line`; else as `_composed` has it."""
        document, columns = self._document, self._document.vouchers.columns
        booked = _places("#TRANS", document.rows, columns.first_row, voucher)
        struck = _places("#BTRANS", document.struck, columns.first_struck, voucher)
        added = _places("#RTRANS", document.added, columns.first_added, voucher)
        lines: Iterable[_Place] = booked
        if struck or added:
            lines = [*struck, *added, *booked]
            if all(rows.line[i] for _, rows, i in lines):
                lines.sort(key=lambda place: place[1].line[place[2]])
            else:
                lines = [*struck, *_composed(booked, added)]
        return [self._line(*place) for place in lines]

    def _line(self, label: str, rows: Rows, i: int) -> str:
        key = rows.date[i], rows.text.codes[i], rows.quantity.codes[i], rows.signature.codes[i]
        tail = self._tails.get(key)
        if tail is None:
            tail = self._tails[key] = self._tail(rows, i)
        account, objects = self._accounts[rows.account.codes[i]], self._objects[rows.objects.codes[i]]
        return f"{label} {account} {objects} {self._style.amount(rows.amount[i])}{tail}"

    def _tail(self, rows: Rows, i: int) -> str:
        """What follows the amount."""
        style = self._style
        fields = [
            written_days(rows.date[i]),
            self._texts[rows.text.codes[i]],
            rows.quantity[i] or style.quantity or '""',
            self._signatures[rows.signature.codes[i]],
        ]
        kept = fields[:3] + trimmed(fields[3:]) if style.quantity else trimmed(fields)
        return "".join(f" {field}" for field in kept) + style.after_row


def _places(label: str, rows: Rows, first: "array[int]", voucher: int) -> list[_Place]:
    return [(label, rows, i) for i in range(first[voucher], first[voucher + 1])]


def _composed(booked: list[_Place], added: list[_Place]) -> Iterator[_Place]:
    """Each added row directly before its twin, the #TRANS alike it (§11 #RTRANS), in the order in which they came."""
    twins: defaultdict[tuple[int, int, int], deque[int]] = defaultdict(deque)
    for number, (_, rows, i) in enumerate(added):
        twins[rows.likeness(i)].append(number)
    written = 0
    for place in booked:
        _, rows, i = place
        found = twins[rows.likeness(i)]
        while found and found[0] < written:
            found.popleft()
        if found:
            yield from added[written : found[0] + 1]
            written = found[0] + 1
        yield place
    yield from added[written:]
