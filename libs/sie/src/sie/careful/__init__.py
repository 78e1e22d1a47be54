"""Reads any one line, however it deviates: right and reported, or refused and reported, never guessed in silence."""

import re
from collections.abc import Callable

from sie.assembly import Assembly, Place
from sie.careful.balances import BalanceRecords
from sie.careful.identification import IdentificationRecords
from sie.careful.registers import RegisterRecords
from sie.careful.told import Refused
from sie.careful.vouchers import VoucherRecords
from sie.fields import Line
from sie.headers import HEADERS
from sie.records import Other

_BLANK = b" \t\r\n"
_CLOSING_BRACE = re.compile(rb"\n[ \t]*+\}[ \t\r]*+(?:\n|\Z)")


class Careful(IdentificationRecords, RegisterRecords, BalanceRecords, VoucherRecords):
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
        self._label = ""
        bare = raw.strip(_BLANK)
        if bare == b"{":
            self._open_brace()
        elif bare == b"}":
            self._close_brace()
        elif bare:
            self._record(Line(self._raw, self._report_field))

    def end(self, data: bytes) -> None:
        """The file is over; what is still open was cut off, unless this is a file without any braces."""
        if self._assembly.place is not Place.OUTSIDE:
            if self._assembly.place is not Place.INSIDE_WITHOUT_BRACE or _CLOSING_BRACE.search(data):
                self._problems.add("voucher-unclosed", self._assembly.vouchers.line[-1])
            self._assembly.end_voucher()
        self._count_vouchers()

    def _count_vouchers(self) -> None:
        """The quick way counts nothing: the columns know."""
        found = self._assembly
        lines_of = {
            "VER": found.vouchers.line,
            "TRANS": found.rows.line,
            "BTRANS": found.struck.line,
            "RTRANS": found.added.line,
        }
        for label, lines in lines_of.items():
            if len(lines):
                found.counts[label] = len(lines)
                found.places[label] = (lines[0], lines[-1])

    # records

    def _record(self, line: Line) -> None:
        first = line.field()
        if first is None or not first.value.startswith(b"#") or first.quoted or len(first.value) == 1:
            self._report_line("not-a-record")
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
        if self._assembly.place is not Place.OUTSIDE:
            self._leave_voucher()
        self._assembly.counts[self._label] += 1
        first_line = self._assembly.places.get(self._label, (self._number,))[0]
        self._assembly.places[self._label] = (first_line, self._number)
        try:
            handler(line)
        except Refused:
            self._assembly.keep_other(Other(self._number, self._label, (self._text(self._raw.strip(_BLANK)),)))

    def _leave_voucher(self) -> None:
        """A record that can't stand in a voucher ends one that has had no brace; inside braces it is only told."""
        if self._label.endswith("TRANS"):
            return
        if self._assembly.place is not Place.INSIDE:
            self._assembly.end_voucher()
        elif self._label == "VER":
            self._problems.add("voucher-unclosed", self._assembly.vouchers.line[-1])
            self._assembly.end_voucher()
        else:
            self._report_line("record-inside-voucher")
