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
from sie.kinds import ALLOWED
from sie.records import Other

_BLANK = b" \t\r\n"
_UNFINISHED = {
    "missing-field", "empty-record", "name-missing", "parent-missing", "quote-unclosed", "objects-unclosed",
    "objects-odd", "amount-unreadable", "date-unreadable", "number-unreadable", "period-unreadable",
}  # fmt: skip
"""Problems of a line that may come of its being cut off."""
_NO_RECORD = {"unknown-label", "not-a-record"}
"""The same where the line is the beginning of a known label."""
_REPLACED = "\N{REPLACEMENT CHARACTER}".encode()
_KNOWN = "|".join(sorted(frozenset[str]().union(*ALLOWED.values())))
_RECORD_INSIDE = re.compile(rf"#(?:{_KNOWN})(?![A-Z0-9])".encode())
"""A known label somewhere in a line."""
_GLUED = re.compile(rf"(?:{_KNOWN})[\"{{]")
"""A known label that its first field follows without a blank."""
_JUNK = re.compile(rb"[ \t]*+((?:[\x00-\x08\x0b-\x1f\x7f]|\xef\xbb\xbf)[ \t\x00-\x1f\x7f\xef\xbb\xbf]*+)(?=[#{}])")
"""Control characters and byte order marks before a record, as where files were put together."""
_CLOSING_BRACE = re.compile(rb"\n[ \t]*+\}[ \t\r]*+(?:\n|\Z)")


class Careful(IdentificationRecords, RegisterRecords, BalanceRecords, VoucherRecords):
    """Reads lines one by one into the assembly."""

    def __init__(self, assembly: Assembly, encoding: str) -> None:
        super().__init__(assembly, encoding)
        self._line = b""
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
        self._line = raw
        self._raw = raw.rstrip(b"\r\n")
        self._label = ""
        self._told.clear()
        if junk := _JUNK.match(self._raw):
            self._report("junk-before-record", junk.start(1), self._raw)
            self._raw = b" " * len(self._text(junk[0])) + self._raw[junk.end() :]
        bare = self._raw.strip(_BLANK)
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
                self._assembly.is_cut_off = True
            self._assembly.end_voucher()
        self._assembly.is_cut_off |= not data.endswith((b"\n", b"\r")) and self._is_unfinished(data)
        self._count_vouchers()

    def _is_unfinished(self, data: bytes) -> bool:
        """Whether the last line stops before its end. One that the scanner took was whole."""
        if self._line != data[data.rfind(b"\n") + 1 :]:
            return False
        if self._told & _UNFINISHED or (self._encoding == "utf-8" and self._line.endswith(_REPLACED)):
            return True
        bare = self._text(self._line.strip(_BLANK)).upper()
        return bool(self._told & _NO_RECORD) and any(f"#{known}".startswith(bare) for known in self._handlers)

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
            self._no_record()
            return
        written = self._text(first.value[1:])
        self._label = written.upper()
        handler = self._handlers.get(self._label)
        if handler is None and _GLUED.match(self._label):
            self._no_record("record-unreadable")
            return
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

    def _no_record(self, code: str = "") -> None:
        """A line that begins with no label, or with one that can't be told from what follows."""
        is_comment = self._raw.lstrip(_BLANK).startswith(b";")
        if not code and not is_comment and _RECORD_INSIDE.search(self._raw):
            code = "record-unreadable"
        self._report_line(code or "not-a-record")
        self._assembly.keep_other(Other(self._number, "", (self._text(self._raw),)))

    def _leave_voucher(self) -> None:
        """A record that can't stand in a voucher ends one that has had no brace; inside braces it is only told."""
        if self._label.endswith("TRANS"):
            return
        if self._assembly.place is Place.AFTER_VOUCHER:
            self._report_line("brace-missing")
        if self._assembly.place is not Place.INSIDE:
            self._assembly.end_voucher()
        elif self._label == "VER":
            self._problems.add("voucher-unclosed", self._assembly.vouchers.line[-1])
            self._assembly.end_voucher()
        else:
            self._report_line("record-inside-voucher")
