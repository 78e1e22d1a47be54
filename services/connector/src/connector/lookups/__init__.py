"""What the product's dialogs ask for: company, financial years, voucher series, lock date. Counted in the budget."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

import httpx

import fortnox
from common.clock import Clock
from common.database import Pool
from common.events import FinancialYear, Trouble
from common.memory import Memory
from common.problems import ProblemError
from connector.leases import Leasing
from connector.lookups import problems, years
from connector.lookups.answers import CompanyAnswer, FinancialYears, LockedPeriod, Series, VoucherSeries, Year
from connector.lookups.refusals import Refusals
from connector.repository import Connections, Use

Answer = TypeVar("Answer")

KEPT = timedelta(seconds=30)  # a dialog asks the same thing several times
REMEMBERED = 1000  # answers
PATIENCE = 20.0  # seconds that somebody in a dialog waits at most
NUMBERS_PATIENCE = 6.0  # seconds after which no more next numbers are asked for
MOST_NUMBERS = 20  # series whose next number is asked for, a call each: the budget is 25 in 5 s
AT_ONCE = 6


class Lookup(NamedTuple):
    """A kind of question: Fortnox's scope for it, and what it is about, in Swedish."""

    name: str
    scope: str
    what: str

    def about(self) -> dict[str, str]:
        return {"lookup": self.name, "scope": self.scope, "what": self.what}


COMPANY = Lookup("company", "companyinformation", "företagets uppgifter")
YEARS = Lookup("financial-years", "bookkeeping", "räkenskapsåren")
SERIES = Lookup("voucher-series", "bookkeeping", "verifikationsserierna")
LOCK = Lookup("locked-period", "settings", "uppgiften om låst period")


