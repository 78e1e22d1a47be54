"""What books consist of. Amounts are öre; debit is positive where one number carries the side."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

COST_CENTRE, PROJECT = "1", "6"  # SIE's reserved dimensions, the two that Fortnox has
MANUAL = "MANUAL"


@dataclass(slots=True)
class Account:
    """An account of one financial year's chart."""

    number: int
    name: str
    active: bool = True
    sru: str = ""
    vat_code: str = ""
    cost_centre_rule: str = "ALLOWED"  # ALLOWED | MANDATORY | NOTALLOWED
    project_rule: str = "ALLOWED"

    @property
    def has_balance(self) -> bool:
        """Whether it is a balance-sheet account (BAS classes 1 and 2); the others start each year from zero."""
        return str(self.number)[0] in "12"


@dataclass(slots=True)
class Limits:
    """When a cost centre or a project can be booked on."""

    active: bool = True  # a cost centre
    start: dt.date | None = None  # a project's period
    end: dt.date | None = None
    status: str = "ONGOING"  # a project's: NOTSTARTED | ONGOING | COMPLETED

    def contains(self, day: dt.date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(slots=True)
class Series:
    """A voucher series of one financial year."""

    code: str
    name: str
    manual: bool = False


@dataclass(slots=True)
class Row:
    """One row. A removed row (struck, `#BTRANS`) counts no more; an added one (`#RTRANS`) was put in later."""

    account: int
    debit: int = 0
    credit: int = 0
    objects: tuple[tuple[str, str], ...] = ()
    text: str = ""
    quantity: Decimal = Decimal()
    removed: bool = False
    added: bool = False
    signature: str = ""
    description: str = ""  # as sent; what is answered is the account's name

    @property
    def amount(self) -> int:
        return self.debit - self.credit

    def object(self, dimension: str) -> str:
        return next((code for number, code in self.objects if number == dimension), "")

    @classmethod
    def of(cls, account: int, amount: int, text: str = "") -> Row:
        """A row of that amount, on the side that its sign says."""
        return cls(account, max(amount, 0), max(-amount, 0), text=text)


@dataclass(slots=True)
class Voucher:
    """A booked voucher; its key is (year, series, number), and no part of it ever changes."""

    year: int  # the financial year's Id
    series: str
    number: int
    date: dt.date
    text: str
    rows: list[Row]
    registered: dt.date
    created: dt.datetime
    modified: dt.datetime
    comments: str = ""
    reference_type: str = MANUAL
    reference_number: str = ""
    approval_state: int = 0
    cost_centre: str = ""
    project: str = ""
    through_api: bool = False

    @property
    def key(self) -> tuple[int, str, int]:
        return self.year, self.series, self.number

    def moved(self, account: int) -> int:
        """What the voucher does to an account."""
        return sum(row.amount for row in self.rows if row.account == account and not row.removed)


@dataclass(slots=True)
class Balances:
    """Balances that were brought in with a SIE file for the year before the first one here."""

    start: dt.date
    end: dt.date
    opening: dict[int, int] = field(default_factory=dict)
    closing: dict[int, int] = field(default_factory=dict)
    result: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class FinancialYear:
    """A financial year with its own chart of accounts, series and opening balances. The Id is no calendar year."""

    id: int
    start: dt.date
    end: dt.date
    accounts: dict[int, Account]
    series: dict[str, Series]
    opening: dict[int, int]  # carried when the year was made or by hand since, never by itself (fact 5.8)
    before: Balances | None = None

    def contains(self, day: dt.date) -> bool:
        return self.start <= day <= self.end
