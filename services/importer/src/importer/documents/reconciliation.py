"""The second sheet, "Avstämning": the ledger against its accounts, and why they differ."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from common.events.imports import Explanation, Reconciliation
from common.spreadsheets import Cell, Sheet, cell, cells
from importer.documents import heading
from importer.documents.words import NAMES, PER_DATE, RECONCILIATION
from importer.result import Ledger, Result

CAUSES: dict[str, float] = {
    "Nr": 22,
    "Orsak": 60,
    "Påverkan SEK": 14,
    "Därav moms SEK": 14,
    "Antal": 8,
    "Nästa steg": 50,
}
PARTS = ("Orsak nr", "Verifikation, faktura, betalning", "Påverkan SEK", "Belopp SEK", "Konto", "Datum")
UNBOOKED = ("Betalning", "Faktura", "Belopp SEK", None, None, "Datum")
EFFECT = 2  # the column of all amounts that are compared


def write(sheet: Sheet, result: Result, ledger: Ledger, total: str, footer: str) -> None:
    """`total` is the cell on the first sheet that has the ledger's total."""
    found, top = ledger.reconciliation, heading.write(sheet, RECONCILIATION, result, ledger, column=1)
    causes = top + 7  # below the comparison and an empty row
    last = causes + max(1, len(found.explanations))
    _comparison(sheet, ledger, top, total, cells(EFFECT, causes + 1, last))
    sheet.put_row(causes, list(CAUSES), "heading")
    for number, one in enumerate(found.explanations, start=1):
        sheet.put_row(causes + number, _cause(number, one))
    if not found.explanations:
        sheet.put(causes + 1, 1, "Inga kända orsaker" if found.difference else "Ingen skillnad att förklara")
    row = _table(sheet, last + 2, "Verifikationer, fakturor och betalningar bakom orsakerna", PARTS, _parts(found))
    row = _table(sheet, row, "Registrerade men inte bokförda betalningar", UNBOOKED, _unbooked(ledger))
    row = _moved(sheet, row, result.books_moved)
    sheet.lay_out(list(CAUSES.values()), None, row, footer)


def _comparison(sheet: Sheet, ledger: Ledger, top: int, total: str, effects: str) -> None:
    """Ledger, accounts, difference, what is explained and what isn't, as formulas; shown also when all are zero."""
    found = ledger.reconciliation
    accounts = ", ".join(map(str, found.accounts))
    explained = sum((one.effect for one in found.explanations), Decimal(0))
    at = [cell(top + place, EFFECT) for place in range(5)]
    sheet.put(top, 0, f"{NAMES[ledger.dataset].ledger} per balansdagen", "label")
    sheet.formula(top, EFFECT, f"='{PER_DATE}'!{total}", found.ledger_total, "amount")
    sheet.put(top + 1, 0, f"Bokföringen per balansdagen, konto {accounts}", "label")
    sheet.put(top + 1, EFFECT, found.account_balance)
    sheet.put(top + 1, EFFECT + 1, "Förvalda konton och de som fakturornas verifikationer visar", "line")
    sheet.put(top + 2, 0, "Skillnad", "label")
    sheet.formula(top + 2, EFFECT, f"={at[0]}-{at[1]}", found.difference, "sum")
    sheet.put(top + 3, 0, "Förklarat", "label")
    sheet.formula(top + 3, EFFECT, f"=SUM({effects})", explained, "amount")
    sheet.put(top + 4, 0, "Oförklarat", "label")
    sheet.formula(top + 4, EFFECT, f"={at[2]}-{at[3]}", found.unexplained, "sum")
    sheet.put(top + 5, 0, "Första dagen med skillnad", "label")
    sheet.put(top + 5, EFFECT, found.first_day or "–", "line" if found.first_day is None else "date")


def _cause(number: int, one: Explanation) -> list[Cell]:
    return [number, one.swedish, one.effect, one.vat, one.count, one.next_step or None]


def _parts(found: Reconciliation) -> list[list[Cell]]:
    return [
        [number, _what(part.voucher, part.invoice, part.payment), part.effect, part.amount, part.account, part.day]
        for number, one in enumerate(found.explanations, start=1)
        for part in one.parts
    ]


def _what(voucher: str | None, invoice: str | None, payment: str | None) -> str:
    named = {"verifikation": voucher, "faktura": invoice, "betalning": payment}
    told = ", ".join(f"{word} {value}" for word, value in named.items() if value)
    return told[:1].upper() + told[1:]


def _unbooked(ledger: Ledger) -> list[list[Cell]]:
    return [[one.number, one.invoice, one.amount, None, None, one.date] for one in ledger.unbooked_payments]


def _table(sheet: Sheet, top: int, title: str, headings: Sequence[str | None], rows: Iterable[Sequence[Cell]]) -> int:
    """Returns the row where the next one begins. Nothing is written where there is nothing to tell."""
    content = list(rows)
    if not content:
        return top
    sheet.put(top, 0, title, "label")
    sheet.put_row(top + 1, headings, "heading")
    for row, values in enumerate(content, start=top + 2):
        sheet.put_row(row, values)
    return top + len(content) + 3


def _moved(sheet: Sheet, row: int, moved: Sequence[str]) -> int:
    """Returns the last row."""
    text = "Ja: hämta igen" if moved else "Ingen ändring sågs medan uppgifterna hämtades"
    sheet.put(row, 0, "Ändrat under hämtningen", "label")
    sheet.put(row, EFFECT, text, "line")
    for place, one in enumerate(moved, start=row + 1):
        sheet.put(place, 1, one)
    return row + len(moved)
