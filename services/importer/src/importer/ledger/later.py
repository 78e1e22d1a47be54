"""Invoices dated shortly after the closing date: what the accountant looks through for costs and income of the year."""

from collections.abc import Iterable
from datetime import date, timedelta

from pydantic import Field

from common.events.types import Amount, Model
from importer.ledger.as_of import by_number
from importer.ledger.model import Invoice

SHORTLY = timedelta(days=30)  # our choice: what is invoiced a month late is the closing's usual search for accruals


class LaterInvoice(Model):
    """An invoice or (negative) credit note of the days after the closing date, as it stood when it was read."""

    number: str
    external_number: str = ""
    """The supplier's own invoice number."""
    counterparty_number: str
    counterparty_name: str = Field(repr=False)
    invoice_date: date
    due_date: date | None
    currency: str
    amount: Amount
    amount_sek: Amount | None
    """None where Fortnox states no rate."""
    balance: Amount | None
    """Unpaid when it was read, in its currency; None where the list doesn't tell."""
    booked: bool
    cancelled: bool
    cash: bool
    """Paid on the spot: never in the ledger."""
    voucher: str = ""


def dated_after(invoices: Iterable[Invoice], closing_date: date) -> tuple[LaterInvoice, ...]:
    """By date and number, the cancelled ones too."""
    found = [one for one in invoices if closing_date < one.invoice_date <= closing_date + SHORTLY]
    return tuple(map(_told, sorted(found, key=lambda one: (one.invoice_date, by_number(one.number)))))


def _told(invoice: Invoice) -> LaterInvoice:
    return LaterInvoice(
        number=invoice.number,
        external_number=invoice.external_number,
        counterparty_number=invoice.party_number,
        counterparty_name=invoice.party_name,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        amount=invoice.total,
        amount_sek=None if invoice.rate is None else invoice.in_sek(invoice.total),
        balance=invoice.balance,
        booked=invoice.booked,
        cancelled=invoice.cancelled,
        cash=invoice.cash,
        voucher=str(invoice.voucher or ""),
    )
