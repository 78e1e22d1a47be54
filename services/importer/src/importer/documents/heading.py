"""What stands above each sheet: whose ledger it is, of which day, and when it was read."""

from datetime import date

from common.organisation_number import legal_entity
from common.spreadsheets import Cell, Sheet
from importer.documents.words import NAMES, method
from importer.result import Ledger, Result


def write(sheet: Sheet, title: str, result: Result, ledger: Ledger, column: int = 2) -> int:
    """With the values in `column`; returns the first free row, after an empty one."""
    sheet.put(0, 0, title, "title")
    row = 1
    for label, value in _lines(result, ledger).items():
        sheet.put(row, 0, label, "label")
        sheet.put(row, column, value, "date" if type(value) is date else "line")
        row += 1
    return row + 1


def _lines(result: Result, ledger: Ledger) -> dict[str, Cell]:
    company = result.company
    return {
        "Företag": company.name or "Uppgift saknas",
        "Organisationsnummer": legal_entity(company.organisation_number) or "–",
        "Reskontra": NAMES[ledger.dataset].ledger,
        "Balansdag": result.closing_date,
        "Räkenskapsår": f"{company.financial_year}, {method(company.uses_cash_method).lower()}",
        "Läst i Fortnox": result.read_to,
    }
