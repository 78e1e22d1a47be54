"""Reads any one line, however it deviates: right and reported, or refused and reported, never guessed in silence."""

import datetime
from collections.abc import Callable

from sie import values
from sie.assembly import AccountDraft, Assembly, Place
from sie.columns import Rows
from sie.fields import Field, Line
from sie.headers import HEADERS, Slot
from sie.records import Dimension, FinancialYear, Objects, Other
from sie.told import Refused, Teller

_BLANK = b" \t\r\n"
_MONTHS = range(1, 13)


class Careful(Teller):
    """Reads lines one by one into the assembly."""

    def __init__(self, assembly: Assembly, encoding: str) -> None:
        super().__init__(assembly, encoding)
        self._handlers: dict[str, Callable[[Line], None]] = {
            "VER": self._voucher,
            "TRANS": lambda line: self._row(line, assembly.rows),
            "BTRANS": lambda line: self._row(line, assembly.struck),
            "RTRANS": lambda line: self._row(line, assembly.added),
            "KONTO": self._account, "KTYP": self._account_type, "ENHET": self._account_unit, "SRU": self._sru,
            "DIM": self._dimension, "UNDERDIM": self._dimension, "OBJEKT": self._object,
            "IB": self._balance, "UB": self._balance, "RES": self._balance,
            "OIB": self._object_balance, "OUB": self._object_balance,
            "PSALDO": self._period_balance, "PBUDGET": self._period_balance,
            "RAR": self._year, "KSUMMA": self._checksum,
        }  # fmt: skip
        for label in HEADERS:
            self._handlers[label] = self._header

    def line(self, number: int, raw: bytes) -> None:
        self._number = number
        self._raw = raw.rstrip(b"\r\n")
        bare = raw.strip(_BLANK)
        if bare == b"{":
            self._open_brace()
        elif bare == b"}":
            self._close_brace()
        elif bare:
            self._record(Line(self._raw, self._report))

    def end(self) -> None:
        """The file is over; what is still open was cut off."""
        if self._assembly.place is not Place.OUTSIDE:
            if self._assembly.place is Place.INSIDE:
                self._problems.add("voucher-unclosed", self._assembly.vouchers.line[-1])
            self._assembly.end_voucher()

    # records

    def _record(self, line: Line) -> None:
        first = line.field()
        if first is None or not first.value.startswith(b"#") or first.quoted or len(first.value) == 1:
            self._report("not-a-record", 0, self._raw)
            self._assembly.keep_other(Other(self._number, "", (self._text(self._raw),)))
            return
        written = self._text(first.value[1:])
        self._label = written.upper()
        handler = self._handlers.get(self._label)
        if handler is None:
            self._report("unknown-label", first.start, first.value)
            self._keep(line.rest())
            return
        if written != self._label:
            self._report("label-case", first.start, first.value)
        self._leave_voucher()
        self._assembly.counts[self._label] += 1
        first_line, _ = self._assembly.places.get(self._label, (self._number, 0))
        self._assembly.places[self._label] = (first_line, self._number)
        try:
            handler(line)
        except Refused:
            self._assembly.keep_other(Other(self._number, self._label, (self._text(self._raw.strip(_BLANK)),)))

    def _leave_voucher(self) -> None:
        """A record that can't stand in a voucher ends one that has had no brace; inside braces it is only told."""
        if self._label.endswith("TRANS") or self._assembly.place is Place.OUTSIDE:
            return
        if self._assembly.place is Place.AFTER_VOUCHER:
            self._assembly.end_voucher()
        elif self._label == "VER":
            self._problems.add("voucher-unclosed", self._assembly.vouchers.line[-1])
            self._assembly.end_voucher()
        else:
            self._report("record-inside-voucher", 0, self._raw)

    def _header(self, line: Line) -> None:
        fields = line.rest()
        header, slots = self._assembly.header, HEADERS[self._label]
        if any(slot.name in header for slot in slots):
            self._report("repeated-record", 0, self._raw)
            self._keep(fields)
            return
        if not fields:
            self._report("empty-record", 0, self._raw)
        for slot, field in zip(slots, fields, strict=False):
            header[slot.name] = self._slot(slot, field)
        self._keep_extra(fields[len(slots) :])

    def _slot(self, slot: Slot, field: Field) -> str | int | datetime.date | None:
        if slot.is_date:
            return values.to_date(self._date(field))
        text = self._text(field.value)
        if slot.name != "kind":
            return text
        if text not in {"1", "2", "3", "4"}:
            self._report("type-unreadable", field.start, field.value)
            return 1
        return int(text)

    def _year(self, line: Line) -> None:
        index = self._integer(line, "year")
        fields = line.rest()
        if not any(field.value for field in fields):
            self._report("empty-record", 0, self._raw)
            return
        days = [values.to_date(self._date(field)) for field in fields[:2]]
        if len(days) < 2 or days[0] is None or days[1] is None:
            raise self._refusal("missing-field", 0, self._raw, field="date")
        if index in self._assembly.years:
            self._report("repeated-record", 0, self._raw)
            self._keep(fields)
            return
        self._assembly.years[index] = FinancialYear(index, days[0], days[1])
        self._keep_extra(fields[2:])

    def _checksum(self, line: Line) -> None:
        checksum = self._assembly.checksum
        field = line.field()
        if field is None or not field.value:
            if checksum.opened is None:
                checksum.opened = self._number
        elif checksum.closed is None:
            checksum.closed = self._number
            checksum.declared = int(field.value) if field.value.isdigit() and len(field.value) < 20 else -1

    # accounts, dimensions, objects

    def _account(self, line: Line) -> None:
        account = self._draft(number := self._account_number(line))
        fields = line.rest()
        name = self._text(fields[0].value) if fields else ""
        if account.name is not None:
            self._report("account-repeated", 0, self._raw)
            self._assembly.keep_other(Other(self._number, self._label, (number, name)))
        else:
            account.name = name
        self._keep_extra(fields[1:])

    def _account_type(self, line: Line) -> None:
        account = self._attribute(line)
        fields = line.rest()
        account.type = self._text(fields[0].value) if fields else ""
        self._keep_extra(fields[1:])

    def _account_unit(self, line: Line) -> None:
        account = self._attribute(line)
        fields = line.rest()
        account.unit = self._text(fields[0].value) if fields else ""
        self._keep_extra(fields[1:])

    def _sru(self, line: Line) -> None:
        if (first := line.field()) is None:
            self._report("empty-record", 0, self._raw)
            return
        account = self._draft(self._account_text(first))
        fields = line.rest()
        account.sru += [self._text(field.value) for field in fields[:1] if field.value]
        self._keep_extra(fields[1:])

    def _attribute(self, line: Line) -> AccountDraft:
        account = self._draft(self._account_number(line))
        if account.name is None:
            self._report("account-order", 0, self._raw)
        return account

    def _draft(self, number: str) -> AccountDraft:
        return self._assembly.accounts.setdefault(number, AccountDraft())

    def _dimension(self, line: Line) -> None:
        number = self._text(self._needed(line, "dimension").value)
        fields = line.rest()
        name, parent = ([self._text(field.value) for field in fields] + ["", ""])[:2]
        known = self._assembly.dimensions.get(number)
        if known is not None and known.declared:
            self._report("object-repeated", 0, self._raw)
            self._keep(fields)
            return
        is_sub = self._label == "UNDERDIM"
        objects = known.objects if known else {}
        self._assembly.dimensions[number] = Dimension(number, name, parent if is_sub else "", objects)
        self._keep_extra(fields[1 + is_sub :])

    def _object(self, line: Line) -> None:
        dimension = self._assembly.dimension(self._text(self._needed(line, "dimension").value))
        number = self._text(self._needed(line, "object").value)
        fields = line.rest()
        name = self._text(fields[0].value) if fields else ""
        if number in dimension.objects:
            self._report("object-repeated", 0, self._raw)
            self._keep(fields)
        else:
            dimension.objects[number] = name
            self._keep_extra(fields[1:])

    # balances

    def _balance(self, line: Line) -> None:
        year = self._integer(line, "year")
        account = self._account_number(line)
        self._append_balance(line, year, 0, account, ())

    def _object_balance(self, line: Line) -> None:
        year = self._integer(line, "year")
        account = self._account_number(line)
        self._append_balance(line, year, 0, account, self._objects(line))

    def _period_balance(self, line: Line) -> None:
        year = self._integer(line, "year")
        period_field, account_field = self._needed(line, "period"), self._needed(line, "account")
        if not self._is_month(period_field) and self._is_month(account_field):
            self._report("period-and-account-swapped", period_field.start, period_field.value)
            period_field, account_field = account_field, period_field
        if not self._is_month(period_field):
            raise self._refusal("period-unreadable", period_field.start, period_field.value)
        account = self._account_text(account_field)
        self._append_balance(line, year, int(period_field.value), account, self._objects(line))

    def _append_balance(self, line: Line, year: int, period: int, account: str, objects: Objects) -> None:
        field = self._needed(line, "amount")
        amount = self._amount(field)
        rest = line.rest()
        balances = self._assembly.balances
        quantity = self._quantity(rest[0]) if rest else ""
        balances.kind.append(self._label)
        balances.year.append(year)
        balances.period.append(period)
        balances.account.append(account)
        balances.objects.append(objects)
        balances.amount.append(amount)
        balances.decimals.append(min(len(field.value.partition(b".")[2]), 2))
        balances.quantity.append(quantity)
        balances.line.append(self._number)
        self._keep_extra(rest[1:])

    @staticmethod
    def _is_month(field: Field) -> bool:
        text = field.value
        return len(text) == 6 and text.isdigit() and text >= b"1000" and int(text[4:]) in _MONTHS

    # vouchers

    def _open_brace(self) -> None:
        if self._assembly.place is Place.AFTER_VOUCHER:
            self._assembly.place = Place.INSIDE
        else:
            self._report("brace-stray", 0, self._raw)

    def _close_brace(self) -> None:
        if self._assembly.place is Place.INSIDE:
            self._assembly.end_voucher()
        else:
            self._report("brace-stray", 0, self._raw)
            if self._assembly.place is Place.AFTER_VOUCHER:
                self._assembly.end_voucher()

    def _voucher(self, line: Line) -> None:
        fields = line.rest()
        if brace := bool(fields) and fields[-1].value == b"{" and not fields[-1].quoted:
            self._report("brace-on-voucher-line", fields[-1].start, b"{")
            fields.pop()
        if self._series_left_out(fields):
            self._report("series-missing", fields[0].start, self._raw)
            fields.insert(0, Field(b"", fields[0].start))
        blank = Field(b"", len(self._raw))
        series, number, date, text, registered, signature = (fields + [blank] * 6)[:6]
        vouchers = self._assembly.vouchers
        if not date.value:
            self._report("date-unreadable", date.start, date.value)
        vouchers.date.append(self._date(date))
        vouchers.series.append(self._text(series.value))
        vouchers.number.append(self._text(number.value))
        vouchers.text.append(self._text(text.value))
        vouchers.registered.append(self._date(registered))
        vouchers.signature.append(self._text(signature.value))
        vouchers.line.append(self._number)
        self._keep_extra(fields[6:])
        self._assembly.begin_voucher()
        if brace:
            self._assembly.place = Place.INSIDE

    @staticmethod
    def _series_left_out(fields: list[Field]) -> bool:
        """`#VER 1 20200101 "text"`: a date where the number should be, and none where the date should."""
        if len(fields) < 2 or not _is_date(fields[1]):
            return False
        return len(fields) == 2 or not _is_date(fields[2]) or len(fields) == 3

    def _row(self, line: Line, rows: Rows) -> None:
        if self._assembly.place is Place.OUTSIDE:
            raise self._refusal("row-outside-voucher", 0, self._raw)
        account = self._account_number(line)
        objects = self._objects(line)
        amount = self._amount(self._needed(line, "amount"))
        if self._assembly.place is Place.AFTER_VOUCHER:
            self._report("brace-missing", 0, self._raw)
            self._assembly.place = Place.INSIDE
        fields = line.rest()
        if len(fields) == 1 and self._is_text_for_date(fields[0]):
            self._report("row-text-misplaced", fields[0].start, fields[0].value)
            fields.insert(0, Field(b"", fields[0].start))
        blank = Field(b"", len(self._raw))
        date, text, quantity, signature = (fields + [blank] * 4)[:4]
        rows.voucher.append(len(self._assembly.vouchers) - 1)
        rows.account.append(account)
        rows.objects.append(objects)
        rows.amount.append(amount)
        rows.date.append(self._date(date))
        rows.text.append(self._text(text.value))
        rows.quantity.append(self._quantity(quantity))
        rows.signature.append(self._text(signature.value))
        rows.line.append(self._number)
        self._keep_extra(fields[4:])

    @staticmethod
    def _is_text_for_date(field: Field) -> bool:
        return field.quoted and bool(field.value) and not any(48 <= byte <= 57 for byte in field.value)


def _is_date(field: Field) -> bool:
    try:
        values.read_date(field.value.decode("ascii"))
    except ValueError:
        return False
    return True
