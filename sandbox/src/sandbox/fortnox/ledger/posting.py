"""Books invoices and payments as Fortnox does when somebody registers them there, each with a voucher of its own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sandbox.fortnox.amounts import in_sek
from sandbox.fortnox.books import bas
from sandbox.fortnox.books.model import FinancialYear, Row, Voucher
from sandbox.fortnox.clock import SWEDEN
from sandbox.fortnox.ledger.keeper import Keeper, Money
from sandbox.fortnox.ledger.model import Invoice, Kind, Party, Payment, WriteOff

BANK_ACCOUNTS = (1930, 1940, 1920, 1910)
SALES, PURCHASES, GAIN, LOSS = 3001, 4010, 3960, 7960
SERIES = {Kind.CUSTOMER: ("B", "C"), Kind.SUPPLIER: ("D", "E")}  # fact 6.3: invoices and payments
TEXTS = {
    Kind.CUSTOMER: ("Kundfaktura", "Inbetalning"),
    Kind.SUPPLIER: ("Leverantörsfaktura", "Utbetalning"),
}


class Posting:
    """Books into one year's books and one ledger."""

    def __init__(self, keeper: Keeper, year: FinancialYear) -> None:
        self._keeper, self._year, self._kind = keeper, year, keeper.kind
        self.vouchers: list[Voucher] = []  # what has been booked

    def invoice(self, money: Money, party: Party, day: dt.date, **more: Any) -> Invoice:
        """An invoice or credit note against sales or purchases (VAT is left out: it isn't what is looked at)."""
        worth = in_sek(money.amount, money.rate, money.unit)
        rows = [self._row(self._kind.account, worth), self._row(self._other_side, -worth)]
        voucher = self._book(0, day, rows, party.name)
        return self._keeper.issue(money, party, day, voucher=voucher, **more)

    def book_later(self, invoice: Invoice) -> None:
        """Books an invoice that stood unbooked, on its own date."""
        worth = invoice.total_sek
        rows = [self._row(self._kind.account, worth), self._row(self._other_side, -worth)]
        voucher = self._book(0, invoice.date, rows, str(invoice.number))
        self._keeper.book(invoice, voucher)

    def payment(
        self,
        invoice: Invoice,
        amount: int,
        day: dt.date,
        *,
        rate: Decimal | None = None,
        write_offs: tuple[WriteOff, ...] = (),
        **more: Any,
    ) -> Payment:
        """A payment over the bank; exchange differences and write-offs go to accounts of their own (fact 5.7)."""
        off = amount + sum(one.amount for one in write_offs)
        paid = in_sek(amount, rate or invoice.rate, invoice.unit)
        on_account = any(event.on_account for event in invoice.history)
        effect = self._keeper.effect(invoice, off)
        claim = self._kind.account if on_account else self._other_side
        rows = [self._row(self._bank(), paid), self._row(claim, -effect)]
        rows += [self._row(one.account, one.amount) for one in write_offs]
        difference = effect - sum(row.amount * self._kind.sign for row in rows if row.account != claim)
        if difference:
            gained = (difference < 0) == (self._kind is Kind.CUSTOMER)
            rows.append(self._row(GAIN if gained else LOSS, difference))
        voucher = self._book(1, day, [row for row in rows if row.amount], str(invoice.number))
        invoice.booked = True  # under the cash method it becomes so by being paid
        return self._keeper.pay(invoice, amount, day, rate=rate, write_offs=write_offs, voucher=voucher, **more)

    def _book(self, which: int, day: dt.date, rows: list[Row], about: str) -> Voucher:
        books = self._keeper.company.books
        series = SERIES[self._kind][which]
        moment = dt.datetime.combine(day, dt.time(11), SWEDEN).astimezone(dt.UTC)
        text = f"{TEXTS[self._kind][which]} {about}"
        number = books.next_number(self._year.id, series)
        voucher = Voucher(self._year.id, series, number, day, text, rows, day, created=moment, modified=moment)
        books.add(voucher)
        self.vouchers.append(voucher)
        return voucher

    def _row(self, account: int, amount: int) -> Row:
        """A row with the ledger's sign turned into debit or credit; the account is made where the chart lacks it."""
        self._year.accounts.setdefault(account, bas.usual_account(account))
        return Row.of(account, amount * self._kind.sign)

    @property
    def _other_side(self) -> int:
        return SALES if self._kind is Kind.CUSTOMER else PURCHASES

    def _bank(self) -> int:
        return next((account for account in BANK_ACCOUNTS if account in self._year.accounts), BANK_ACCOUNTS[0])
