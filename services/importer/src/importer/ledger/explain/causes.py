"""Why a ledger and its accounts differ: each cause with its share of the difference and where it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Cause(StrEnum):
    """The causes that are told apart, in the order in which equal ones are told (docs/ledgers.md)."""

    MANUAL = "manual-voucher"
    OTHER_AMOUNT = "other-amount"
    OTHER_ACCOUNT = "other-account"
    RELATED_ACCOUNT = "related-account"
    OTHER_YEAR = "other-year"
    OTHER_DAY = "other-day"
    NO_VOUCHER = "voucher-missing"
    PAYMENT_NOT_BOOKED = "payment-without-booking"
    PAYMENT_BEFORE_INVOICE = "payment-before-invoice"
    UNBOOKED_INVOICE = "unbooked-invoice"
    EDITED = "edited-voucher"
    OPENING = "opening-balance"
    FORMER_SYSTEM = "former-system"
    REVALUATION = "currency-revaluation"
    ROUNDING = "rounding"
    NOT_CARRIED = "not-carried-over"
    BOOKED_WHEN_PAID = "booked-when-paid"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that makes ledger and account differ."""

    cause: Cause
    effect: Decimal
    """Its share of ledger − account, in SEK."""
    voucher: str | None = None
    invoice: str | None = None
    payment: str | None = None
    on: date | None = None
    account: str | None = None
    """Where it was booked instead, or against."""
    amount: Decimal | None = None
    """What it is about, where that isn't its share."""
    vat: Decimal | None = None

    @property
    def concerned(self) -> Decimal:
        return self.effect if self.amount is None else self.amount


@dataclass(frozen=True, slots=True)
class Explained:
    """A cause with all its findings, largest first."""

    cause: Cause
    findings: tuple[Finding, ...]

    @property
    def effect(self) -> Decimal:
        return sum((one.effect for one in self.findings), Decimal(0))

    @property
    def amount(self) -> Decimal:
        return sum((one.concerned for one in self.findings), Decimal(0))

    @property
    def vat(self) -> Decimal | None:
        """None where it isn't known of any."""
        known = [one.vat for one in self.findings if one.vat is not None]
        return sum(known, Decimal(0)) if known else None


def by_cause(findings: Iterable[Finding]) -> tuple[Explained, ...]:
    """The causes that there are, the one with the largest share first."""
    groups: dict[Cause, list[Finding]] = {}
    for one in findings:
        groups.setdefault(one.cause, []).append(one)
    told = [Explained(cause, tuple(sorted(group, key=_size))) for cause, group in groups.items()]
    order = list(Cause)
    return tuple(sorted(told, key=lambda one: (-abs(one.effect), -abs(one.amount), order.index(one.cause))))


def _size(one: Finding) -> tuple[Decimal, Decimal, date, str, str]:
    return -abs(one.effect), -abs(one.concerned), one.on or date.min, one.voucher or "", one.invoice or ""
