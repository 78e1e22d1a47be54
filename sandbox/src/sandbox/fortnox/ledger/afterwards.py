"""What happens in the next financial year: most open items are closed there, with vouchers, and new ones come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from sandbox.fortnox.books.model import FinancialYear
from sandbox.fortnox.ledger.currencies import CURRENCIES
from sandbox.fortnox.ledger.keeper import Keeper, Money
from sandbox.fortnox.ledger.model import Invoice, Party, WriteOff
from sandbox.fortnox.ledger.posting import Posting

CLOSED_SHARE = 0.8  # of what was open when the year ended
MOST_DAYS = 110  # after its end
NEW_INVOICES = 8  # and one more for so many of the year before
NEW_SHARE = 25
WRITE_OFF_ACCOUNT = 6351


def add(keeper: Keeper, rng: Random, year: FinancialYear, now: dt.datetime, parties: list[Party]) -> None:
    """Books the first months of the following year, as far as they have come."""
    following = keeper.company.following(year)
    if following is None or following.start > now.date():
        return
    last_day = min(following.end, now.date())
    story = _Afterwards(keeper, rng, following, parties)
    for day, step, invoice in sorted(story.plan(last_day), key=lambda planned: planned[:2]):
        story.take(day, step, invoice)


Planned = tuple[dt.date, int, Invoice | None]


class _Afterwards:
    def __init__(self, keeper: Keeper, rng: Random, year: FinancialYear, parties: list[Party]) -> None:
        self._keeper, self._rng, self._parties, self._year = keeper, rng, parties, year
        self._posting = Posting(keeper, year)

    def plan(self, last_day: dt.date) -> Iterator[Planned]:
        """When what is closed; without an invoice a new one is made. The second part only keeps the order."""
        step = 0
        days = min(MOST_DAYS, (last_day - self._year.start).days)
        if days < 1:
            return
        for invoice in list(self._keeper.ledger.invoices.values()):
            counts = invoice.booked or (self._keeper.is_cash and not invoice.cancelled)
            if counts and invoice.balance and self._rng.random() < CLOSED_SHARE:
                step += 1
                yield self._year.start + dt.timedelta(days=self._rng.randrange(days)), step, invoice
        for _ in range(NEW_INVOICES + len(self._keeper.ledger.invoices) // NEW_SHARE):
            step += 1
            yield self._year.start + dt.timedelta(days=self._rng.randrange(days)), step, None

    def take(self, day: dt.date, step: int, invoice: Invoice | None) -> None:
        if invoice is None:
            amount = self._rng.randrange(8, 400) * 12_500
            self._posting.invoice(Money(amount), self._rng.choice(self._parties), day)
        elif invoice.balance < 0:
            self._close_credit(invoice, day)
        elif invoice.balance > 0 and invoice.booked and invoice.currency == "SEK" and step % 9 == 0:
            self._credit(invoice, day)
        elif invoice.balance > 0:
            self._pay(invoice, day, step)

    def _close_credit(self, credit: Invoice, day: dt.date) -> None:
        """Set off against the invoice that it credits if that is still open, else paid back."""
        original = self._keeper.ledger.invoices.get(credit.credits or 0)
        if original is not None and original.balance >= -credit.balance:
            self._keeper.settle(original, credit, -credit.balance, day)
        else:
            self._posting.payment(credit, credit.balance, day)

    def _credit(self, invoice: Invoice, day: dt.date) -> None:
        """A credit note that comes after the closing date, settled with the invoice from before it."""
        party = self._keeper.company.profile.parties[self._keeper.kind][invoice.party]
        amount = invoice.balance
        credit = self._posting.invoice(Money(-amount), party, day, credits=invoice.number)
        invoice.credited_by = credit.number
        self._keeper.settle(invoice, credit, amount, self._rng.choice((day, max(invoice.date, day - dt.timedelta(3)))))

    def _pay(self, invoice: Invoice, day: dt.date, step: int) -> None:
        amount, rate = invoice.balance, invoice.rate
        if invoice.currency != "SEK":
            rate = CURRENCIES[invoice.currency].today(self._rng)
        elif 0 < invoice.tax_agency_share < amount:
            amount -= invoice.tax_agency_share
        elif step % 7 == 0:
            amount = amount * 6 // 10
        elif step % 11 == 0:
            written_off = self._rng.choice((amount, min(amount, 10_00)))
            amount -= written_off
            self._posting.payment(invoice, amount, day, write_offs=(WriteOff(WRITE_OFF_ACCOUNT, written_off),))
            return
        self._posting.payment(invoice, amount, day, rate=rate)
