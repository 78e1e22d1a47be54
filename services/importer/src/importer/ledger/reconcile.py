"""A ledger's total held against its accounts in the books, both at the closing date (field fact B1)."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

import sie
from common.events.import_data import OpenItem
from common.events.imports import Reconciliation


def reconcile(
    items: Iterable[OpenItem], document: sie.Document, accounts: Collection[int], closing_date: date, *, sign: int
) -> Reconciliation:
    """The difference, shown even when zero. `sign` is 1 for claims and −1 for debts, which are credit in the books.

    The accounts' balance is the opening balance plus the rows up to the day, never #UB in mid-year.
    """
    total = sum((item.remaining_sek for item in items), Decimal(0))
    balance = sum((document.balance(account, closing_date) for account in accounts), Decimal(0)) * sign + 0  # no −0.00
    return Reconciliation(
        accounts=tuple(sorted(accounts)),
        ledger_total=total,
        account_balance=balance,
        difference=total - balance,
    )
