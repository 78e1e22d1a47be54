"""Ledgers that agree with the books on any date: every movement of 1510 and 2440 becomes invoices or payments.

What raises the account becomes invoices (with credit notes among them), what lowers it becomes payments and credit
notes; amounts are split so that each voucher row is explained to the öre on its own date.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Mapping
from decimal import Decimal
from random import Random

from sandbox.fortnox.books.model import FinancialYear, Voucher
from sandbox.fortnox.company import Company
from sandbox.fortnox.ledger import afterwards, extras, parties
from sandbox.fortnox.ledger.currencies import CURRENCIES, foreign, part_of
from sandbox.fortnox.ledger.decks import Deck, split
from sandbox.fortnox.ledger.keeper import Keeper, Money
from sandbox.fortnox.ledger.model import Invoice, Kind, Party, WriteOff

KRONOR = 100
LEAST_INVOICE = 100 * KRONOR  # rows are not split into less
PLAIN_SHARE = 40  # in a big ledger the special cases grow rarer: a plain card for so many rows
INCOMING = {"plain": 12, "currency": 2, "rot": 1, "credited": 1, "credit-open": 1}
OUTGOING = {"plain": 10, "part": 3, "over": 1, "write-off": 2, "credit": 2, "credit-open": 1}
LOOKAHEAD = 4  # an outgoing payment meets one of the oldest open invoices
TAX_AGENCY_DAYS = 60  # until the Tax Agency pays its share
WRITE_OFF_ACCOUNT = 6351


def ledgers(company: Company, year: FinancialYear, seed: int, wanted: Mapping[str, int], now: dt.datetime) -> None:
    """Fills both ledgers from the books of that year and books what happens in the next."""
    for kind in Kind:
        rng = Random(f"{seed}/{kind}")
        story = Story(company, kind, rng, wanted.get(kind), now)
        if story.begin(year):
            extras.add(story.keeper, rng, year, story.domestic)
            afterwards.add(story.keeper, rng, year, now, story.domestic)


class Story:
    """One ledger's year."""

    def __init__(self, company: Company, kind: Kind, rng: Random, wanted: int | None, now: dt.datetime) -> None:
        self.keeper = Keeper(company, kind, now)
        self.domestic: list[Party] = []
        self._company, self._kind, self._rng, self._wanted, self._now = company, kind, rng, wanted, now
        self._open: list[Invoice] = []  # oldest first
        self._overpaid: list[Invoice] = []
        self._by_amount: dict[int, deque[Invoice]] = defaultdict(deque)  # untouched ones, to be paid in one sum
        self._incoming, self._outgoing = Deck(INCOMING, rng), Deck(OUTGOING, rng)
        self._share = 0.0  # invoices per öre that raises the account
        self._due = 0.0  # invoices that should have been made by now

    def begin(self, year: FinancialYear) -> bool:
        """Tells the story of the account; False if there is none to tell."""
        opening = year.opening.get(self._kind.account, 0) * self._kind.sign
        moves = self._movements(year)
        if not moves and not opening:
            return False
        raised = max(opening, 0) + sum(amount for _, amount in moves if amount > 0)
        expected = self._wanted or len(moves)
        self._share = (self._wanted or 0) / max(raised, 1)
        for deck in (self._incoming, self._outgoing):
            deck.add("plain", expected // PLAIN_SHARE)
        made = parties.make(self._kind, 5 + expected // 8, self._rng, self._now)
        self._company.profile.parties[self._kind] = made
        self.domestic = [party for party in made.values() if party.currency == "SEK"]
        self._bring_in(opening, year.start)
        for voucher, amount in moves:
            if amount > 0:
                self._raise(amount, voucher.date, voucher)
            else:
                self._lower(-amount, voucher.date, voucher)
        return True

    def _movements(self, year: FinancialYear) -> list[tuple[Voucher, int]]:
        """The account's rows by date; the ledger's sign."""
        vouchers = sorted(self._company.books.of_year(year.id), key=lambda v: (v.date, v.series, v.number))
        account, sign = self._kind.account, self._kind.sign
        rows = ((v, row) for v in vouchers for row in v.rows if row.account == account and not row.removed)
        return [(voucher, row.amount * sign) for voucher, row in rows if row.amount]

    def _bring_in(self, opening: int, start: dt.date) -> None:
        """What was open when the year began; its vouchers are in a year that isn't here."""
        if opening > 0:
            count = self._count(opening, usual=(3, 4, 5, 6))
            ages = sorted((self._rng.randrange(2, 90) for _ in range(count)), reverse=True)
            for age, part in zip(ages, split(opening, count, self._rng), strict=True):
                self._invoice(part, start - dt.timedelta(days=age), None)
        elif opening < 0:
            self.keeper.issue(Money(opening), self._party(), start - dt.timedelta(days=20))

    def _count(self, amount: int, usual: tuple[int, ...]) -> int:
        """Into how many invoices an amount is split."""
        most = max(1, amount // LEAST_INVOICE)
        if self._wanted is None:
            return min(most, self._rng.choice(usual))
        self._due += amount * self._share
        return min(most, max(1, round(self._due) - len(self.keeper.ledger.invoices)))

    def _raise(self, amount: int, day: dt.date, voucher: Voucher) -> None:
        """The account rises: invoices, and now and then money back to somebody who had paid too much."""
        fitting = next((i for i in self._overpaid if -i.balance < amount), None)
        if fitting is not None and self._rng.random() < 0.3:
            self._overpaid.remove(fitting)
            back = fitting.balance
            self.keeper.pay(fitting, back, day, voucher=voucher)
            amount += back
        for part in split(amount, self._count(amount, usual=(1, 1, 1, 2, 3)), self._rng):
            self._invoice(part, day, voucher)

    def _invoice(self, amount: int, day: dt.date, voucher: Voucher | None) -> None:
        card = self._incoming.draw()
        if card == "plain" or amount < 3 * LEAST_INVOICE or (card == "rot" and self._kind is Kind.SUPPLIER):
            if card != "plain":
                self._incoming.put_back(card)
            self._opened(self.keeper.issue(Money(amount), self._party(), day, voucher=voucher))
        elif card == "currency":
            money = foreign(amount, self._rng)
            invoice = self.keeper.issue(money, self._foreigner(money.currency), day, voucher=voucher)
            self._opened(invoice)
            if rest := amount - invoice.total_sek:
                self._opened(self.keeper.issue(Money(rest), self._party(), day, voucher=voucher))
        elif card == "rot":
            share = amount * self._rng.randrange(15, 31) // 100
            self._opened(self.keeper.issue(Money(amount), self._party(), day, voucher=voucher, tax_agency_share=share))
        else:
            self._with_credit(amount, day, voucher, settled=card == "credited")

    def _with_credit(self, amount: int, day: dt.date, voucher: Voucher | None, *, settled: bool) -> None:
        """An invoice and a credit note of the same day, which together are the row."""
        credited = amount * self._rng.randrange(10, 60) // 100
        party = self._party()
        invoice = self.keeper.issue(Money(amount + credited), party, day, voucher=voucher)
        self._opened(invoice)
        self._credit(invoice, credited, day, voucher, settled=settled)

    def _credit(self, invoice: Invoice, amount: int, day: dt.date, voucher: Voucher | None, *, settled: bool) -> None:
        party = self._company.profile.parties[self._kind][invoice.party]
        credit = self.keeper.issue(Money(-amount), party, day, voucher=voucher, credits=invoice.number)
        invoice.credited_by = credit.number
        if settled:
            # Some settlements are dated like the invoice, before the credit note: they count when both are there.
            self.keeper.settle(invoice, credit, amount, self._rng.choice((day, invoice.date)))

    def _lower(self, amount: int, day: dt.date, voucher: Voucher) -> None:
        """The account falls: payments of what is open, credit notes, and what is paid too much."""
        left = amount
        if (exact := self._exactly(amount)) is not None:
            self._open.remove(exact)
            self.keeper.pay(exact, amount, day, voucher=voucher, source="direct")
            return
        while left:
            invoice = self._oldest(day, left)
            if invoice is None:
                self._too_much(left, day, voucher)
                return
            left -= self._reduce(invoice, left, day, voucher)
            if invoice.balance <= 0:
                self._open.remove(invoice)
                if invoice.balance < 0:
                    self._overpaid.append(invoice)

    def _reduce(self, invoice: Invoice, left: int, day: dt.date, voucher: Voucher) -> int:
        """Takes something off an open invoice; how much came off the account."""
        keeper, card = self.keeper, self._outgoing.draw()
        if invoice.currency != "SEK":
            self._outgoing.put_back(card)
            off = part_of(invoice, left)
            return keeper.pay(invoice, off, day, rate=self._rate(invoice), voucher=voucher).effect
        rest = invoice.balance
        most = min(rest, left)
        own_part = rest - invoice.tax_agency_share
        if 0 < own_part < rest:
            most = min(own_part, left)  # the customer pays the own part first
        elif card == "part" and most > LEAST_INVOICE:
            most = most * self._rng.randrange(30, 71) // 100
        elif card == "over" and rest < left:
            most = min(left, rest + max(KRONOR, rest // 20))
        elif card == "write-off" and rest <= left and rest > LEAST_INVOICE:
            given_up = WriteOff(WRITE_OFF_ACCOUNT, self._rng.choice((rest, 5 * KRONOR, rest // 50)))
            return keeper.pay(invoice, rest - given_up.amount, day, write_offs=(given_up,), voucher=voucher).effect
        elif card.startswith("credit") and most > LEAST_INVOICE:
            self._credit(invoice, most, day, voucher, settled=card == "credit")
            return most
        source = self._rng.choice(("manual", "direct", "file", "autogiro"))
        return keeper.pay(invoice, most, day, voucher=voucher, source=source).effect

    def _exactly(self, amount: int) -> Invoice | None:
        """An open invoice of that very amount: what is paid in real books is mostly one of them."""
        same = self._by_amount.get(amount, ())
        while same:
            invoice = same.popleft()
            if invoice.balance == amount:
                return invoice
        return None

    def _oldest(self, day: dt.date, left: int) -> Invoice | None:
        """One of the oldest open invoices; a Tax Agency's share waits, and a foreign one must fit."""
        fitting: list[Invoice] = []
        waiting: Invoice | None = None
        for invoice in self._open:
            if invoice.currency != "SEK" and (left < LEAST_INVOICE or part_of(invoice, left) <= 0):
                continue
            if invoice.balance <= invoice.tax_agency_share and (day - invoice.date).days < TAX_AGENCY_DAYS:
                waiting = waiting or invoice
                continue
            fitting.append(invoice)
            if len(fitting) == LOOKAHEAD:
                break
        return self._rng.choice(fitting) if fitting else waiting

    def _too_much(self, amount: int, day: dt.date, voucher: Voucher) -> None:
        """Nothing is open: an invoice is paid twice, or a credit note stands alone."""
        paid = [invoice for invoice in self._overpaid[-LOOKAHEAD:] if invoice.total > 0]
        if paid:
            self.keeper.pay(self._rng.choice(paid), amount, day, voucher=voucher)
        else:
            self.keeper.issue(Money(-amount), self._party(), day, voucher=voucher)

    def _opened(self, invoice: Invoice) -> None:
        self._open.append(invoice)
        if invoice.currency == "SEK" and not invoice.tax_agency_share:
            self._by_amount[invoice.total].append(invoice)

    def _party(self) -> Party:
        return self._rng.choice(self.domestic)

    def _foreigner(self, currency: str) -> Party:
        known = self._company.profile.parties[self._kind].values()
        return next(party for party in known if party.currency == currency)

    def _rate(self, invoice: Invoice) -> Decimal:
        return CURRENCIES[invoice.currency].today(self._rng)
