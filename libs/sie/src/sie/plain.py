"""The scanner in Python: what `native/core.c` does, for machines where that could not be built.

Rows and vouchers in the usual form are recognised by one regular expression each and go straight into the columns.
"""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice

from sie import values
from sie.assembly import Assembly, Place
from sie.careful import Careful
from sie.columns import Distinct
from sie.fields import Line
from sie.progress import Progress
from sie.records import Objects

LINES_AT_ONCE = 20_000
_FIELD = rb'("[^"\\]*+(?:\\"?+[^"\\]*+)*+"|[^ \t\r\n"{}][^ \t\r\n"]*+)'
_LIST = rb'\{([^"{}\r\n]*+(?:"[^"\\]*+(?:\\"?+[^"\\]*+)*+"[^"{}\r\n]*+)*+)\}'
_AMOUNT = rb"(-?+\d{1,16})(?:\.(\d\d?+))?+"
_END = rb"[ \t]*+\r?+\n?+\Z"


def _optional(*fields: bytes) -> bytes:
    """Fields of which the later ones may be left out."""
    inner = b""
    for field in reversed(fields):
        inner = rb"(?:[ \t]++" + field + inner + rb")?+"
    return inner


_ROW = re.compile(
    rb"[ \t]*+#([BR]?+)TRANS[ \t]++" + _FIELD + rb"[ \t]++" + _LIST + rb"[ \t]++" + _AMOUNT
    + _optional(_FIELD, _FIELD, _FIELD, _FIELD) + _END
)  # fmt: skip
_VOUCHER = re.compile(
    rb"#VER[ \t]++" + _FIELD + rb"[ \t]++" + _FIELD + rb"[ \t]++(\d{8})"
    + _optional(_FIELD, _FIELD, _FIELD) + _END
)  # fmt: skip


def scan(data: bytes, encoding: str, assembly: Assembly, progress: Progress | None = None) -> None:
    """Reads the lines into the assembly."""
    careful = Careful(assembly, encoding)
    quick = Quick(assembly, encoding)
    lines = BytesIO(data)
    numbered = enumerate(lines, 1)
    while _some(numbered, quick, careful):
        if progress:
            progress(lines.tell(), len(data))
    careful.end(data)


def _some(numbered: Iterator[tuple[int, bytes]], quick: "Quick", careful: Careful) -> bool:
    """Reads the next lines; whether there were any."""
    row, voucher = _ROW.match, _VOUCHER.match
    number = 0
    for number, line in islice(numbered, LINES_AT_ONCE):  # the last one is looked at below
        if found := row(line):
            taken = quick.row(number, found)
        elif found := voucher(line):
            taken = quick.voucher(number, found)
        else:
            taken = False
        if not taken:
            careful.line(number, line)
    return number > 0


class Doubt(Exception):
    """This field wants the careful reader."""


class Tokens(dict[bytes | None, int]):
    """Codes by a field's raw bytes, quotes included; a field not seen before is looked at closely, once."""

    def __init__(self, read: Callable[[bytes], int], **known: int) -> None:
        super().__init__({None: known.get("absent", 0), b'""': known.get("empty", 0)})
        self._read = read

    def __missing__(self, raw: bytes) -> int:
        code = self[raw] = self._read(raw)
        return code


