"""Invoices, payments and their history. Currency amounts are hundredths of the currency, SEK amounts öre.

The signs are those of the ledger: what a customer owes us, and what we owe a supplier, is positive.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from sandbox.fortnox.amounts import in_sek

NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class Kind(StrEnum):
    """Which ledger; 1 is the sign of its account's debit side."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"

    @property
    def account(self) -> int:
        return 1510 if self is Kind.CUSTOMER else 2440

    @property
    def sign(self) -> int:
        """Turns a movement of the account (debit positive) into one of the ledger."""
        return 1 if self is Kind.CUSTOMER else -1


@dataclass(frozen=True, slots=True)
class VoucherRef:
    """Where something is booked."""

    year: int
    series: str
    number: int


@dataclass(slots=True)
class Party:
    """A customer or supplier."""

    number: str
    name: str
    organisation_number: str
    city: str
    currency: str = "SEK"
    country: str = "SE"
    private: bool = False
    active: bool = True
    terms: int = 30
    modified: dt.datetime = NEVER


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A part of the claim that is given up ("bortskrivning"), in SEK."""

    account: int
    amount: int


@dataclass(slots=True)
class Payment:
    """A payment, one half of a settlement, or a pure write-off (with amount 0)."""

    number: int
    invoice: int
    date: dt.date
    amount: int  # SEK at the payment's own rate: what moved on the bank
    amount_currency: int  # in the invoice's currency
    rate: Decimal
    effect: int  # what it takes off the ledger account, in SEK at the invoice's rate, write-offs included
    modified: dt.datetime
    booked: bool = True
    source: str = "manual"  # open text: manual, direct, settle, file … (fact 5.7)
    write_offs: tuple[WriteOff, ...] = ()
    voucher: VoucherRef | None = None
    effective: dt.date = dt.date.min  # a settlement counts no earlier than either invoice

    def __post_init__(self) -> None:
        self.effective = max(self.effective, self.date)

    @property
    def off_currency(self) -> int:
        """What it takes off the invoice, in the invoice's currency (write-offs are in SEK invoices only)."""
        return self.amount_currency + sum(off.amount for off in self.write_offs)


@dataclass(frozen=True, slots=True)
class Event:
    """What truly happened to an item, and when: the oracle adds these up and looks at nothing else."""

    date: dt.date
    what: str  # invoice | payment | write-off | settle
    currency_amount: int
    sek_amount: int
    on_account: bool  # whether the ledger account moved by it


@dataclass(slots=True)
class Invoice:
    """An invoice or credit note with its payments and its history."""

    kind: Kind
    number: int
    party: str
    date: dt.date
    due: dt.date
    total: int  # in its currency; negative for a credit note
    modified: dt.datetime
    currency: str = "SEK"
    rate: Decimal = Decimal(1)
    unit: int = 1
    vat: int = 0
    booked: bool = True
    cancelled: bool = False
    type: str = "INVOICE"
    credits: int | None = None  # the invoice that this one credits
    credited_by: int | None = None
    tax_agency_share: int = 0  # ROT/RUT: what the Tax Agency owes instead of the customer
    own_number: str = ""  # the supplier's own number
    sent: bool = True
    reminders: int = 0
    voucher: VoucherRef | None = None
    payments: list[Payment] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)

    @property
    def is_credit(self) -> bool:
        return self.total < 0

    @property
    def total_sek(self) -> int:
        return in_sek(self.total, self.rate, self.unit)

    @property
    def balance(self) -> int:
        """What is open today in its currency: booked payments reduce it, unbooked ones don't (fact 5.7)."""
        if self.cancelled or self.type == "CASHINVOICE":
            return 0
        return self.total - sum(payment.off_currency for payment in self.payments if payment.booked)

    @property
    def balance_sek(self) -> int:
        """The same at the rate at which it stands on the ledger account."""
        return in_sek(self.balance, self.rate, self.unit)

    @property
    def final_pay_date(self) -> dt.date | None:
        """Set on exactly the booked invoices with balance 0 (fact 14)."""
        if not self.booked or self.cancelled or self.balance:
            return None
        return max((payment.date for payment in self.payments if payment.booked), default=self.date)


class Ledger:
    """One ledger of one company: invoices by number, and their payments by number."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.invoices: dict[int, Invoice] = {}
        self.payments: dict[int, tuple[Payment, Invoice]] = {}

    def put(self, invoice: Invoice) -> None:
        self.invoices[invoice.number] = invoice
        for payment in invoice.payments:
            self.payments[payment.number] = payment, invoice

    def drop_payment(self, number: int) -> Invoice:
        payment, invoice = self.payments.pop(number)
        invoice.payments.remove(payment)
        return invoice

    @property
    def next_number(self) -> int:
        return max(self.invoices, default=0) + 1

    @property
    def next_payment(self) -> int:
        return max(self.payments, default=0) + 1
