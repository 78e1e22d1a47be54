"""A ledger as a spreadsheet: the list as of the closing date, the reconciliation, and what came after."""

from uuid import UUID

from common.spreadsheets import Book
from importer.documents import after, per_date, reconciliation
from importer.documents.words import AFTER, NAMES, PER_DATE, RECONCILIATION
from importer.result import Ledger, Result


def workbook(import_id: UUID, result: Result, ledger: Ledger) -> bytes:
    """The whole file; the same bytes for the same import."""
    title = f"{NAMES[ledger.dataset].ledger} per {result.closing_date}"
    footer = f"{title}, import {import_id}"
    book = Book(title, result.read_to)
    total = per_date.write(book.sheet(PER_DATE), result, ledger, footer)
    reconciliation.write(book.sheet(RECONCILIATION), result, ledger, total, footer)
    after.write(book.sheet(AFTER), result, ledger, footer)
    return book.close()
