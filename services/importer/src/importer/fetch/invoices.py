"""A ledger's sources: today's invoices, and what settled those that were in the ledger on the closing date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import fortnox
from common.concurrency import tasks
from importer import problems
from importer.fetch import details, payments
from importer.fetch.inferred import all_explained
from importer.fetch.payment_list import PaymentList
from importer.fetch.payments import Booked
from importer.fetch.reading import Reading
from importer.fetch.sides import Side
from importer.ledger.as_of import belongs, by_number, open_items
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


@dataclass
class Lists:
    """One ledger's lists as they were read, with what was seen of them later laid over it."""

    side: Side[Any]
    invoices: dict[str, Any]
    """By number, as Fortnox lists them."""
    payments: PaymentList
    tax_agency_shares: Mapping[str, Details]
    newer_payments: dict[str, fortnox.InvoicePaymentListItem] = field(default_factory=dict)
    changes: int = 0
    """How often something was laid over it."""
    worked_out: tuple[tuple[int, int], Sources] | None = None
    """What it came to, in the state that it was in then."""

    @property
    def state(self) -> tuple[int, int]:
        return self.changes, self.payments.unread

    @property
    def known_invoices(self) -> dict[str, Invoice]:
        """By number, in that order."""
        known = sorted(map(self.side.invoice, self.invoices.values()), key=lambda invoice: by_number(invoice.number))
        return {invoice.number: invoice for invoice in known}

    @property
    def payment_rows(self) -> list[fortnox.InvoicePaymentListItem]:
        """By number, each once."""
        found = {row.number: row for row in self.payments.items} | self.newer_payments
        return sorted(found.values(), key=lambda row: by_number(row.number))

    @property
    def payments_in_all(self) -> int:
        """How many payments Fortnox should have, by what was seen."""
        return self.payments.total if self.payments.unread else len(self.payment_rows)

    async def read_payments_again(self) -> None:
        """Some were deleted, or are at another place of the list now."""
        await self.payments.read_again()
        self.newer_payments.clear()


async def read(reading: Reading, side: Side[Any], closing_date: date) -> Lists:
    """All invoices, and payments as far as they can matter."""
    paid = PaymentList(
        reading.pages(side.payments, **side.newest_first), partial(reading.plan.expect, side.payments.path)
    )
    async with tasks() as group:
        listed = group.create_task(reading.every(side.invoices, **side.by_number))
        shares = group.create_task(details.tax_agency_shares(reading, side))
        group.create_task(paid.read_down_to(closing_date + timedelta(days=1)))
    return Lists(side, {side.number(row): row for row in listed.result()}, paid, shares.result())


async def sources(reading: Reading, lists: Lists, closing_date: date, *, cash_method: bool) -> Sources:
    """What the lists come to; payments one by one only for what they can't say. Worked out once for each state."""
    if lists.worked_out is None or lists.worked_out[0] != lists.state:
        found = await _worked_out(reading, lists, closing_date, cash_method=cash_method)
        lists.worked_out = lists.state, found
    return lists.worked_out[1]


async def _worked_out(reading: Reading, lists: Lists, closing_date: date, *, cash_method: bool) -> Sources:
    side, known = lists.side, lists.known_invoices
    members = {
        number: invoice for number, invoice in known.items() if belongs(invoice, closing_date, cash_method=cash_method)
    }
    _require_rates(members.values())
    booked = await _booked(lists, known, members, closing_date)
    settlements = await payments.settlements(reading, side, members, booked)
    paid = lists.payment_rows
    return Sources(
        invoices=tuple(members.values()),
        settlements=tuple(settlements),
        unbooked_invoices=tuple(_unbooked(known.values(), closing_date)) if not cash_method else (),
        undated_payments=tuple(_pair(one) for one in paid if one.booked and one.payment_date is None),
        listed=tuple(known.values()),
        payments=tuple(paid),
        payments_from=lists.payments.complete_from,
        details=lists.tax_agency_shares,
    )


async def with_details(
    reading: Reading, lists: Lists, found: Sources, closing_date: date, *, cash_method: bool, most: int
) -> Sources:
    """With what single invoices say of a few open items; `most` bounds what is only good to know."""
    items = open_items(found.invoices, found.settlements, closing_date, cash_method=cash_method)
    singles = await details.singly(reading, lists.side, found.invoices, items, cash_method=cash_method, most=most)
    return replace(found, details=merged(singles, found.details))


async def _booked(
    lists: Lists, known: Mapping[str, Invoice], members: Mapping[str, Invoice], closing_date: date
) -> Booked:
    """The booked payments that matter.

    All are read when those that were left out may matter after all, or when that takes fewer calls than asking for
    each whose amount the list doesn't tell: from all of them it follows.
    """
    booked = Booked.of(lists.payment_rows, known, members, closing_date)
    unread = lists.payments.unread
    if not unread:
        return replace(booked, complete=True)
    needed = _more_is_needed(known.values(), members.values(), booked, closing_date)
    if unread > len(booked.untold(members)) and not needed:
        return booked
    await lists.payments.read_all()
    return replace(Booked.of(lists.payment_rows, known, members, closing_date), complete=True)


def _more_is_needed(known: Iterable[Invoice], members: Iterable[Invoice], booked: Booked, closing_date: date) -> bool:
    """Whether payments that were left out may matter.

    They do for invoices that are rolled forward, and when a later credit note was used by an earlier settlement.
    """
    rolled_forward = any(invoice.balance is None for invoice in members)
    return rolled_forward or not all_explained(known, booked.of_invoice, closing_date)


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