@dataclass
class Lookups:
    """Answers from Fortnox, kept for half a minute, or until the company is connected again."""

    pool: Pool
    leasing: Leasing
    refusals: Refusals
    api_url: str
    clock: Clock
    transport: httpx.AsyncBaseTransport | None = None
    memory: Memory = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.clock, KEPT.total_seconds(), REMEMBERED)

    async def company(self, connection_id: UUID) -> CompanyAnswer:
        """Who the company is."""

        async def ask(client: fortnox.Client) -> CompanyAnswer:
            found = await client.company_information()
            return CompanyAnswer(
                tenant=found.database_number,
                name=found.company_name or "",
                organisation_number=found.organisation_number or "",
            )

        return await self._ask(COMPANY, ask, connection_id)

    async def financial_years(self, connection_id: UUID, wished: FinancialYear | None) -> FinancialYears:
        """All years; the one that the product works in, or what differs."""

        async def ask(client: fortnox.Client) -> list[Year]:
            return [_year(found) for found in await client.financial_years()]

        return years.compared(await self._ask(YEARS, ask, connection_id), wished)

    async def voucher_series(self, connection_id: UUID, financial_year: int) -> VoucherSeries:
        """The year's series: those for manual vouchers first with their next number, then the others with why not.

        The list doesn't have the next number (Fortnox fact 6.3): it costs a call for each, so that only those that
        can be booked in get one, and in a company with very many not all of them.
        """

        async def ask(client: fortnox.Client) -> VoucherSeries:
            listed = await client.every(fortnox.VOUCHER_SERIES, financialyear=financial_year)
            manual = [one for one in listed if one.manual]
            numbers = await self._next_numbers(client, manual[:MOST_NUMBERS], financial_year)
            bookable = [_bookable(one, numbers.get(one.code)) for one in manual]
            others = [_not_bookable(one, financial_year) for one in listed if not one.manual]
            none = Trouble.of(problems.NO_MANUAL_SERIES.error(financial_year=financial_year))
            return VoucherSeries(series=(*bookable, *others), trouble=None if bookable else none)

        return await self._ask(SERIES, ask, connection_id, financial_year, whole=_has_all_numbers)

    async def locked_period(self, connection_id: UUID) -> LockedPeriod:
        """Up to when the books are locked."""

        async def ask(client: fortnox.Client) -> LockedPeriod:
            return LockedPeriod(locked_until=await client.locked_period())

        return await self._ask(LOCK, ask, connection_id)

    async def _next_numbers(
        self, client: fortnox.Client, series: list[fortnox.VoucherSeries], financial_year: int
    ) -> dict[str, int | None]:
        """A few at once, and none begun when time is short: a call broken off would hold its slot for long."""
        gate, give_up_at = asyncio.Semaphore(AT_ONCE), self.clock.boottime() + NUMBERS_PATIENCE

        async def number(code: str) -> int | None:
            async with gate:
                if self.clock.boottime() > give_up_at:
                    return None
                try:
                    return (await client.voucher_series(code, financial_year)).next_voucher_number
                except (fortnox.FortnoxError, ProblemError):  # the series itself is known
                    return None

        codes = [one.code for one in series]
        return dict(zip(codes, await asyncio.gather(*map(number, codes)), strict=True))

    async def _ask(
        self,
        lookup: Lookup,
        ask: Callable[[fortnox.Client], Awaitable[Answer]],
        connection_id: UUID,
        *question: object,
        whole: Callable[[Answer], bool] = lambda _: True,
    ) -> Answer:
        """The answer, from memory if it is fresh and the consent the same. Raises ProblemError."""
        async with self.pool.acquire() as connection:
            use = await Connections(connection).use(connection_id)
        if use is None:
            return await self._call(lookup, ask, connection_id)  # which says why it can't be used
        if lookup.scope not in use.scopes:
            raise problems.SCOPE_MISSING.error(**lookup.about())
        key = (use.grant_id, use.version, lookup.name, *question)
        return await self.memory.answer(key, lambda: self._heeded(lookup, ask, connection_id, use), whole)

    async def _heeded(
        self, lookup: Lookup, ask: Callable[[fortnox.Client], Awaitable[Answer]], connection_id: UUID, use: Use
    ) -> Answer:
        """The answer; what it says of the scope is told to whom it concerns."""
        try:
            answer = await self._call(lookup, ask, connection_id)
        except ProblemError as error:
            if error.problem in {problems.SCOPE_MISSING, problems.LICENCE_MISSING}:
                await self.refusals.refused(use, lookup.scope)
            raise
        await self.refusals.allowed(use, lookup.scope)
        return answer

    async def _call(
        self, lookup: Lookup, ask: Callable[[fortnox.Client], Awaitable[Answer]], connection_id: UUID
    ) -> Answer:
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self.leasing.permits(connection_id) as permits,
                fortnox.Client(permits, base_url=self.api_url, transport=self.transport) as client,
            ):
                return await ask(client)
        except fortnox.FortnoxError as error:
            raise problems.of(error, **lookup.about()) from None
        except TimeoutError:
            raise problems.SLOW.error(seconds=PATIENCE) from None


def _year(found: fortnox.FinancialYear) -> Year:
    return Year(
        id=found.id, from_date=found.from_date, to_date=found.to_date, accounting_method=found.accounting_method
    )


def _bookable(series: fortnox.VoucherSeries, next_number: int | None) -> Series:
    return Series(
        code=series.code, description=series.description or "", manual=True, next_number=next_number, trouble=None
    )


def _not_bookable(series: fortnox.VoucherSeries, financial_year: int) -> Series:
    trouble = Trouble.of(problems.NOT_MANUAL.error(series=series.code, financial_year=financial_year))
    return Series(
        code=series.code, description=series.description or "", manual=False, next_number=None, trouble=trouble
    )


def _has_all_numbers(answer: VoucherSeries) -> bool:
    """Of those that are asked for."""
    asked = [one for one in answer.series if one.manual][:MOST_NUMBERS]
    return all(one.next_number is not None for one in asked)
