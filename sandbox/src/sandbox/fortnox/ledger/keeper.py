"""Writes into a ledger: invoices, payments, settlements, each with its event in the item's history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.fortnox.amounts import in_sek
from sandbox.fortnox.books.model import MANUAL, Voucher
from sandbox.fortnox.clock import SWEDEN
from sandbox.fortnox.company import Company
from sandbox.fortnox.ledger.model import Event, Invoice, Kind, Ledger, Party, Payment, VoucherRef, WriteOff

REFERENCES = {  # fact 6.1
    Kind.CUSTOMER: ("INVOICE", "INVOICEPAYMENT"),
    Kind.SUPPLIER: ("SUPPLIERINVOICE", "SUPPLIERPAYMENT"),
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in hundredths of its currency, with the rate at which it is booked."""

    amount: int
    currency: str = "SEK"
    rate: Decimal = Decimal(1)
    unit: int = 1


class Keeper:
    """Keeps one ledger of one company. Who asks for a booked entry has booked it, and says in which voucher."""

    def __init__(self, company: Company, kind: Kind, now: dt.datetime, *, live: bool = False) -> None:
        self.company, self.kind, self._now, self._live = company, kind, now, live
        self.ledger: Ledger = company.ledgers[kind]
        self._next_invoice = self.ledger.next_number
        self.next_payment = self.ledger.next_payment
        self.touched: dict[int, Invoice] = {}  # to be written through

    @property
    def is_cash(self) -> bool:
        return self.company.profile.method == "CASH"

    def issue(
        self,
        money: Money,
        party: Party,
        day: dt.date,
        *,
        voucher: Voucher | None = None,
        booked: bool = True,
        **more: Any,
    ) -> Invoice:
        """An invoice, or with a negative amount a credit note. Unbooked it is on no account.

        Under the cash method an unbooked one is an open item all the same (fact 5.7).
        """
        invoice = Invoice(
            self.kind,
            self._next_invoice,
            party.number,
            day,
            more.pop("due", day + dt.timedelta(days=party.terms)),
            money.amount,
            self._moment(day),
            money.currency,
            money.rate,
            money.unit,
            vat=money.amount // 5 if money.currency == "SEK" else 0,
            booked=booked,
            **more,
        )
        self._next_invoice += 1
        if voucher is not None:
            invoice.voucher = self._refer(voucher, 0, invoice.number)
        counts = booked or (self.is_cash and not invoice.cancelled)
        if counts and invoice.type != "CASHINVOICE":
            event = Event(day, "invoice", invoice.total, invoice.total_sek, on_account=booked)
            invoice.history.append(event)
        self._put(invoice)
        return invoice

    def book(self, invoice: Invoice, voucher: Voucher) -> None:
        """An unbooked invoice comes onto the account."""
        invoice.booked, invoice.voucher = True, self._refer(voucher, 0, invoice.number)
        invoice.history[:] = [event for event in invoice.history if event.what != "invoice"]
        invoice.history.insert(0, Event(invoice.date, "invoice", invoice.total, invoice.total_sek, on_account=True))
        self._put(invoice)

    def pay(
        self,
        invoice: Invoice,
        amount: int,
        day: dt.date,
        *,
        rate: Decimal | None = None,
        write_offs: tuple[WriteOff, ...] = (),
        voucher: Voucher | None = None,
        booked: bool = True,
        **more: Any,
    ) -> Payment:
        """A payment of `amount` in the invoice's currency, at today's rate if one is given."""
        rate = rate or invoice.rate
        payment = Payment(
            self.next_payment,
            invoice.number,
            day,
            in_sek(amount, rate, invoice.unit),
            amount,
            rate,
            0,
            self._moment(day),
            booked,
            write_offs=write_offs,
            **more,
        )
        self.next_payment += 1
        payment.effect = self.effect(invoice, payment.off_currency)
        if voucher is not None:
            payment.voucher = self._refer(voucher, 1, payment.number)
        invoice.payments.append(payment)
        if booked:
            self.count(invoice, payment)
        self._put(invoice)
        return payment

    def count(self, invoice: Invoice, payment: Payment) -> None:
        """A payment is booked: from now on it counts. On the account only if the invoice stands there."""
        what = "settle" if payment.source == "settle" else "payment" if payment.amount else "write-off"
        on_account = any(event.on_account for event in invoice.history)
        event = Event(payment.effective, what, -payment.off_currency, -payment.effect, on_account=on_account)
        invoice.history.append(event)
        invoice.modified = max(invoice.modified, payment.modified)
        self.touched[invoice.number] = invoice

    def settle(self, invoice: Invoice, credit: Invoice, amount: int, day: dt.date) -> None:
        """Sets an invoice off against a credit note: a plus and a minus, no voucher (fact 5.7)."""
        effective = max(day, invoice.date, credit.date)
        self.pay(invoice, amount, day, source="settle", effective=effective)
        self.pay(credit, -amount, day, source="settle", effective=effective)

    @staticmethod
    def effect(invoice: Invoice, off: int) -> int:
        """What taking `off` from the open amount takes off the account: the rest stands at the booked rate."""
        open_now = invoice.balance
        return in_sek(open_now, invoice.rate, invoice.unit) - in_sek(open_now - off, invoice.rate, invoice.unit)

    def _put(self, invoice: Invoice) -> None:
        self.ledger.put(invoice)
        self.touched[invoice.number] = invoice

    def _refer(self, voucher: Voucher, which: int, number: int) -> VoucherRef:
        """The voucher says what it was made for, the first such thing if there are several."""
        if voucher.reference_type == MANUAL:
            voucher.reference_type = REFERENCES[self.kind][which]
            voucher.reference_number = str(number)
        return VoucherRef(*voucher.key)

    def _moment(self, day: dt.date) -> dt.datetime:
        """When it was entered: now if it is done live, else sometime on its day, but not in the future."""
        if self._live:
            return self._now
        return min(dt.datetime.combine(day, dt.time(10), SWEDEN).astimezone(dt.UTC), self._now)
