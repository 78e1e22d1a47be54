"""The lines of a voucher's rows, as the writer lays them out."""

from collections import defaultdict, deque
from collections.abc import Iterator

from sie.columns import Rows
from sie.document import Document
from sie.quoting import Quoting, trimmed, written_days
from sie.styles import Style


class RowLines:
    """The lines of a voucher's rows; each distinct text is made into a field once."""

    def __init__(self, document: Document, style: Style, quoting: Quoting) -> None:
        words = document.words
        self._document = document
        self._style = style
        self._accounts = [quoting.field(value) for value in words.accounts.values]
        self._objects = [quoting.objects(value, quoted=style.quoted_numbers) for value in words.objects.values]
        self._texts = [quoting.text(value) for value in words.texts.values]
        self._signatures = [quoting.text(value) for value in words.signatures.values]

    def of(self, voucher: int) -> Iterator[str]:
        """Struck rows first; an added row directly before its twin, the #TRANS alike it (§11 #RTRANS)."""
        document, columns = self._document, self._document.vouchers.columns
        for i in range(columns.first_struck[voucher], columns.first_struck[voucher + 1]):
            yield self._line("#BTRANS", document.struck, i)
        written, end = columns.first_added[voucher], columns.first_added[voucher + 1]
        twins = _twins(document.added, range(written, end))
        for i in range(columns.first_row[voucher], columns.first_row[voucher + 1]):
            found = twins.get(_likeness(document.rows, i)) if twins else None
            while found and found[0] < written:
                found.popleft()
            if found:
                yield from (self._line("#RTRANS", document.added, j) for j in range(written, found[0] + 1))
                written = found[0] + 1
            yield self._line("#TRANS", document.rows, i)
        yield from (self._line("#RTRANS", document.added, j) for j in range(written, end))

    def _line(self, label: str, rows: Rows, i: int) -> str:
        style = self._style
        fields = [
            written_days(rows.date[i]),
            self._texts[rows.text.codes[i]],
            rows.quantity[i] or style.quantity or '""',
            self._signatures[rows.signature.codes[i]],
        ]
        kept = fields[:3] + trimmed(fields[3:]) if style.quantity else trimmed(fields)
        account, objects = self._accounts[rows.account.codes[i]], self._objects[rows.objects.codes[i]]
        return " ".join((label, account, objects, style.amount(rows.amount[i]), *kept)) + style.after_row


def _likeness(rows: Rows, i: int) -> tuple[int, int, int]:
    """Account, objects and amount only: date and signature of twins differ in real files (facts 6)."""
    return rows.account.codes[i], rows.objects.codes[i], rows.amount[i]


def _twins(added: Rows, indices: range) -> dict[tuple[int, int, int], deque[int]]:
    found: defaultdict[tuple[int, int, int], deque[int]] = defaultdict(deque)
    for j in indices:
        found[_likeness(added, j)].append(j)
    return found
