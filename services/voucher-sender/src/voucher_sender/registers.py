"""What the company has in Fortnox that a batch is checked against: read once per batch, with as few calls as can be.

Lock date, years, series, accounts and the books are a call each; cost centres, projects and preset accounts are read
where the batch uses them. That makes eight calls at most, one more for every further 500 accounts, cost centres or
projects. All but lock date and books are remembered for the company's next batches (`Timing.registers`), so that the
batch after takes two.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar, cast

import structlog

from common.concurrency import tasks
from common.events.types import FinancialYear
from common.events.voucher_batches import VouchersApproved
from fortnox import (
    ACCOUNTS,
    COST_CENTRES,
    CUSTOMER_CLAIMS,
    PREDEFINED_ACCOUNTS,
    PROJECTS,
    SUPPLIER_DEBTS,
    VOUCHER_SERIES,
    Account,
    Client,
    CostCentre,
    NotAllowed,
    Project,
    Refused,
    Unavailable,
    UnreadableAnswer,
    WrongCompany,
)
from fortnox import FinancialYear as FortnoxYear
from fortnox import VoucherSeries as Series
from voucher_sender.content import COST_CENTRE, PROJECT
from voucher_sender.problems import OTHER_COMPANY
from voucher_sender.sender import Desk

CASH = "CASH"
CUSTOMERS, SUPPLIERS = range(1500, 1600), range(2400, 2500)
"""Where BAS has the ledger accounts."""
USUAL_LEDGER_ACCOUNTS = frozenset({1510, 2440})  # Fortnox's own presets (Fortnox fact 5.7)

Answer = TypeVar("Answer")

log = structlog.get_logger()


@dataclass(frozen=True)
class Registers:
    """Years, series, accounts and so on, as they were when the batch was checked, or shortly before."""

    years: tuple[FortnoxYear, ...]
    year: FortnoxYear | None
    """The one with exactly the batch's first and last day; without it nothing else was read."""
    series: dict[str, Series] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    locked_until: date | None = None
    cost_centres: dict[str, CostCentre] | None = None
    """None: not used by the batch, or not ours to read."""
    projects: dict[str, Project] | None = None
    ledger_accounts: frozenset[int] = USUAL_LEDGER_ACCOUNTS
    """The usual ones, and what the company has set instead."""
    sie: bytes | None = field(default=None, repr=False)
    """The books of the days that the batch's vouchers have; None where they can't be read, or there is no such day."""

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


