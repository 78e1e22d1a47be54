"""The ledger accounts as the books have them: what each voucher does to them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from importer.ledger.explain.case import Case
from importer.ledger.model import Invoice, VoucherName
from importer.ledger.vat import places_of


@dataclass
class Entry:
    """A voucher that touches the ledger accounts, or should. Amounts have the ledger's sign."""

    name: VoucherName
    on: date
    amount: Decimal = Decimal(0)
    """On the ledger accounts; struck rows don't count."""
    others: dict[str, Decimal] = field(default_factory=dict)
    """On each of its other accounts."""
    struck: Decimal = Decimal(0)
    """Struck rows on the ledger accounts."""
    edited: bool = False
    """Rows on the ledger accounts were struck or added after it was booked."""
    left: Decimal = Decimal(0)
    """What of the amount its invoices don't account for."""
    linked: list[Invoice] = field(default_factory=list)
    """The invoices that say they are booked in it."""


def entries(case: Case, referred: Collection[VoucherName], *, touching: bool = True) -> dict[VoucherName, Entry]:
    """By the voucher's name: those that are referred to, and those with rows on the ledger accounts."""
    accounts = {str(account) for account in case.accounts}
    document, found = case.document, {}
    for name, place in places_of(document, case.year).items():
        voucher = document.vouchers[place] if name in referred or (touching and name in case.touched) else None
        if voucher is None or voucher.date is None or name is None:
            continue
        entry = Entry(name, voucher.date)
        for row in voucher.rows:
            if row.account in accounts:
                entry.amount += case.sign * row.amount
            else:
                entry.others[row.account] = entry.others.get(row.account, Decimal(0)) + case.sign * row.amount
        entry.struck = case.sign * sum((row.amount for row in voucher.struck if row.account in accounts), Decimal(0))
        entry.edited = any(row.account in accounts for row in (*voucher.struck, *voucher.added))
        entry.left = entry.amount
        found[name] = entry
    return found
