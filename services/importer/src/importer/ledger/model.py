"""Invoices and what settled them, the same for customers and suppliers. What is owed is positive on both sides."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")
KRONOR = "SEK"


@dataclass(frozen=True, slots=True, order=True)
class VoucherName:
    """A voucher's key in Fortnox; `year` is a financial year's id."""

    series: str
    number: int
    year: int

    def __str__(self) -> str:
        return f"{self.series} {self.number}"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or (negative) credit note as today's list shows it."""

    number: str
    party_number: str
    party_name: str
    invoice_date: date
    due_date: date | None
    total: Decimal
    """In the invoice's currency."""
    balance: Decimal | None
    """Open today, in the invoice's currency; None where the list's SEK balance doesn't tell it."""
    currency: str = KRONOR
    rate: Decimal | None = Decimal(1)
    """SEK for one of the currency, as it was booked; None where Fortnox states none."""
    booked: bool = True
    cancelled: bool = False
    cash: bool = False
    """Paid on the spot (CASHINVOICE): never in the ledger."""
    external_number: str = ""
    """The supplier's own number."""
    collection: bool = False
    """Handed over for collection or sold (`NoxFinans`)."""
    voucher: VoucherName | None = None
    """Where it was booked; none also for what was brought over from a former system as booked."""

    def in_sek(self, amount: Decimal) -> Decimal:
        """At the rate that is booked on the ledger account, rounded half away from zero."""
        return rounded(amount * self._known_rate)

    def from_sek(self, amount: Decimal) -> Decimal:
        """SEK in the invoice's currency, at that same rate."""
        return rounded(amount / self._known_rate)

    @property
    def _known_rate(self) -> Decimal:
        assert self.rate is not None, "an invoice without a rate is refused before anything is worked out"
        return self.rate

    @property
    def foreign(self) -> bool:
        return self.currency != KRONOR


class SettlementKind(StrEnum):
    PAYMENT = "payment"
    WRITE_OFF = "write_off"
    CREDIT = "credit"
    """One half of the settlement of an invoice against a credit note."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Something booked that took an amount off an invoice, or (negative) put it back."""

    reference: str
    invoice: str
    kind: SettlementKind
    on: date
    """The day from which it counts: a credit's settlement no earlier than either invoice."""
    amount: Decimal
    """In the invoice's currency."""
    against: str | None = None
    """For a credit's settlement: the invoice on the other side, where it is known."""


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def from_sek(balance: Decimal, total: Decimal, rate: Decimal) -> Decimal | None:
    """A SEK balance in the invoice's currency; None where more than one hundredth of it gives that balance.

    Fortnox shows suppliers' balances in SEK only (fact 5.7).
    """
    if balance == 0 or balance == rounded(total * rate):
        return total if balance else Decimal(0)
    found = rounded(balance / rate)
    neighbours = (found - CENT, found + CENT)
    unique = rounded(found * rate) == balance and all(rounded(one * rate) != balance for one in neighbours)
    return found if unique else None
