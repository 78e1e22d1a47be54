"""The ordinary objects: what a row, voucher or balance looks like to whoever asks for one."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Objects = tuple[tuple[str, str], ...]
"""Pairs of dimension number and object id, both strings: leading zeros count."""

BalanceKind = Literal["IB", "UB", "RES", "OIB", "OUB", "PSALDO", "PBUDGET"]


@dataclass(frozen=True, slots=True)
class Row:
    """A #TRANS row (or, beside the voucher's rows, a struck #BTRANS or an added #RTRANS)."""

    account: str
    amount: Decimal
    """In the file's currency; credit is negative."""
    objects: Objects = ()
    date: datetime.date | None = None
    """Only where the row says so; else the voucher's date holds for it."""
    text: str = ""
    quantity: Decimal | None = None
    signature: str = ""
    line: int = field(default=0, compare=False)
    """Where it stands in the file, counted from 1; 0 if it was not read from one."""


def voucher_name(series: str, number: str | int) -> str:
    return f"{series} {number}".strip()


@dataclass(frozen=True, slots=True)
class Voucher:
    """What is booked is `rows`, and nothing else. A voucher with struck rows only is one that was cancelled."""

    series: str
    number: str
    date: datetime.date | None
    """None only where the file's date can't be read, which is also a problem of severity error."""
    text: str = ""
    rows: tuple[Row, ...] = ()
    registered: datetime.date | None = None
    signature: str = ""
    struck: tuple[Row, ...] = ()
    """#BTRANS: struck after registration."""
    added: tuple[Row, ...] = ()
    """#RTRANS: added after registration; each is among `rows` too."""
    line: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        return voucher_name(self.series, self.number)


@dataclass(frozen=True, slots=True)
class Balance:
    """An opening balance (IB), closing balance (UB), result (RES), the same per object, or one month's change."""

    kind: BalanceKind
    year: int
    """0 is the current year, -1 the one before."""
    account: str
    amount: Decimal
    objects: Objects = ()
    period: int | None = None
    """The month as YYYYMM; PSALDO and PBUDGET only, whose amounts are that month's *change*."""
    quantity: Decimal | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Account:
    number: str
    name: str
    type: str = ""
    """#KTYP: T asset, S liability or equity, K cost, I income; empty where the file doesn't say."""
    unit: str = ""
    sru: tuple[str, ...] = ()
    declared: bool = True
    """False if the file has a type, unit or SRU code for it but no #KONTO."""
    line: int = field(default=0, compare=False)
    """Where its first record stands."""


@dataclass(frozen=True, slots=True)
class Dimension:
    number: str
    name: str
    parent: str = ""
    """The dimension of which this is a #UNDERDIM."""
    objects: dict[str, str] = field(default_factory=dict)
    """Names by object id."""
    declared: bool = True
    """False for the reserved dimensions, which need no #DIM."""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FinancialYear:
    index: int
    """0 is the current year, -1 the one before."""
    start: datetime.date
    end: datetime.date
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Other:
    """What the standard doesn't know: a record with an unknown label, or the fields past a record's last one."""

    line: int
    label: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """The identification records, in the standard's order (§11); empty or None where the file says nothing."""

    flag: str = "0"
    program: str = ""
    program_version: str = ""
    format: str = field(default="PC8", compare=False)
    """#FORMAT as it stands there: of the file, not of the books, and no evidence of its character set."""
    generated: datetime.date | None = None
    generated_by: str = ""
    kind: int = 1
    """#SIETYP; 1 where it is absent."""
    comment: str = ""
    company_type: str = ""
    company_id: str = ""
    """#FNR: the ledger's own number for the company (Fortnox: the tenant)."""
    organisation_number: str = ""
    acquisition_number: str = ""
    activity_number: str = ""
    industry_code: str = ""
    contact: str = ""
    street: str = ""
    postal_address: str = ""
    telephone: str = ""
    company_name: str = ""
    tax_year: str = ""
    covers_to: datetime.date | None = None
    """#OMFATTN: the balances cover the year up to and including this day."""
    chart: str = ""
    """#KPTYP: which standard chart of accounts; BAS95 where absent."""
    currency: str = ""
    """#VALUTA; SEK where absent."""