@dataclass
class Reading:
    """One check's reading. What it has read itself it doesn't read again."""

    desk: Desk
    batch: VouchersApproved
    with_books: bool = True
    from_memory: bool = field(default=False, init=False)
    """Whether anything was taken from memory."""
    _fresh: bool = field(default=False, init=False)
    _read: dict[str, Any] = field(default_factory=dict, init=False)

    async def registers(self) -> Registers:
        """Raises what calls raise, but for what isn't ours to read."""
        fortnox = self.desk.fortnox
        lock_date = await self._once("lock", partial(locked_until, fortnox))  # by its permit the company is known
        years = await self._remembered("years", partial(_years, fortnox)) or ()
        year = year_like(years, self.batch.financial_year)
        if year is None:
            return Registers(years, None, locked_until=lock_date)
        return await self._of_year(years, year, lock_date)

    def insist(self) -> None:
        """From now on nothing is taken from memory: what has been may have changed in Fortnox."""
        self._fresh, self.from_memory = True, False

    async def _of_year(self, years: tuple[FortnoxYear, ...], year: FortnoxYear, lock_date: date | None) -> Registers:
        fortnox, uses, ask = self.desk.fortnox, Uses.of(self.batch, year), self._remembered
        async with tasks() as group:
            series = group.create_task(ask(f"series {year.id}", partial(_series, fortnox, year)))
            accounts = group.create_task(ask(f"accounts {year.id}", partial(_accounts, fortnox, year)))
            cost_centres = group.create_task(ask("cost centres", partial(_cost_centres, fortnox), uses.cost_centres))
            projects = group.create_task(ask("projects", partial(_projects, fortnox), uses.projects))
            presets = group.create_task(ask("presets", partial(_ledger_accounts, fortnox), uses.ledger_accounts))
            days = uses.days if self.with_books else None
            sie = group.create_task(self._once("books", partial(_books, fortnox, year, days)))
        return Registers(
            years,
            year,
            series.result() or {},
            accounts.result() or {},
            lock_date,
            cost_centres.result(),
            projects.result(),
            USUAL_LEDGER_ACCOUNTS | (presets.result() or frozenset()),
            sie.result(),
        )

    async def _once(self, name: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        if name not in self._read:
            self._read[name] = await ask()
        return cast("Answer", self._read[name])

    async def _remembered(self, name: str, ask: Callable[[], Awaitable[Answer]], needed: bool = True) -> Answer | None:
        """From the company's memory, where it is there. What isn't ours to read is not kept: another connection may.

        Batches that are checked at the same time ask each for itself: a client ends with its attempt.
        """
        if not needed or name in self._read:
            return self._read.get(name)
        memory, tenant = self.desk.sender.memory, self.desk.permits.tenant
        assert tenant is not None, "a call has been made"
        question = (tenant, name)
        known = None if self._fresh else memory.known(question)
        if known is not None:
            self.from_memory = True
            return cast("Answer", known)
        answer = await self._once(name, ask)
        if answer is not None:
            memory.keep(question, answer)
        return answer


@dataclass(frozen=True)
class Uses:
    """What a batch needs to know of the company beyond the registers that every batch needs."""

    cost_centres: bool
    projects: bool
    ledger_accounts: bool
    days: tuple[date, date] | None
    """The first and the last day of the year that its vouchers have."""

    @classmethod
    def of(cls, batch: VouchersApproved, year: FortnoxYear) -> "Uses":
        rows = [row for voucher in batch.vouchers for row in voucher.rows]
        dimensions = {one.dimension for row in rows for one in row.dimensions}
        days = [one.date for one in batch.vouchers if year.from_date <= one.date <= year.to_date]
        return cls(
            COST_CENTRE in dimensions,
            PROJECT in dimensions,
            any(row.account in CUSTOMERS or row.account in SUPPLIERS for row in rows),
            (min(days), max(days)) if days else None,
        )


def year_like(years: Iterable[FortnoxYear], wanted: FinancialYear) -> FortnoxYear | None:
    """The year with the same first and last day."""
    return next((y for y in years if (y.from_date, y.to_date) == (wanted.from_date, wanted.to_date)), None)


async def locked_until(fortnox: Client) -> date | None:
    """None also where the settings are not ours to read: Fortnox itself refuses what is locked."""
    with suppress(NotAllowed):
        return await fortnox.locked_period()
    return None


async def _years(fortnox: Client) -> tuple[FortnoxYear, ...]:
    return tuple(await fortnox.financial_years())


async def _series(fortnox: Client, year: FortnoxYear) -> dict[str, Series]:
    return {one.code: one for one in await fortnox.every(VOUCHER_SERIES, financialyear=year.id)}


async def _accounts(fortnox: Client, year: FortnoxYear) -> dict[int, Account]:
    return {one.number: one for one in await fortnox.every(ACCOUNTS, financialyear=year.id)}


async def _cost_centres(fortnox: Client) -> dict[str, CostCentre] | None:
    with suppress(NotAllowed):
        return {one.code: one for one in await fortnox.every(COST_CENTRES)}
    return None


async def _projects(fortnox: Client) -> dict[str, Project] | None:
    with suppress(NotAllowed):
        return {one.project_number: one for one in await fortnox.every(PROJECTS)}
    return None


async def _ledger_accounts(fortnox: Client) -> frozenset[int] | None:
    """The company's own ledger accounts."""
    with suppress(NotAllowed):
        presets = await fortnox.every(PREDEFINED_ACCOUNTS)
        return frozenset(
            preset.account
            for preset in presets
            if preset.account is not None and preset.name in {*CUSTOMER_CLAIMS, *SUPPLIER_DEBTS}
        )
    return None


async def _books(fortnox: Client, year: FortnoxYear, days: tuple[date, date] | None) -> bytes | None:
    """SIE of some days of the year. Without it the check is made all the same, and says so."""
    if days is None:
        return None
    try:
        return await fortnox.sie(4, year.id, from_date=days[0], to_date=days[1])
    except WrongCompany:
        raise OTHER_COMPANY.error() from None
    except (Refused, Unavailable, UnreadableAnswer) as error:
        log.warning("books.not-read", **error.details())
        return None
