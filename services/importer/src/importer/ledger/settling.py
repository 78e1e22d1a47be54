"""From which day a settlement of an invoice against a credit note counts, and what it went against.

Fortnox shows such a settlement as a plus on the invoice and a minus on the credit note, both with the source
"settle", and doesn't say which belong together (fact 5.7).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from importer.ledger.as_of import by_number
from importer.ledger.model import Invoice

SETTLE = "settle"


class Listed(Protocol):
    """What is needed of a payment here, as Fortnox's lists show it."""

    @property
    def number(self) -> str: ...
    @property
    def invoice_number(self) -> str: ...
    @property
    def payment_date(self) -> date | None: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def source(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Effect:
    """When a payment counts, and for half a pair the invoice on the other side."""

    on: date
    against: str | None = None


def effects(payments: Sequence[Listed], invoices: Mapping[str, Invoice]) -> dict[str, Effect]:
    """By the payment's number. One without a date counts from its invoice's date."""
    found = {one.number: Effect(_day(one, invoices)) for one in payments}
    for plus, minus in pairs(payments, invoices):
        on = max(found[plus.number].on, *(invoices[one.invoice_number].invoice_date for one in (plus, minus)))
        found[plus.number] = Effect(on, minus.invoice_number)
        found[minus.number] = Effect(on, plus.invoice_number)
    return found


def pairs(payments: Iterable[Listed], invoices: Mapping[str, Invoice]) -> list[tuple[Listed, Listed]]:
    """Invoice's and credit note's half: same counterparty, day and amount; several such in the order of their numbers.

    Within such a group it makes no difference to any sum who is paired with whom, unless the invoices lie on
    different sides of the closing date.
    """
    groups: dict[tuple[str, date | None, Decimal], tuple[list[Listed], list[Listed]]] = {}
    for one in sorted(payments, key=lambda one: by_number(one.number)):
        invoice = invoices.get(one.invoice_number)
        if invoice is not None and (one.source or "").lower() == SETTLE:
            group = groups.setdefault((invoice.party_number, one.payment_date, abs(one.amount)), ([], []))
            group[0 if one.amount > 0 else 1].append(one)
    return [pair for pluses, minuses in groups.values() for pair in zip(pluses, minuses, strict=False)]


def _day(payment: Listed, invoices: Mapping[str, Invoice]) -> date:
    if payment.payment_date is not None:
        return payment.payment_date
    invoice = invoices.get(payment.invoice_number)
    return invoice.invoice_date if invoice else date.min
