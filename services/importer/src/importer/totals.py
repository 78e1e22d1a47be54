"""Control totals in öre, which a reader works out anew from the chunks to know that it has all of them."""

import sie
from importer.ledger import as_of
from importer.result import Ledger


def of_books(document: sie.Document) -> dict[str, int]:
    """Debit and credit of all #TRANS rows; opening and closing balances and results of the year, without objects."""
    amounts = document.rows.amount
    return {
        "debit": sum(amount for amount in amounts if amount > 0),
        "credit": -sum(amount for amount in amounts if amount < 0),
        "opening_balance": _sum(document, "IB"),
        "closing_balance": _sum(document, "UB"),
        "result": _sum(document, "RES"),
    }


def of_ledger(ledger: Ledger) -> dict[str, int]:
    return as_of.totals(ledger.items)


def _sum(document: sie.Document, kind: str) -> int:
    balances = document.balances
    return sum(
        amount
        for found, year, objects, amount in zip(
            balances.kind, balances.year, balances.objects, balances.amount, strict=True
        )
        if found == kind and year == 0 and not objects
    )