class Quick:
    """Appends rows and vouchers whose every field is beyond doubt; returns whether it did."""

    def __init__(self, assembly: Assembly, encoding: str) -> None:
        self._assembly = assembly
        self._encoding = encoding
        self._rows = {b"": assembly.rows, b"B": assembly.struck, b"R": assembly.added}
        words = assembly.words
        self._accounts = Tokens(self._account)
        self._objects = Tokens(self._object_list)
        del (
            self._accounts[None],
            self._accounts[b'""'],
            self._objects[b'""'],
        )  # the braces round {""} aren't in the token
        self._dates = Tokens(self._date, absent=values.NO_DATE, empty=values.NO_DATE)
        self._quantities = Tokens(self._quantity)
        self._texts = Tokens(self._text_into(words.texts))
        self._signatures = Tokens(self._text_into(words.signatures))
        self._series = Tokens(self._text_into(words.series))
        self._numbers = Tokens(self._text_into(words.numbers))

    def row(self, line: int, found: re.Match[bytes]) -> bool:
        if self._assembly.place is not Place.INSIDE:
            return False
        kind, account, objects, whole, decimals, date, text, quantity, signature = found.groups()
        try:
            account_code, object_code = self._accounts[account], self._objects[objects]
            days, quantity_code = self._dates[date], self._quantities[quantity]
        except Doubt:
            return False
        rows = self._rows[kind]
        rows.amount.append(_ore(whole, decimals))
        rows.voucher.append(len(self._assembly.vouchers.line) - 1)
        rows.account.codes.append(account_code)
        rows.objects.codes.append(object_code)
        rows.date.append(days)
        rows.text.codes.append(self._texts[text])
        rows.quantity.codes.append(quantity_code)
        rows.signature.codes.append(self._signatures[signature])
        rows.line.append(line)
        return True

    def voucher(self, line: int, found: re.Match[bytes]) -> bool:
        if self._assembly.place is not Place.OUTSIDE:
            return False
        series, number, date, text, registered, signature = found.groups()
        try:
            days, registered_days = self._dates[date], self._dates[registered]
        except Doubt:
            return False
        vouchers = self._assembly.vouchers
        vouchers.series.codes.append(self._series[series])
        vouchers.number.codes.append(self._numbers[number])
        vouchers.date.append(days)
        vouchers.text.codes.append(self._texts[text])
        vouchers.registered.append(registered_days)
        vouchers.signature.codes.append(self._signatures[signature])
        vouchers.line.append(line)
        self._assembly.begin_voucher()
        return True

    def _account(self, raw: bytes) -> int:
        number = _unquoted(raw)
        if not number.isdigit():
            raise Doubt
        return self._assembly.words.accounts.code(number.decode("ascii"))

    def _date(self, raw: bytes) -> int:
        try:
            days, plain = values.read_date(_unquoted(raw).decode("ascii"))
        except ValueError:
            raise Doubt from None
        if not plain:
            raise Doubt
        return days

    def _quantity(self, raw: bytes) -> int:
        try:
            number, plain = values.read_quantity(_unquoted(raw).decode("ascii"))
        except ValueError:
            raise Doubt from None
        if not plain:
            raise Doubt
        return self._assembly.words.quantities.code(number)

    def _object_list(self, raw: bytes) -> int:
        return self._assembly.words.objects.code(read_objects(raw, self._encoding))

    def _text_into(self, distinct: Distinct[str]) -> Callable[[bytes], int]:
        return lambda raw: distinct.code(self._decoded(_unquoted(raw)))

    def _decoded(self, raw: bytes) -> str:
        return raw.decode(self._encoding, errors="replace")  # only a last character that is cut off


def read_objects(raw: bytes, encoding: str) -> Objects:
    """The pairs of an object list, given without its braces; `Doubt` if anything is odd about it."""
    items = Line(b"{" + raw + b"}", _doubt).objects()
    parts = [item.value.decode(encoding, errors="replace") for item in items]
    if len(parts) % 2:
        raise Doubt
    return tuple(zip(parts[::2], parts[1::2], strict=True))


def _ore(whole: bytes, decimals: bytes | None) -> int:
    if decimals is None:
        return int(whole) * 100
    return int(whole + decimals) if len(decimals) == 2 else int(whole + decimals) * 10


def _unquoted(raw: bytes) -> bytes:
    return raw[1:-1].replace(b'\\"', b'"') if raw.startswith(b'"') else raw


def _doubt(_code: str, _start: int, _text: bytes) -> None:
    raise Doubt
