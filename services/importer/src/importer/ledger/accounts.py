"""Which accounts a ledger is held to: the company's preset ones, and those that invoices' own vouchers show."""

from collections import Counter
from collections.abc import Collection

import sie
from importer.ledger.model import Invoice
from importer.ledger.vat import places_of

LEAST_SHOWN = 3  # invoices that are booked on an account before it is taken for a ledger account (our choice)
WRITTEN_DOWN = "9"  # 1519 and 2449 correct the ledger account and have no items of their own (BAS)


def shown_by_vouchers(
    document: sie.Document, year: int, invoices: Collection[Invoice], preset: Collection[int], *, sign: int
) -> tuple[int, ...]:
    """The preset accounts and those beside them (151x, 244x) that invoices are booked on with their whole amount."""
    beside = tuple(str(account)[:3] for account in preset)
    places, known = places_of(document, year), {str(account) for account in preset}
    shown: Counter[str] = Counter()
    for invoice in invoices:
        place = places.get(invoice.voucher) if invoice.voucher and invoice.rate and invoice.total else None
        if place is not None:
            amount = sign * invoice.in_sek(invoice.total)
            rows = document.vouchers[place].rows
            shown.update({row.account for row in rows if row.amount == amount and row.account.startswith(beside)})
    more = {name for name, count in shown.items() if count >= LEAST_SHOWN and not name.endswith(WRITTEN_DOWN)}
    return tuple(sorted(map(int, known | more)))
