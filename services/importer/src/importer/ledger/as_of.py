"""The open items of a ledger as of a date. Fortnox only tells today's balance: what settled later is put back.

The rules and their sources are in docs/ledgers.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from common.events.import_data import OpenItem
from common.events.import_data import Settlement as SettledAfter
from importer.ledger import ageing
from importer.ledger.details import NOTHING, Details, part_of
from importer.ledger.model import Invoice, Settlement, SettlementKind


def belongs(invoice: Invoice, closing_date: date, *, cash_method: bool) -> bool:
    """Whether the invoice is one of the ledger's at all on that day.

    Cancelled and cash invoices never are. Unbooked ones are only under the cash method, which books invoices when
    they are paid.
    """
    if invoice.cancelled or invoice.cash or invoice.invoice_date > closing_date:
        return False
    return invoice.booked or cash_method


def remaining(invoice: Invoice, settlements: Sequence[Settlement], closing_date: date) -> Decimal:
    """What was still open at the end of the day, in the invoice's currency.

    Rolled back from today's balance; rolled forward from the total where the balance isn't known in the currency,
    in which case all settlements must be given.
    """
    if invoice.balance is None:
        return invoice.total - sum((one.amount for one in settlements if one.on <= closing_date), Decimal(0))
    return invoice.balance + sum((one.amount for one in settlements if one.on > closing_date), Decimal(0))


def open_items(
    invoices: Iterable[Invoice],
    settlements: Iterable[Settlement],
    closing_date: date,
    *,
    cash_method: bool,
    details: Mapping[str, Details] | None = None,
    edges: Sequence[int] = ageing.EDGES,
) -> list[OpenItem]:
    """All that was open at the end of the day, by number. Unsettled credits and overpayments are negative items."""
    known = details or {}
    settled: dict[str, list[Settlement]] = {}
    for one in settlements:
        settled.setdefault(one.invoice, []).append(one)
    members = (invoice for invoice in invoices if belongs(invoice, closing_date, cash_method=cash_method))
    items = (
        _item(invoice, settled.get(invoice.number, []), closing_date, known.get(invoice.number, NOTHING), edges)
        for invoice in members
        if remaining(invoice, settled.get(invoice.number, []), closing_date) != 0
    )
    return sorted(items, key=lambda item: by_number(item.number))


def by_number(number: str) -> tuple[int, str]:
    """Sorts numbers as numbers, whatever their length, and other texts after them."""
    return (int(number), "") if number.isdecimal() else (2**63, number)


def totals(items: Iterable[OpenItem]) -> dict[str, int]:
    """Control totals in hundredths.

    `total_sek`, of it `credits_sek` (items that are negative) and `tax_agency_sek` (ROT, RUT), and for each currency
    that occurs `remaining_<currency>` and, where there are negative items, `credits_<currency>`.
    """
    sums: dict[str, Decimal] = dict.fromkeys(("total_sek", "credits_sek", "tax_agency_sek"), Decimal(0))
    for item in items:
        added = {"total_sek": item.remaining_sek, f"remaining_{item.currency}": item.remaining}
        if item.remaining < 0:
            added |= {"credits_sek": item.remaining_sek, f"credits_{item.currency}": item.remaining}
        if item.tax_agency_share:
            added["tax_agency_sek"] = item.tax_agency_share
        for name, amount in added.items():
            sums[name] = sums.get(name, Decimal(0)) + amount
    return {name: int(amount.scaleb(2)) for name, amount in sums.items()}


def _item(
    invoice: Invoice, settlements: Sequence[Settlement], closing_date: date, known: Details, edges: Sequence[int]
) -> OpenItem:
    open_then = remaining(invoice, settlements, closing_date)
    total_sek, open_sek = invoice.in_sek(invoice.total), invoice.in_sek(open_then)
    overdue = ageing.days_overdue(invoice.due_date, invoice.invoice_date, closing_date)
    after = sorted((one for one in settlements if one.on > closing_date), key=lambda one: (one.on, one.reference))
    return OpenItem(
        number=invoice.number,
        counterparty_number=invoice.party_number,
        counterparty_name=invoice.party_name,
        external_number=invoice.external_number,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        amount=invoice.total,
        amount_sek=total_sek,
        paid_before=invoice.total - open_then,
        remaining=open_then,
        remaining_sek=open_sek,
        paid_after=tuple(_told(one) for one in after),
        days_overdue=overdue,
        bucket=ageing.bucket(overdue, edges),
        booked=invoice.booked,
        credit_of=_credit_of(invoice, after) or known.credits,
        vat_sek=known.vat_sek,
        remaining_vat_sek=part_of(known.vat_sek, open_sek, total_sek),
        tax_agency_share=_tax_agency_share(known, open_then),
        reminders=known.reminders,
        last_reminder=known.last_reminder,
        collection=invoice.collection,
    )


def _told(one: Settlement) -> SettledAfter:
    return SettledAfter(kind=one.kind, date=one.on, amount=one.amount, reference=one.reference, against=one.against)


def _credit_of(invoice: Invoice, after: Iterable[Settlement]) -> str | None:
    """The invoice that a credit note went against later, where that is known."""
    against = [one.against for one in after if one.kind is SettlementKind.CREDIT and one.against]
    return against[0] if invoice.total < 0 and against else None


def _tax_agency_share(known: Details, open_then: Decimal) -> Decimal | None:
    """Of what is open: the customer is taken to pay the own share first, as Fortnox's invoice asks for only that."""
    return None if known.tax_agency_share is None else min(known.tax_agency_share, max(open_then, Decimal(0)))
