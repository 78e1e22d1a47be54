"""The truth of a ledger at the end of a day, added up from what happened and from nothing that goes over the wire."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.fortnox.amounts import parse as ore
from sandbox.fortnox.amounts import text
from sandbox.fortnox.company import Company
from sandbox.fortnox.ledger.model import Event, Invoice, Kind

Plain = dict[str, Any]


def as_of(company: Company, kind: Kind, on: dt.date) -> Plain:
    """Open items, totals and the ledger account, amounts as decimal strings.

    `total` holds unbooked items too under the cash method; `on_account` is what must agree with the account.
    """
    ledger = company.ledgers[kind]
    items = [item for invoice in ledger.invoices.values() if (item := _item(company, invoice, on))]
    account_events = [e for invoice in ledger.invoices.values() for e in invoice.history if e.date <= on]
    return {
        "kind": kind.value,
        "date": on.isoformat(),
        "items": sorted(items, key=lambda item: int(item["number"])),
        "total": text(sum(ore(item["remaining_sek"]) for item in items)),
        "credits": text(sum(ore(item["remaining_sek"]) for item in items if ore(item["remaining"]) < 0)),
        "on_account": text(sum(event.sek_amount for event in account_events if event.on_account)),
        "account": kind.account,
        "account_balance": _account_balance(company, kind, on),
        "unbooked_payments": _unbooked_payments(company, kind, on),
    }


def _item(company: Company, invoice: Invoice, on: dt.date) -> Plain | None:
    """What was open of one item; None if it wasn't there yet or is closed.

    An item is there from its own date: what was paid before that date is on the account and not in the ledger.
    """
    if invoice.date > on:
        return None
    until = [event for event in invoice.history if event.date <= on]
    remaining = sum(event.currency_amount for event in until)
    remaining_sek = sum(event.sek_amount for event in until)
    if not remaining and not remaining_sek:
        return None
    party = company.profile.parties[invoice.kind][invoice.party]
    return {
        "number": str(invoice.number),
        "party": party.number,
        "name": party.name,
        "date": invoice.date.isoformat(),
        "due": invoice.due.isoformat(),
        "days_overdue": max(0, (on - invoice.due).days),
        "currency": invoice.currency,
        "total": text(invoice.total),
        "remaining": text(remaining),
        "remaining_sek": text(remaining_sek),
        "paid_before": text(sum(-event.currency_amount for event in until if event.what != "invoice")),
        "paid_after": [_paid(event) for event in invoice.history if event.date > on],
        "credit_note": invoice.is_credit,
        "on_account": any(event.on_account for event in until),
        "tax_agency_share": text(min(invoice.tax_agency_share, max(remaining, 0))),
        "credits": str(invoice.credits) if invoice.credits else None,
        "reminders": invoice.reminders,
        "voucher": f"{invoice.voucher.series} {invoice.voucher.number}" if invoice.voucher else None,
    }


def _paid(event: Event) -> Plain:
    return {
        "date": event.date.isoformat(),
        "what": event.what,
        "amount": text(-event.currency_amount),
        "amount_sek": text(-event.sek_amount),
    }


def _account_balance(company: Company, kind: Kind, on: dt.date) -> str | None:
    """The ledger account's own balance, with the ledger's sign; None on days that no year has."""
    year = company.year_of(on)
    return None if year is None else text(company.books.balance(year, kind.account, on) * kind.sign)


def _unbooked_payments(company: Company, kind: Kind, on: dt.date) -> list[Plain]:
    payments = [payment for payment, _ in company.ledgers[kind].payments.values() if not payment.booked]
    return [
        {"number": str(p.number), "invoice": str(p.invoice), "date": p.date.isoformat(), "amount": text(p.amount)}
        for p in sorted(payments, key=lambda p: p.number)
        if p.date <= on
    ]
