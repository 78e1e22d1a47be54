"""Cases in the lists that the account knows nothing of: cancelled, unbooked, cash invoices, unbooked payments."""

from __future__ import annotations

import datetime as dt
from random import Random

from sandbox.fortnox.books.model import FinancialYear
from sandbox.fortnox.ledger.keeper import Keeper, Money
from sandbox.fortnox.ledger.model import Invoice, Kind, Party

KRONOR = 100
SHARE = 100  # one of each case for so many invoices, and at least one


def add(keeper: Keeper, rng: Random, year: FinancialYear, parties: list[Party]) -> None:
    """Adds some of each case, dated within the year; some of what is open was reminded of."""
    still_open = [invoice for invoice in keeper.ledger.invoices.values() if _is_plain_and_open(invoice)]
    for invoice in still_open[::4]:
        invoice.reminders = 1 + invoice.number % 3
    for _ in range(1 + len(keeper.ledger.invoices) // SHARE):
        keeper.issue(Money(0), rng.choice(parties), _day(rng, year), booked=False, cancelled=True)
        keeper.issue(_amount(rng), rng.choice(parties), _day(rng, year), booked=False, sent=False)
        if keeper.kind is Kind.CUSTOMER:
            keeper.issue(_amount(rng), rng.choice(parties), _day(rng, year), type="CASHINVOICE")
        if keeper.is_cash:
            for _ in range(3):  # under the cash method these are the ledger (fact 5.7)
                day = year.end - dt.timedelta(days=rng.randrange(1, 40))
                keeper.issue(_amount(rng), rng.choice(parties), day, booked=False)
        if still_open:  # registered but not booked payments are listed and reduce nothing (fact 5.7)
            invoice = rng.choice(still_open)
            keeper.pay(invoice, invoice.balance, invoice.date + dt.timedelta(days=rng.randrange(5, 40)), booked=False)


def _is_plain_and_open(invoice: Invoice) -> bool:
    return invoice.balance > 0 and invoice.booked and invoice.currency == "SEK"


def _day(rng: Random, year: FinancialYear) -> dt.date:
    return year.start + dt.timedelta(days=rng.randrange((year.end - year.start).days))


def _amount(rng: Random) -> Money:
    return Money(rng.randrange(500, 40_000) * KRONOR)
