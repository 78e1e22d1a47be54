"""The identification records, financial years and #KSUMMA."""

import datetime

from sie import values
from sie.careful.told import Teller
from sie.fields import Field, Line
from sie.headers import HEADERS, Slot
from sie.records import FinancialYear


class IdentificationRecords(Teller):
    """#FLAGGA to #VALUTA, #RAR and #KSUMMA."""

    def _header(self, line: Line) -> None:
        fields = line.rest()
        header, slots = self._assembly.header, HEADERS[self._label]
        if any(slot.name in header for slot in slots):
            self._report_line("repeated-record")
            self._keep(fields)
            return
        if not fields:
            self._report_line("empty-record")
        for slot, field in zip(slots, fields, strict=False):
            header[slot.name] = self._slot(slot, field)
        self._keep_extra(fields[len(slots) :])

    def _slot(self, slot: Slot, field: Field) -> str | int | datetime.date | None:
        if slot.is_date:
            return values.to_date(self._date(field))
        text = self._text(field.value)
        if slot.name != "kind":
            return text
        if text.upper() in {"4I", "4E"}:
            self._report("type-form", field.start, field.value)
            return 4
        if text not in {"1", "2", "3", "4"}:
            self._unreadable("type-unreadable", field)
            return 1
        return int(text)

    def _year(self, line: Line) -> None:
        index = self._integer(line, "year")
        fields = line.rest()
        if not any(field.value for field in fields):
            self._report_line("empty-record")
            return
        days = [values.to_date(self._date(field)) for field in fields[:2]]
        if len(days) < 2 or days[0] is None or days[1] is None:
            raise self._refusal("missing-field", fields[0].start, self._raw, field="date")
        if index in self._assembly.years:
            self._report_line("repeated-record")
            self._keep(fields)
            return
        self._assembly.years[index] = FinancialYear(index, days[0], days[1], self._number)
        self._keep_extra(fields[2:])

    def _checksum(self, line: Line) -> None:
        checksum, fields = self._assembly.checksum, line.rest()
        value = fields[0].value if fields else b""
        if (checksum.closed if value else checksum.opened) is not None:
            self._report_line("repeated-record")
            self._keep(fields)
            return
        if value:
            checksum.closed = self._number
            checksum.declared = int(value) if value.isdigit() and len(value) < 20 else -1
            if checksum.declared < 0:
                self._keep(fields[:1])
        else:
            checksum.opened = self._number
        self._keep_extra(fields[1:])
