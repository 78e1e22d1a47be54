"""From a `Document` to bytes."""

import codecs
import datetime
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from sie import checksum, values
from sie.document import Document
from sie.encodings import KNOWN
from sie.headers import HEADERS, Slot
from sie.kinds import ALLOWED, Kind
from sie.ledger import rank
from sie.quoting import Quoting, Unwritable, trimmed, written_day, written_days
from sie.records import Dimension
from sie.row_lines import RowLines
from sie.styles import STYLES, Style

_PROSE = frozenset({
    "program", "comment", "contact", "street", "postal_address", "telephone", "company_name",
})  # fmt: skip
"""Header fields that stand in quotation marks, come what may."""
_BY_ACCOUNT = {"IB": 0, "UB": 0, "PSALDO": 1, "RES": 2}
_LINES_AT_ONCE = 5_000
"""Encoded in a few milliseconds, in which no other thread can run."""


def write(
    document: Document,
    style: str = "plain",
    *,
    kind: Kind | None = None,
    with_checksum: bool = False,
    unwritable: Unwritable = "error",
    encoding: str = "cp437",
    with_unknown: bool = False,
) -> bytes:
    """The document as a SIE file with CRLF, and in CP437, which alone the standard knows.

    `style` is one of `styles.STYLES`. With `kind` the file is of that type and has nothing that the type may not have;
    without, it is of the document's own and has all that the document has. Of what the standard doesn't know
    (`document.other`) nothing is written (§7.2), unless `with_unknown`: then records with labels of their own follow
    the accounts. Fields past a record's last one and what could not be read are never written.
    SieError for characters that the encoding (of a file with checksum: CP437) lacks, and for texts that no field can
    hold, unless `unwritable` is "replace". ValueError for a style, kind or encoding that there isn't.
    """
    _known("style", style, STYLES)
    _known("kind", kind, (None, *ALLOWED))
    if not _is_codec(encoding):
        raise ValueError(f"encoding must be one of {', '.join(KNOWN)}, or another that Python knows")
    layout = STYLES[style]
    quoting = Quoting(unwritable, closing_backslash=layout.closing_backslash)
    writer = _Writer(document, layout, kind, quoting, with_unknown=with_unknown)
    return writer.written(encoding, with_checksum=with_checksum)


def _known(what: str, value: str | None, known: Iterable[str | None]) -> None:
    if value not in known:
        raise ValueError(f"{what} must be one of {', '.join(str(name) for name in known)}")


def _is_codec(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding) is not None
    except LookupError:
        return False


