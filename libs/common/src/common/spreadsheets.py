"""Spreadsheets as an accountant files them: one look, ready to print, the same bytes for the same content.

Texts come from people we don't know: whatever they begin with, they are written as text and never run.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from common.clock import SWEDEN

LONGEST_TEXT = 32_767  # characters that a cell takes
FIRST_YEAR = 1900  # in a spreadsheet's calendar
OF_ORE = -2  # the exponent of amounts in whole öre
MARGINS = (0.3, 0.3, 0.5, 0.6)  # inches: left, right, top, bottom; ledgers are broad
A4 = 9  # Excel's number for the paper
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
BASE = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
STYLES: dict[str, dict[str, Any]] = {
    "text": {"text_wrap": True},
    "title": {"bold": True, "font_size": 16},
    "label": {"bold": True},
    "line": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
    "heading": {"bold": True, "text_wrap": True, "bg_color": "#DDE6EE", "bottom": 1},
    "number": {"num_format": "0", "align": "right"},
    "amount": {"num_format": "#,##0.00", "align": "right"},
    "exact": {"num_format": "General", "align": "right"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
    "sum": {"bold": True, "num_format": "#,##0.00", "align": "right", "top": 1},
    "count": {"bold": True, "num_format": "0", "align": "right", "top": 1},
}
STYLE_OF = {str: "text", int: "number", Decimal: "amount", date: "date", datetime: "time"}

Cell = str | int | Decimal | date | datetime | None
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cell(row: int, column: int) -> str:
    """A cell's name in formulas, such as B7."""
    name: str = xl_rowcol_to_cell(row, column)
    return name


def cells(column: int, first: int, last: int) -> str:
    """A column's cells from one row to another, such as $B$7:$B$9."""
    name: str = xl_range_abs(first, column, last, column)
    return name


def _style_of(value: Cell) -> str:
    """By its type; an amount with more than two decimals is shown with all that it has."""
    if isinstance(value, Decimal) and int(value.normalize().as_tuple().exponent) < OF_ORE:
        return "exact"
    return STYLE_OF[type(value)]


class Sheet:
    """One sheet; rows and columns count from 0."""

    def __init__(self, worksheet: Worksheet, styles: dict[str, Format]) -> None:
        self._worksheet = worksheet
        self._styles = styles

    def put(self, row: int, column: int, value: Cell, style: str | None = None) -> None:
        """Writes a value as what it is. Timestamps are shown in Swedish local time; nothing is written for None."""
        if value is None:
            return
        if isinstance(value, date) and value.year < FIRST_YEAR:
            value = str(value)
        written = self._styles[style or _style_of(value)]
        if isinstance(value, str):
            self._worksheet.write_string(row, column, value[:LONGEST_TEXT], written)
        elif isinstance(value, datetime):
            local = value.astimezone(SWEDEN).replace(tzinfo=None, microsecond=0)
            self._worksheet.write_datetime(row, column, local, written)
        elif isinstance(value, date):
            self._worksheet.write_datetime(row, column, value, written)
        else:
            self._worksheet.write_number(row, column, value, written)

    def put_row(self, row: int, values: Sequence[Cell], style: str | None = None) -> None:
        for column, value in enumerate(values):
            self.put(row, column, value, style)

    def formula(self, row: int, column: int, formula: str, value: int | Decimal | str, style: str) -> None:
        """A formula of ours, with its value for readers that don't calculate."""
        shown = float(value) if isinstance(value, Decimal) else value
        self._worksheet.write_formula(row, column, formula, self._styles[style], shown)

    def lay_out(self, widths: Sequence[float], heading_row: int | None, last_row: int, footer: str) -> None:
        """A4, landscape, one page wide, a heading on each page, page numbers; nothing but the content is printed."""
        sheet = self._worksheet
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        if heading_row is not None:
            sheet.freeze_panes(heading_row + 1, 0)
            sheet.repeat_rows(heading_row)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(*MARGINS)
        sheet.print_area(0, 0, last_row, len(widths) - 1)
        sheet.set_footer(f"&L{footer.replace('&', '&&')}&RSida &P av &N")


class Book:
    """A workbook in memory. `created` stands in its properties: a time of the content's own, not of the writing."""

    def __init__(self, title: str, created: datetime) -> None:
        self._bytes = BytesIO()
        self._workbook = Workbook(self._bytes, OPTIONS)
        self._workbook.set_properties({"title": title, "created": created.astimezone(UTC).replace(tzinfo=None)})
        self._styles = {name: self._workbook.add_format(BASE | style) for name, style in STYLES.items()}

    def sheet(self, name: str) -> Sheet:
        return Sheet(self._workbook.add_worksheet(name), self._styles)

    def close(self) -> bytes:
        """The finished file."""
        self._workbook.close()
        return self._bytes.getvalue()
