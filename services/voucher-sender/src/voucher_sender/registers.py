"""What the company has in Fortnox that a batch is checked against: read once per batch, with as few calls as can be."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from common.events.types import FinancialYear
from common.events.voucher_batches import VouchersApproved
from fortnox import ACCOUNTS, COST_CENTRES, PROJECTS, VOUCHER_SERIES, Account, Client, CostCentre, NotAllowed, Project
from fortnox import FinancialYear as FortnoxYear
from fortnox import VoucherSeries as Series
from voucher_sender import lookup
from voucher_sender.content import COST_CENTRE, PROJECT
from voucher_sender.lookup import Shelf

CASH = "CASH"


@dataclass(frozen=True)
class Registers:
    """Years, series, accounts and so on, as they were when the batch was checked."""

    years: tuple[FortnoxYear, ...]
    year: FortnoxYear | None
    """The one with exactly the batch's first and last day; without it nothing else was read."""
    series: dict[str, Series] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    locked_until: date | None = None
    cost_centres: dict[str, CostCentre] | None = None
    """None: not used by the batch, or not ours to read."""
    projects: dict[str, Project] | None = None
    shelf: Shelf | None = None
    """The series' vouchers as the list shows them; None where there is no such series."""

    @property
    def cash_method(self) -> bool:
        return self.year is not None and self.year.accounting_method == CASH

    @property
    def next_year(self) -> FortnoxYear | None:
        """The year that begins the day after."""
        if self.year is None:
            return None
        day_after = self.year.to_date + timedelta(days=1)
        return next((year for year in self.years if year.from_date == day_after), None)

    @property
    def usable_series(self) -> list[str]:
        return sorted(code for code, series in self.series.items() if series.manual)


async def read(fortnox: Client, batch: VouchersApproved) -> Registers:
    """Five calls, one more for each further 500 accounts or vouchers, and one each for cost centres and projects."""
    years = tuple(await fortnox.financial_years())
    year = year_like(years, batch.financial_year)
    if year is None:
        return Registers(years, None)
    series = {one.code: one for one in await fortnox.every(VOUCHER_SERIES, financialyear=year.id)}
    return Registers(
        years,
        year,
        series,
        accounts={one.number: one for one in await fortnox.every(ACCOUNTS, financialyear=year.id)},
        locked_until=await _locked_until(fortnox),
        cost_centres=await _cost_centres(fortnox) if _uses(batch, COST_CENTRE) else None,
        projects=await _projects(fortnox) if _uses(batch, PROJECT) else None,
        shelf=await lookup.read(fortnox, batch.series, year.id) if batch.series in series else None,
    )


def year_like(years: Iterable[FortnoxYear], wanted: FinancialYear) -> FortnoxYear | None:
    """The year with the same first and last day."""
    return next((y for y in years if (y.from_date, y.to_date) == (wanted.from_date, wanted.to_date)), None)


async def _locked_until(fortnox: Client) -> date | None:
    """None also where the settings are not ours to read: Fortnox itself refuses what is locked."""
    with suppress(NotAllowed):
        return await fortnox.locked_period()
    return None


async def _cost_centres(fortnox: Client) -> dict[str, CostCentre] | None:
    with suppress(NotAllowed):
        return {one.code: one for one in await fortnox.every(COST_CENTRES)}
    return None


async def _projects(fortnox: Client) -> dict[str, Project] | None:
    with suppress(NotAllowed):
        return {one.project_number: one for one in await fortnox.every(PROJECTS)}
    return None


def _uses(batch: VouchersApproved, dimension: int) -> bool:
    return any(one.dimension == dimension for v in batch.vouchers for row in v.rows for one in row.dimensions)
