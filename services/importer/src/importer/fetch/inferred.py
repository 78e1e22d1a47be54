"""What payment lists don't say but what follows: today's balance is the total less all that was booked.

Lists lack a foreign payment's amount in currency, and what was written off (Fortnox fact 5.7). Where all booked
payments of an invoice are known but for one such amount, that one is told by the rest, and needn't be asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import fortnox
from importer.ledger.model import CENT, KRONOR, Invoice, rounded

Row = fortnox.InvoicePaymentListItem


def is_untold(row: Row, invoice: Invoice) -> bool:
    """The list lacks the amount in the invoice's currency, or what was written off."""
    return invoice.foreign or bool(row.write_off_exist)


def payment(row: Row, invoice: Invoice, booked: Sequence[Row]) -> fortnox.InvoicePayment | None:
    """The payment as a single reading would tell it; None where it must be read.

    `booked` are all booked payments of the invoice. What follows must agree with what the list says of the payment.
    """
    others = [one for one in booked if one.number != row.number]
    if invoice.balance is None or any(is_untold(one, invoice) for one in others):
        return None
    taken_off = invoice.total - invoice.balance - sum((one.amount for one in others), Decimal(0))
    if not invoice.foreign:
        return _with_write_off(row, invoice, taken_off - row.amount)
    return None if row.write_off_exist else _in_currency(row, taken_off)


def _with_write_off(row: Row, invoice: Invoice, amount: Decimal) -> fortnox.InvoicePayment | None:
    if amount == 0 or abs(amount) > abs(invoice.total):
        return None
    return _whole(row, write_offs=[fortnox.WriteOff(amount=amount, currency=KRONOR)])


def _in_currency(row: Row, amount: Decimal) -> fortnox.InvoicePayment | None:
    rate = rate_of(row)
    if rate is None or abs(rounded(amount * rate) - row.amount) > CENT:
        return None
    return _whole(row, amount_currency=amount)


def _whole(row: Row, **more: object) -> fortnox.InvoicePayment:
    return fortnox.InvoicePayment.model_validate({**dict(row), **more})


def rate_of(row: Row) -> Decimal | None:
    """SEK for one of the currency, at the payment's own rate."""
    return row.currency_rate / (row.currency_unit or 1) if row.currency_rate else None


def all_explained(invoices: Iterable[Invoice], booked: Mapping[str, Sequence[Row]], closing_date: date) -> bool:
    """Whether all that settled invoices and credit notes dated after the closing date is among these payments.

    A settlement may be dated before the credit note that it uses, and counts from the credit note's date.
    """
    return all(
        _is_explained(invoice, booked.get(invoice.number, ()))
        for invoice in invoices
        if invoice.invoice_date > closing_date and not invoice.cancelled and not invoice.cash
    )


def _is_explained(invoice: Invoice, rows: Sequence[Row]) -> bool:
    if invoice.balance is None:
        return False
    taken_off = invoice.total - invoice.balance
    if not invoice.foreign:
        return taken_off == sum((row.amount for row in rows), Decimal(0)) or any(row.write_off_exist for row in rows)
    rates = [rate_of(row) for row in rows]
    if None in rates:
        return False
    found = sum((row.amount / rate for row, rate in zip(rows, rates, strict=True) if rate), Decimal(0))
    return abs(taken_off - found) <= CENT * (2 * len(rows) + 1)
