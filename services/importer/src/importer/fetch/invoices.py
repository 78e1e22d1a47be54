"""A ledger's sources: today's invoices, and what settled those that were in the ledger on the closing date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import fortnox
from common.concurrency import tasks
from importer import problems
from importer.fetch import details, payments
from importer.fetch.reading import Reading
from importer.fetch.sides import Side
from importer.ledger.as_of import belongs, open_items
from importer.ledger.details import Details, merged
from importer.ledger.model import Invoice, Settlement


@dataclass(frozen=True)
class Sources:
    """What a ledger as of a date is built from, and what stays outside it but should be known."""

    invoices: tuple[Invoice, ...]
    settlements: tuple[Settlement, ...]
    unbooked_invoices: tuple[Invoice, ...]
    """Dated up to the closing date and not booked: not in an accrual ledger."""
    undated_payments: tuple[str, ...]
    """Booked payments without a date: they count from their invoice's."""
    listed: tuple[Invoice, ...] = ()
    """All invoices of the list, those after the closing date too: differences are explained from them."""
    payments: tuple[fortnox.InvoicePaymentListItem, ...] = ()
    """All payments that were read, booked or not."""
    payments_from: date | None = None
    """From this day on `payments` is complete; None: all of them are there."""
    details: Mapping[str, Details] = field(default_factory=dict)
    """What lists don't say, by the invoice's number."""


async def read(reading: Reading, side: Side[Any], closing_date: date, *, cash_method: bool) -> Sources:
    """All invoices and payments by lists; payments one by one only for what the list can't say."""
    async with tasks() as group:
        listed = group.create_task(reading.every(side.invoices))
        shares = group.create_task(details.tax_agency_shares(reading, side))
        paid = group.create_task(reading.every(side.payments))
    invoices = {invoice.number: invoice for invoice in map(side.invoice, listed.result())}
    members = {
        number: invoice
        for number, invoice in invoices.items()
        if belongs(invoice, closing_date, cash_method=cash_method)
    }
    _require_rates(members.values())
    settlements = await payments.settlements(reading, side, invoices, members, paid.result(), closing_date)
    items = open_items(members.values(), settlements, closing_date, cash_method=cash_method)
    singles = await details.singly(reading, side, members.values(), items, cash_method=cash_method)
    return Sources(
        invoices=tuple(members.values()),
        settlements=tuple(settlements),
        unbooked_invoices=tuple(_unbooked(invoices.values(), closing_date)) if not cash_method else (),
        undated_payments=tuple(_pair(one) for one in paid.result() if one.booked and one.payment_date is None),
        listed=tuple(invoices.values()),
        payments=tuple(paid.result()),
        details=merged(singles, shares.result()),
    )


def _require_rates(members: Iterable[Invoice]) -> None:
    """Raises a catalogued problem for an invoice of the ledger that can't be valued."""
    for invoice in members:
        if invoice.rate is None:
            raise problems.NO_CURRENCY_RATE.error(invoice=invoice.number, currency=invoice.currency)


def _unbooked(invoices: Iterable[Invoice], closing_date: date) -> list[Invoice]:
    """What would be in the ledger if it were booked; one without a rate can't be valued and is left out."""
    return [one for one in invoices if not one.booked and one.rate and belongs(one, closing_date, cash_method=True)]


def _pair(payment: fortnox.InvoicePaymentListItem) -> str:
    return f"{payment.number} på faktura {payment.invoice_number}"
