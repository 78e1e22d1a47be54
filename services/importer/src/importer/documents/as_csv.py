"""A ledger's open items as CSV, the way that a Swedish Excel opens it: semicolons, decimal comma, UTF-8 with BOM."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

from common.spreadsheets import Cell
from importer.documents.open_items import columns
from importer.result import Ledger, Result

MEDIA_TYPE = "text/csv; charset=utf-8"
BOM = "\ufeff"
BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # OWASP, CSV injection: full-width forms below
FULL_WIDTH = ("＝", "＋", "－", "＠")


def file(result: Result, ledger: Ledger) -> bytes:
    """A row for each open item, with the closing date in front."""
    table, text = columns(ledger.dataset, result.ageing_edges), StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    rows.writerow(["Balansdag", *(one.heading for one in table)])
    for item in ledger.items:
        rows.writerow([written(result.closing_date), *(written(one.of(item)) for one in table)])
    return (BOM + text.getvalue()).encode()


def written(value: Cell) -> str:
    """A text that a spreadsheet program would run begins with an apostrophe, which makes it text there."""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(BEGIN_A_FORMULA + FULL_WIDTH) else value
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", ",")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)
