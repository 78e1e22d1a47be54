"""The VAT in invoices, as their own vouchers in the SIE file have it: no call to Fortnox is needed for it."""

from collections import Counter
from collections.abc import Collection
from decimal import Decimal

import sie
from importer.ledger.details import Details
from importer.ledger.model import Invoice, VoucherName

VAT_ACCOUNTS = ("261", "262", "263", "264")
"""BAS: output VAT 2610–2639, input VAT 2640–2649. Of reverse charge both are in the voucher and together zero."""


def of_vouchers(document: sie.Document, year: int, invoices: Collection[Invoice], *, sign: int) -> dict[str, Details]:
    """By the invoice's number. A voucher that books several invoices tells of none of them."""
    named = Counter(invoice.voucher for invoice in invoices)
    places = places_of(document, year)
    return {
        invoice.number: Details(vat_sek=-sign * _vat(document, places[invoice.voucher]))
        for invoice in invoices
        if invoice.voucher in places and named[invoice.voucher] == 1
    }


def places_of(document: sie.Document, year: int) -> dict[VoucherName | None, int]:
    """Where each voucher of the file stands, by the key that invoices have for it."""
    columns = document.vouchers.columns
    return {
        VoucherName(series, int(number), year): place
        for place, (series, number) in enumerate(zip(columns.series, columns.number, strict=True))
        if number.isdecimal()
    }


def _vat(document: sie.Document, place: int) -> Decimal:
    """What the voucher books on VAT accounts; debit is positive."""
    columns, rows = document.vouchers.columns, document.rows
    return sum(
        (
            Decimal(rows.amount[i]).scaleb(-2)
            for i in range(columns.first_row[place], columns.first_row[place + 1])
            if rows.account[i].startswith(VAT_ACCOUNTS)
        ),
        Decimal(0),
    )
