"""What the lists of both ledgers have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sandbox.fortnox.amounts import number
from sandbox.fortnox.ledger.model import Invoice, Kind, Ledger, Payment
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call
from sandbox.fortnox.wire.listing import modified_since


def filtered(call: Call, invoices: list[Invoice], more: frozenset[str] = frozenset()) -> list[Invoice]:
    """Narrowed by `filter`; a word that Fortnox doesn't know is refused (fact 5.1)."""
    asked = call.query.get("filter")
    if not asked:
        return invoices
    today, cash = call.world.clock.today(), call.company.profile.method == "CASH"
    tests: dict[str, Callable[[Invoice], bool]] = {
        "cancelled": lambda i: i.cancelled,
        "fullypaid": lambda i: i.final_pay_date is not None,
        "unpaid": lambda i: _is_open(i, cash),
        "unpaidoverdue": lambda i: _is_open(i, cash) and i.due < today,
        "unbooked": lambda i: not i.booked and not i.cancelled,
    }
    if asked in more:
        return []
    if asked not in tests:
        raise errors.bad_filter()
    return [invoice for invoice in invoices if tests[asked](invoice)]


def _is_open(invoice: Invoice, cash: bool) -> bool:
    return (invoice.booked or cash) and invoice.balance != 0


def find(ledger: Ledger, asked: str) -> Invoice:
    invoice = ledger.invoices.get(int(asked)) if asked.isdecimal() else None
    if invoice is None:
        raise errors.no_invoice()
    return invoice


def find_payment(ledger: Ledger, asked: str) -> tuple[Payment, Invoice]:
    found = ledger.payments.get(int(asked)) if asked.isdecimal() else None
    if found is None:
        raise errors.no_payment()
    return found


def payments(ledger: Ledger) -> list[tuple[Payment, Invoice]]:
    return [ledger.payments[key] for key in sorted(ledger.payments)]


def write_offs(payment: Payment) -> list[dict[str, object]]:
    return [
        {
            "AccountNumber": off.account,
            "Amount": number(off.amount),
            "CostCenter": "",
            "Currency": "SEK",
            "Description": "Avskrivning",
            "Project": "",
            "TransactionInformation": "",
        }
        for off in payment.write_offs
    ]


def day(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def ocr(document_number: int) -> str:
    """The reference number with its check digit."""
    digits = str(document_number)
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(n // 10 + n % 10 for n in doubled) % 10)


def modified_payments(call: Call, pairs: list[tuple[Payment, Invoice]]) -> list[tuple[Payment, Invoice]]:
    kept = {id(payment) for payment in modified_since(call, [payment for payment, _ in pairs])}
    return [pair for pair in pairs if id(pair[0]) in kept]


def currency(call: Call, kind: Kind, payment: Payment) -> str:
    return call.company.ledgers[kind].invoices[payment.invoice].currency


def unit(call: Call, kind: Kind, payment: Payment) -> int:
    return call.company.ledgers[kind].invoices[payment.invoice].unit
