"""What the product's dialogs ask for: company, financial years, voucher series, lock date. Counted in the budget."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar, cast
from uuid import UUID

import httpx
from pydantic import Field

import fortnox
from common.clock import Clock
from common.events.types import Model
from connector import problems
from connector.leases import Leasing

Answer = TypeVar("Answer")

KEPT = 30.0  # seconds that an answer is kept: a dialog asks the same thing several times
REMEMBERED = 1000
PATIENCE = 20.0  # seconds that somebody in a dialog waits at most


class CompanyAnswer(Model):
    """The connected company."""

    tenant: int
    name: str = Field(repr=False)
    organisation_number: str = Field(repr=False)


class Year(Model):
    """A financial year in Fortnox. `id` is Fortnox's own, never a calendar year (Fortnox fact 0.8)."""

    id: int
    from_date: date
    to_date: date
    accounting_method: str | None = None
    matches: bool = False
    """It has exactly the days that were asked for."""


class Series(Model):
    """A voucher series of a year. Only those for manual vouchers can be booked in through the API."""

    code: str
    description: str
    manual: bool
    next_number: int | None = None
    why_not: str | None = None
    next_step: str | None = None


class LockedPeriod(Model):
    """Up to and including this day nothing can be booked; None: nothing is locked for everybody."""

    locked_until: date | None


@dataclass
class Lookups:
    """Answers from Fortnox, kept for half a minute."""

    leasing: Leasing
    api_url: str
    clock: Clock
    transport: httpx.AsyncBaseTransport | None = None
    _kept: dict[tuple[object, ...], tuple[float, object]] = field(default_factory=dict, init=False, repr=False)

    async def company(self, connection_id: UUID) -> CompanyAnswer:
        async def ask(client: fortnox.Client) -> CompanyAnswer:
            found = await client.company_information()
            return CompanyAnswer(
                tenant=found.database_number,
                name=found.company_name or "",
                organisation_number=found.organisation_number or "",
            )

        return await self._ask(ask, connection_id, "company")

    async def financial_years(self, connection_id: UUID, from_date: date | None, to_date: date | None) -> list[Year]:
        """All years, newest first; the one with exactly these days is marked."""

        async def ask(client: fortnox.Client) -> list[fortnox.FinancialYear]:
            return await client.financial_years()

        years = await self._ask(ask, connection_id, "financial-years")
        return [
            Year(
                id=year.id,
                from_date=year.from_date,
                to_date=year.to_date,
                accounting_method=year.accounting_method,
                matches=(year.from_date, year.to_date) == (from_date, to_date),
            )
            for year in sorted(years, key=lambda year: year.from_date, reverse=True)
        ]

    async def voucher_series(self, connection_id: UUID, financial_year: int) -> list[Series]:
        """The year's series: those for manual vouchers first with their next number, then the others with why not."""

        async def ask(client: fortnox.Client) -> list[Series]:
            listed = await client.every(fortnox.VOUCHER_SERIES, financialyear=financial_year)
            manual = [await client.voucher_series(one.code, financial_year) for one in listed if one.manual]
            return [*map(_bookable, manual), *(_not_bookable(one) for one in listed if not one.manual)]

        return await self._ask(ask, connection_id, "voucher-series", financial_year)

    async def locked_period(self, connection_id: UUID) -> LockedPeriod:
        async def ask(client: fortnox.Client) -> LockedPeriod:
            return LockedPeriod(locked_until=await client.locked_period())

        return await self._ask(ask, connection_id, "locked-period")

    async def _ask(
        self, ask: Callable[[fortnox.Client], Awaitable[Answer]], connection_id: UUID, *question: object
    ) -> Answer:
        """The answer, from memory if it is fresh. Raises ProblemError."""
        key, now = (connection_id, *question), self.clock.boottime()
        if (known := self._kept.get(key)) and known[0] > now:
            return cast("Answer", known[1])
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self.leasing.permits(connection_id) as permits,
                fortnox.Client(permits, base_url=self.api_url, transport=self.transport) as client,
            ):
                answer = await ask(client)
        except fortnox.FortnoxError as error:
            raise problems.in_use(error) from None
        except TimeoutError:
            raise problems.FORTNOX_AWAY.error() from None
        self._keep(key, answer)
        return answer

    def _keep(self, key: tuple[object, ...], answer: object) -> None:
        now = self.clock.boottime()
        if len(self._kept) >= REMEMBERED:
            self._kept = {one: known for one, known in self._kept.items() if known[0] > now}
        self._kept[key] = (now + KEPT, answer)


def _bookable(series: fortnox.VoucherSeries) -> Series:
    return Series(
        code=series.code,
        description=series.description or "",
        manual=True,
        next_number=series.next_voucher_number,
    )


def _not_bookable(series: fortnox.VoucherSeries) -> Series:
    return Series(
        code=series.code,
        description=series.description or "",
        manual=False,
        why_not="Serien är inte öppen för manuell kontering i det här räkenskapsåret.",
        next_step="Aktivera Manuell kontering för serien i detta räkenskapsår i Fortnox, eller välj en annan serie.",
    )
