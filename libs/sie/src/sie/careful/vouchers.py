"""Vouchers, their rows and the braces around them."""

import re

from sie import values
from sie.assembly import Place
from sie.careful.told import Refused, Teller
from sie.columns import Rows
from sie.fields import Field, Line

_HUNDREDS = re.compile(rb"\d{3}(?:[.,]\d{1,2})?")
"""No date: what a blank divides from the thousands before it."""
_LIKE_A_DATE = re.compile(rb"[\d ./:-]*")


class VoucherRecords(Teller):
    """#VER, #TRANS, #RTRANS, #BTRANS and the two braces."""

    def _open_brace(self) -> None:
        if self._assembly.place is Place.AFTER_VOUCHER:
            self._assembly.place = Place.INSIDE
        else:
            self._report_line("brace-stray")

    def _close_brace(self) -> None:
        if self._assembly.place in {Place.OUTSIDE, Place.AFTER_VOUCHER}:
            self._report_line("brace-stray")
        if self._assembly.place is not Place.OUTSIDE:
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
        return len(fields) == 2 or not _is_date(fields[2])

    def _row(self, line: Line, rows: Rows) -> None:
        if self._assembly.place is Place.OUTSIDE:
            self._report_line("row-outside-voucher")
            raise Refused
        account = self._account_before_list(line)
        objects = self._objects(line)
        amount_field = self._needed(line, "amount")
        amount, fields = self._amount(amount_field), line.rest()
        self._refuse_thousands(amount_field, fields, _HUNDREDS)
        if self._assembly.place is Place.AFTER_VOUCHER:
            self._report_line("brace-missing")
            self._assembly.place = Place.INSIDE_WITHOUT_BRACE
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
        return bool(field.value) and not _LIKE_A_DATE.fullmatch(field.value)


def _is_date(field: Field) -> bool:
    try:
        values.read_date(field.value.decode("ascii"))
    except ValueError:
        return False
    return True
