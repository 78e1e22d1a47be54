"""What stands beside a ledger: registered, but not part of it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

from common.events.import_data import UnbookedPayment
from importer.ledger.as_of import by_number


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
    def booked(self) -> bool: ...


def unbooked_payments(payments: Iterable[Listed], closing_date: date) -> tuple[UnbookedPayment, ...]:
    """Payments dated up to the closing date that nobody has booked, by number."""
    found = [
        UnbookedPayment(number=one.number, invoice=one.invoice_number, date=one.payment_date, amount=one.amount)
        for one in payments
        if not one.booked and (one.payment_date is None or one.payment_date <= closing_date)
    ]
    return tuple(sorted(found, key=lambda one: by_number(one.number)))
