"""One line's fields into values; whatever is odd about them is told as a problem of that line and column."""

import re

from sie import values
from sie.assembly import Assembly
from sie.fields import SHOWN, Field, Line
from sie.records import Objects, Other

_BLANK = b" \t"
_THOUSANDS = re.compile(rb"-?[1-9]\d{0,2}")
_UNREAD = {"too-many-fields", "objects-too-many", "quote-doubtful"}
"""Problems because of which the rest of the line is not read, or not for certain."""


class Refused(Exception):
    """The record can't be read; the problem has been reported."""


class Teller:
    """Knows the line that is being read, so that problems and leftovers can say where they come from."""

    def __init__(self, assembly: Assembly, encoding: str) -> None:
        self._assembly = assembly
        self._problems = assembly.problems
        self._encoding = encoding
        self._number = 0
        self._raw = b""
        self._label = ""
        self._told = set[str]()
        """Codes of the problems of this line."""

    # fields

    def _needed(self, line: Line, what: str, *, before_list: bool = False) -> Field:
        field = line.field_before_list() if before_list else line.field()
        if field is None:
            raise self._refusal("missing-field", len(self._raw), self._raw, field=what)
        return field

    def _integer(self, line: Line, what: str) -> int:
        field = self._needed(line, what)
        digits = field.value.removeprefix(b"-")
        if not digits.isdigit() or len(digits) > 4:
            raise self._refusal("number-unreadable", field.start, field.value)
        return int(field.value)

    def _account_number(self, line: Line) -> str:
        return self._account_text(self._needed(line, "account"))

    def _account_before_list(self, line: Line) -> str:
        return self._account_text(self._needed(line, "account", before_list=True))

    def _account_text(self, field: Field) -> str:
        if not field.value:
            raise self._refusal("missing-field", field.start, self._raw[field.start :], field="account")
        if not field.value.isdigit():
            self._report("account-not-numeric", field.start, field.value)
        return self._text(field.value)

    def _amount(self, field: Field) -> int:
        try:
            amount, plain = values.read_amount(self._text(field.value))
        except values.Unreadable as error:
            raise self._refusal(error.code, field.start, field.value) from None
        if not plain:
            self._report("amount-form", field.start, field.value)
        return amount

    def _refuse_thousands(self, amount: Field, rest: list[Field], hundreds: re.Pattern[bytes]) -> None:
        """`1 000,00` is no amount of 1."""
        is_bare = bool(rest) and not (amount.quoted or rest[0].quoted)
        if is_bare and _THOUSANDS.fullmatch(amount.value) and hundreds.fullmatch(rest[0].value):
            raise self._refusal("amount-ambiguous", amount.start, self._raw[amount.start :])

    def _quantity(self, field: Field) -> str:
        if not field.value:
            return ""
        try:
            quantity, plain = values.read_quantity(self._text(field.value))
        except values.Unreadable as error:
            self._unreadable(error.code, field)
            return ""
        if not plain:
            self._report("amount-form", field.start, field.value)
        return quantity

    def _date(self, field: Field) -> int:
        """The date in days; none for an empty field."""
        if not field.value:
            return values.NO_DATE
        try:
            days, plain = values.read_date(self._text(field.value))
        except values.Unreadable as error:
            self._unreadable(error.code, field)
            return values.NO_DATE
        if not plain:
            self._report("date-form", field.start, field.value)
        return days

    def _objects(self, line: Line) -> Objects:
        if not line.at_list():
            self._report("objects-missing", line.at, self._raw[line.at :])
            return ()
        found = line.objects()
        items = [self._text(item.value) for item in found]
        if len(items) % 2:
            self._unreadable("objects-odd", found[-1])
        return tuple(zip(items[::2], items[1::2], strict=False))

    def _text(self, raw: bytes) -> str:
        if raw.isascii():
            return raw.decode("ascii")  # the same in all of them, and quicker
        return raw.decode(self._encoding, errors="replace")

    # what is told

    def _keep(self, fields: list[Field]) -> None:
        texts = tuple(self._text(field.value) for field in fields)
        self._assembly.keep_other(Other(self._number, self._label, texts))

    def _keep_extra(self, fields: list[Field]) -> None:
        """Fields past the last that the standard knows; empty ones say nothing."""
        if any(field.value for field in fields):
            self._report("extra-fields", fields[0].start, fields[0].value)
            self._keep(fields)

    def _unreadable(self, code: str, field: Field) -> None:
        """The value is missing in the document; as it stands in the file it is kept."""
        self._report(code, field.start, field.value)
        self._keep([field])

    def _report_line(self, code: str, **names: object) -> None:
        """About the record as a whole."""
        self._report(code, len(self._raw) - len(self._raw.lstrip(_BLANK)), self._raw.strip(_BLANK), **names)

    def _report_field(self, code: str, start: int, text: bytes) -> None:
        """What a line's fields have to tell; what is not read of them is kept."""
        self._report(code, start, text)
        if code in _UNREAD:
            self._assembly.keep_other(Other(self._number, self._label, (self._text(self._raw[start:]),)))

    def _report(self, code: str, start: int, text: bytes, **names: object) -> None:
        self._told.add(code)
        if self._problems.full(code):
            self._problems.add(code)
            return
        column = len(self._text(self._raw[:start])) + 1
        self._problems.add(
            code, self._number, column, self._text(text[:SHOWN]), label=self._label[:20], **names
        )  # fmt: skip

    def _refusal(self, code: str, start: int, text: bytes, **names: object) -> Refused:
        self._report(code, start, text, **names)
        return Refused(code)
