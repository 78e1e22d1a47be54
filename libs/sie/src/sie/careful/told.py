"""One line's fields into values; whatever is odd about them is told as a problem of that line and column."""

from sie import values
from sie.assembly import Assembly
from sie.fields import SHOWN, Field, Line
from sie.records import Objects, Other


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

    # fields

    def _needed(self, line: Line, what: str) -> Field:
        field = line.field()
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

    def _account_text(self, field: Field) -> str:
        if not field.value:
            raise self._refusal("missing-field", field.start, self._raw, field="account")
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

    def _quantity(self, field: Field) -> str:
        if not field.value:
            return ""
        try:
            quantity, plain = values.read_quantity(self._text(field.value))
        except values.Unreadable as error:
            self._report(error.code, field.start, field.value)
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
            self._report(error.code, field.start, field.value)
            return values.NO_DATE
        if not plain:
            self._report("date-form", field.start, field.value)
        return days

    def _objects(self, line: Line) -> Objects:
        if not line.at_list():
            self._report("objects-missing", 0, self._raw)
            return ()
        found = line.objects()
        items = [self._text(item.value) for item in found]
        if len(items) % 2:
            self._report("objects-odd", found[-1].start, found[-1].value)
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

    def _report(self, code: str, start: int, text: bytes, **names: object) -> None:
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
