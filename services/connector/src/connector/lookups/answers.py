"""What the look-ups answer."""

from datetime import date

from pydantic import Field

from common.events import Trouble
from common.events.types import Model


class CompanyAnswer(Model):
    """The connected company."""

    tenant: int
    """Fortnox's `DatabaseNumber`: what identifies the company."""
    name: str = Field(repr=False)
    organisation_number: str = Field(repr=False)


class Year(Model):
    """A financial year in Fortnox."""

    id: int
    """Fortnox's own number of the year, never a calendar year."""
    from_date: date
    to_date: date
    accounting_method: str | None
    """`ACCRUAL` or `CASH`: when invoices are booked."""


class FinancialYears(Model):
    """The financial years, and which of them is the one that the product works in."""

    years: tuple[Year, ...]
    """Newest first."""
    matching: int | None
    """The id of the year that has exactly the days that were asked for."""
    trouble: Trouble | None
    """What differs, when days were asked for and no year has them."""


class Series(Model):
    """A voucher series of a year."""

    code: str
    description: str
    manual: bool
    """Only series for manual vouchers can be booked in through the API."""
    next_number: int | None
    """Of the next voucher, for the dialog alone: somebody else may book meanwhile. None where it isn't known."""
    trouble: Trouble | None
    """Why it can't be booked in, and what to do about that."""


class VoucherSeries(Model):
    """The voucher series of a year: those that can be booked in first."""

    series: tuple[Series, ...]
    trouble: Trouble | None
    """That there is none that can be booked in."""


class LockedPeriod(Model):
    """Up to when the books are locked for everybody. A user's personal lock is something that Fortnox doesn't tell."""

    locked_until: date | None
    """The last locked day; None when nothing is locked."""