class _Writer:
    def __init__(
        self, document: Document, style: Style, kind: Kind | None, quoting: Quoting, *, with_unknown: bool
    ) -> None:
        self._document = document
        self._style = style
        self._kind = kind
        self._allowed = ALLOWED[kind] if kind else frozenset[str]().union(*ALLOWED.values())
        self._quoting = quoting
        self._with_unknown = with_unknown

    def written(self, encoding: str, *, with_checksum: bool) -> bytes:
        self._format = "PC8" if encoding == "cp437" else self._document.header.format
        head, body = list(self._header()), self._body()
        flag = 1 if head[0].startswith("#FLAGGA") else 0
        if with_checksum:
            head.insert(flag, "#KSUMMA")
        pieces = list(_joined(chain(head, body)))
        data = self._encoded(pieces, encoding)
        if with_checksum:
            lines = data.count(b"\n") + 2
            standard = data if encoding == "cp437" else self._encoded(pieces, "cp437")
            total = checksum.compute(standard, "cp437", flag + 1, lines)
            return data + b"\r\n#KSUMMA %d\r\n" % total
        return data + b"\r\n" if self._style.last_line_ends else data

    def _encoded(self, pieces: Iterable[str], encoding: str) -> bytes:
        return b"\r\n".join(self._quoting.encode(piece, encoding) for piece in pieces)

    def _body(self) -> list[str]:
        style = self._style
        return [
            *self._group(style.before_accounts, self._accounts()),
            *(self._unknown() if self._with_unknown else ()),
            *self._group(style.before_dimensions, self._dimensions()),
            *self._group(style.before_balances, self._balances()),
            *self._group(style.before_vouchers, self._vouchers()),
        ]

    @staticmethod
    def _group(blank_lines: int, lines: Iterable[str]) -> list[str]:
        """The lines after their blank lines; nothing at all if there are none."""
        found = list(lines)
        return [""] * blank_lines + found if found else []

    # identification

    def _header(self) -> Iterator[str]:
        for label in self._style.header:
            if label == "":
                yield ""
            elif label == "RAR":
                for year in self._document.years.values():
                    yield f"#RAR {year.index} {written_day(year.start)} {written_day(year.end)}"
            elif label in self._allowed:
                yield from self._header_record(label)

    def _header_record(self, label: str) -> Iterator[str]:
        header = self._document.header
        fields = [self._header_field(slot, getattr(header, slot.name)) for slot in HEADERS[label]]
        if label == "FORMAT":
            fields = [self._quoting.field(self._format)]
        if label == "SIETYP":
            fields = [self._kind[0] if self._kind else str(header.kind)]
        always = label in self._style.always
        kept = fields if always and label == "ADRESS" else trimmed(fields)
        if kept or always:
            after = self._style.after_address if label == "ADRESS" else ""
            yield f"#{label} {' '.join(kept)}{after}"

    def _header_field(self, slot: Slot, value: str | int | datetime.date | None) -> str:
        if slot.is_date:
            return written_day(value) if isinstance(value, datetime.date) else '""'
        text = str(value)
        return self._quoting.text(text) if slot.name in _PROSE else self._quoting.field(text)

    # accounts, dimensions, balances

    def _accounts(self) -> Iterator[str]:
        text, field = self._quoting.text, self._quoting.field
        for account in self._document.accounts.values():
            number = field(account.number)
            if account.declared:
                yield f"#KONTO {number} {text(account.name)}"
            if account.type and self._style.account_details:
                yield f"#KTYP {number} {field(account.type)}"
            if account.unit and self._style.account_details:
                yield f"#ENHET {number} {text(account.unit)}"
            for code in account.sru:
                yield f"#SRU {number} {field(code)}"

    def _unknown(self) -> Iterator[str]:
        """Records of labels that the standard doesn't have, and that can be written."""
        field = self._quoting.field
        for other in self._document.other:
            label = f"#{other.label}"
            if other.label and label == field(label) and not any(other.label in labels for labels in ALLOWED.values()):
                yield " ".join((label, *map(field, other.fields)))

    def _dimensions(self) -> Iterator[str]:
        if "DIM" not in self._allowed:
            return
        dimensions = self._document.dimensions.values()
        yield from (self._dimension(dimension) for dimension in dimensions if dimension.declared)
        for dimension in dimensions:
            for number, name in dimension.objects.items():
                text = self._quoting.text
                yield f"#OBJEKT {self._quoting.field(dimension.number)} {text(number)} {text(name)}"

    def _dimension(self, dimension: Dimension) -> str:
        number, name = self._quoting.field(dimension.number), self._quoting.text(dimension.name)
        if dimension.parent:
            return f"#UNDERDIM {number} {name} {self._quoting.field(dimension.parent)}"
        return f"#DIM {number} {name}"

    def _balances(self) -> Iterator[str]:
        balances, style = self._document.balances, self._style
        order: Iterable[int] = range(len(balances))
        if style.by_account:
            order = sorted(order, key=self._place)
        for i in order:
            if balances.kind[i] in style.balances and balances.kind[i] in self._allowed:
                objects = balances.objects[i]
                if not (objects and self._kind == "2"):
                    yield self._balance(i)

    def _place(self, index: int) -> tuple[int, tuple[int, str], int, int]:
        """Fortnox's order (facts 8): IB and UB by account for both years; then periods; then results."""
        balances = self._document.balances
        kind = balances.kind[index]
        account = balances.account[index] if kind != "PSALDO" else ""
        return _BY_ACCOUNT.get(kind, 3), rank(account), -balances.year[index], int(kind == "UB")

    def _balance(self, index: int) -> str:
        balances = self._document.balances
        kind, period = balances.kind[index], balances.period[index]
        when = f"{balances.year[index]} {period:06}" if period else str(balances.year[index])
        what = self._quoting.field(balances.account[index])
        if kind not in {"IB", "UB", "RES"}:
            what += " " + self._quoting.objects(balances.objects[index])
        quantity = balances.quantity[index] or self._style.quantity
        return f"#{kind} {when} {what} {self._balance_amount(index)}" + (quantity and f" {quantity}")

    def _balance_amount(self, index: int) -> str:
        balances, style = self._document.balances, self._style
        amount, decimals = balances.amount[index], balances.decimals[index]
        if balances.kind[index] in style.balance_as_read and decimals >= 0:
            return values.shortest(amount) if decimals == 0 else values.two_decimals(amount)
        return style.balance_amount(amount)

    # vouchers

    def _vouchers(self) -> list[str]:
        if "VER" not in self._allowed:
            return []
        rows = RowLines(self._document, self._style, self._quoting)
        between = [""] * self._style.between_vouchers
        lines: list[str] = []
        for i in range(len(self._document.vouchers)):
            lines += (*(between if i else ()), self._voucher(i), "{", *rows.of(i), "}")
        return lines

    def _voucher(self, index: int) -> str:
        columns, quoting = self._document.vouchers.columns, self._quoting
        number = quoting.text if self._style.quoted_numbers else quoting.field
        fields = [
            number(columns.series[index]),
            number(columns.number[index]),
            written_days(columns.date[index]),
            quoting.text(columns.text[index]),
            written_days(columns.registered[index]),
            quoting.text(columns.signature[index]),
        ]
        keep = 4 if self._style is not STYLES["plain"] else 3
        return " ".join(("#VER", *fields[:keep], *trimmed(fields[keep:])))


def _joined(lines: Iterator[str]) -> Iterator[str]:
    """Some lines at a time."""
    while some := list(islice(lines, _LINES_AT_ONCE)):
        yield "\r\n".join(some)
