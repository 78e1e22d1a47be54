"""A company that uses Fortnox: who it is, its years, registers, ledgers and rights."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sandbox.fortnox.books.books import Books
from sandbox.fortnox.books.model import FinancialYear, Limits

if TYPE_CHECKING:
    from sandbox.fortnox.ledger.model import Ledger, Party

ALL_SCOPES = frozenset({
    "archive", "article", "bookkeeping", "companyinformation", "connectfile", "costcenter", "currency", "customer",
    "deletevoucher", "inbox", "invoice", "payment", "profile", "project", "settings", "supplier", "supplierinvoice",
})  # fmt: skip  # fact 2


@dataclass
class Profile:
    """What is kept of a company in one record: all but vouchers and invoices, which have records of their own."""

    tenant: int
    name: str
    organisation_number: str
    method: str = "ACCRUAL"  # or CASH
    address: str = "Storgatan 1"
    zip_code: str = "111 22"
    city: str = "Stockholm"
    chart: str = "Bas 2014"
    sie_chart: str = "EUBAS97"
    years: dict[int, FinancialYear] = field(default_factory=dict)
    dimensions: dict[str, str] = field(default_factory=dict)
    objects: dict[str, dict[str, str]] = field(default_factory=dict)  # by dimension: code → name
    limits: dict[tuple[str, str], Limits] = field(default_factory=dict)  # by dimension and code, where there are any
    presets: dict[str, int] = field(default_factory=dict)  # preset accounts that the company has changed
    parties: dict[str, dict[str, Party]] = field(default_factory=dict)  # by kind of ledger: number → party
    locked_until: date | None = None
    licences: set[str] = field(default_factory=lambda: set(ALL_SCOPES))
    has_integration_licence: bool = True
    hidden_fields: set[str] = field(default_factory=set)  # "SupplierInvoice.Balance" comes as API_NORIGHT (fact 14)

    def limits_of(self, dimension: str, code: str) -> Limits:
        return self.limits.get((dimension, code), Limits())


class Company:
    """A company with its books and its two ledgers."""

    def __init__(self, profile: Profile, ledgers: dict[str, Ledger]) -> None:
        self.profile = profile
        self.books = Books()
        self.ledgers = ledgers
        self.exports: dict[tuple[object, ...], bytes] = {}  # SIE files already composed, by what they depend on

    @property
    def tenant(self) -> int:
        return self.profile.tenant

    @property
    def years(self) -> list[FinancialYear]:
        """Newest first, as Fortnox lists them (fact 4)."""
        return sorted(self.profile.years.values(), key=lambda year: year.start, reverse=True)

    def year_of(self, day: date) -> FinancialYear | None:
        return next((year for year in self.profile.years.values() if year.contains(day)), None)

    def current_year(self, today: date) -> FinancialYear:
        """The year of that day, else the newest."""
        return self.year_of(today) or self.years[0]

    def previous(self, year: FinancialYear) -> FinancialYear | None:
        return max(
            (other for other in self.profile.years.values() if other.end < year.start),
            key=lambda other: other.end,
            default=None,
        )

    def following(self, year: FinancialYear) -> FinancialYear | None:
        return min(
            (other for other in self.profile.years.values() if other.start > year.end),
            key=lambda other: other.start,
            default=None,
        )
