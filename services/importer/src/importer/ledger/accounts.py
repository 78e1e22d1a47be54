"""Which accounts a ledger is held to: the company's preset ones, and those that invoices' own vouchers show."""

from collections import Counter
from collections.abc import Collection, Iterator

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
    known = {str(account) for account in preset}
    others = {
        code: account
        for account, code in document.words.accounts.codes.items()
        if account.startswith(beside) and account not in known and not account.endswith(WRITTEN_DOWN)
    }
    if not others:
        return tuple(sorted(preset))
    shown = Counter(others[code] for code in _booked_whole(document, year, invoices, sign) if code in others)
    more = {int(account) for account, count in shown.items() if count >= LEAST_SHOWN}
    return tuple(sorted({*preset, *more}))


def _booked_whole(document: sie.Document, year: int, invoices: Collection[Invoice], sign: int) -> Iterator[int]:
    """The codes of the accounts that have an invoice's whole amount in the invoice's own voucher."""
    places, first, rows = places_of(document, year), document.vouchers.columns.first_row, document.rows
    for invoice in invoices:
        place = places.get(invoice.voucher) if invoice.voucher and invoice.rate and invoice.total else None
        if place is not None:
            amount = sign * int(invoice.in_sek(invoice.total).scaleb(2))
            here = range(first[place], first[place + 1])
            yield from {rows.account.codes[row] for row in here if rows.amount[row] == amount}
