"""The third sheet, "Fakturor efter balansdagen": what may belong to the year although it was invoiced later."""

from collections.abc import Callable
from decimal import Decimal

from common.events import Dataset
from common.spreadsheets import Cell, Sheet, cells
from importer.documents import heading
from importer.documents.words import AFTER, NAMES
from importer.ledger.later import SHORTLY, LaterInvoice
from importer.result import Ledger, Result

AMOUNT_SEK = "Belopp SEK"
Columns = dict[str, tuple[float, Callable[[LaterInvoice], Cell]]]


def write(sheet: Sheet, result: Result, ledger: Ledger, footer: str) -> None:
    table = _columns(ledger.dataset)
    top = heading.write(sheet, AFTER, result, ledger)
    until = result.closing_date + SHORTLY
    sheet.put(top, 0, f"Daterade efter balansdagen till och med {until}, så långt de fanns vid hämtningen.", "line")
    top += 2
    sheet.put_row(top, list(table), "heading")
    for row, one in enumerate(ledger.later, start=top + 1):
        sheet.put_row(row, [of(one) for _, of in table.values()])
    if not ledger.later:
        sheet.put(top + 1, 0, "Inga")
    last = top + max(1, len(ledger.later))
    place = list(table).index(AMOUNT_SEK)
    sheet.put(last + 1, 0, "Summa", "label")
    total = sum((one.amount_sek for one in ledger.later if one.amount_sek is not None), Decimal(0))
    sheet.formula(last + 1, place, f"=SUM({cells(place, top + 1, last)})", total, "sum")
    sheet.lay_out([width for width, _ in table.values()], top, last + 1, footer)


def _columns(dataset: Dataset) -> Columns:
    names = NAMES[dataset]
    own: Columns = {"Leverantörens fakturanr": (18, lambda one: one.external_number)}
    return {
        "Fakturanr": (10, lambda one: one.number),
        **(own if dataset is Dataset.SUPPLIER_LEDGER else {}),
        names.party_number: (12, lambda one: one.counterparty_number),
        names.party: (30, lambda one: one.counterparty_name),
        "Fakturadatum": (12, lambda one: one.invoice_date),
        "Förfallodatum": (12, lambda one: one.due_date),
        "Valuta": (7, lambda one: one.currency),
        "Fakturabelopp": (14, lambda one: one.amount),
        AMOUNT_SEK: (14, lambda one: one.amount_sek),
        "Restbelopp vid hämtningen": (14, lambda one: one.balance),
        "Verifikation": (12, lambda one: one.voucher or None),
        "Läge": (22, state),
    }


def state(one: LaterInvoice) -> str:
    """How it stood when it was read."""
    if one.cancelled:
        return "Makulerad"
    words = ["Kontantfaktura" if one.cash else "Kreditfaktura" if one.amount < 0 else ""]
    words.append("" if one.booked else "Ej bokförd")
    if one.balance is not None and not one.cash:
        words.append("Slutbetald" if one.balance == 0 else "Delbetald" if one.balance != one.amount else "Obetald")
    return ", ".join(word for word in words if word).lower().capitalize()
