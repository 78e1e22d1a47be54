"""Whose books they are, which year, and the books themselves."""

import asyncio
import hashlib
import re
from collections.abc import Collection

from pydantic import Field

import fortnox
import sie
from common.concurrency import tasks
from common.events import Dataset, FinancialYear, ImportRequested
from common.events.types import Model
from common.organisation_number import legal_entity
from importer import problems
from importer.fetch.plan import SECOND_LOOK
from importer.fetch.reading import Reading


class Company(Model):
    """Who the books belong to, and the financial year that is imported."""

    tenant: int
    name: str = Field(repr=False)
    organisation_number: str = Field(repr=False)
    year_id: int
    """Fortnox's id of the year, never a calendar year."""
    financial_year: FinancialYear
    accounting_method: str
    """ACCRUAL or CASH."""

    @property
    def uses_cash_method(self) -> bool:
        """Invoices are booked when they are paid (Fortnox fact 5.7)."""
        return self.accounting_method == fortnox.AccountingMethod.CASH


async def identify(reading: Reading, request: ImportRequested) -> Company:
    """The company and the year that were asked for. Raises the problem that names both sides where Fortnox differs."""
    async with tasks() as group:
        information = group.create_task(
            reading.once("companyinformation", "", fortnox.CompanyInformation, reading.client.company_information)
        )
        years = group.create_task(reading.every(fortnox.FINANCIAL_YEARS, date=request.financial_year.from_date))
    company = information.result()
    check_number(request.expected_organisation_number, company.company_name, company.organisation_number)
    year = find_year(request.financial_year, years.result())
    return Company(
        tenant=company.database_number,
        name=company.company_name or "",
        organisation_number=company.organisation_number or "",
        year_id=year.id,
        financial_year=request.financial_year,
        accounting_method=year.accounting_method or "",
    )


def check_number(expected: str | None, name: str | None, found: str | None) -> None:
    """Compares organisation numbers by their digits. A company that has none in Fortnox is told by a check instead."""
    if expected and found and not same_number(expected, found):
        raise problems.WRONG_COMPANY.error(
            fortnox_company=name or "?",
            fortnox_number=shown_number(found),
            product_number=shown_number(expected),
        )


def same_number(one: str, other: str) -> bool:
    """Equal in their digits; a century in front of a personal number makes no difference."""
    return digits(one)[-10:] == digits(other)[-10:]


def digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def shown_number(number: str) -> str:
    """A legal person's number; a natural person's is never shown."""
    return legal_entity(number) or "personnummer, visas inte"


def find_year(wanted: FinancialYear, years: list[fortnox.FinancialYear]) -> fortnox.FinancialYear:
    """The year that contains the first day asked for; it must have the same first and last day."""
    found = [year for year in years if year.from_date <= wanted.from_date <= year.to_date]
    if not found:
        raise problems.NO_FINANCIAL_YEAR.error(product_year=wanted, product_from=wanted.from_date)
    year = found[0]
    if (year.from_date, year.to_date) != (wanted.from_date, wanted.to_date):
        fortnox_year = FinancialYear(from_date=year.from_date, to_date=year.to_date)
        raise problems.WRONG_FINANCIAL_YEAR.error(fortnox_year=fortnox_year, product_year=wanted)
    return year


async def read(reading: Reading, company: Company) -> sie.Document:
    """The year's books, parsed beside the event loop; the bytes are kept as evidence.

    A file that was cut off on its way is asked for again later, one of another year is refused.
    """
    kept = await reading.checkpoints.sie()
    content = await reading.client.sie(4, company.year_id) if kept is None else kept
    found = await asyncio.to_thread(_parsed, content)
    if isinstance(found, sie.Document) and found.is_cut_off:
        raise fortnox.Unavailable("GET /3/sie/4", reason="truncated")
    if kept is None:
        await reading.checkpoints.keep_sie(content)
    reading.plan.note("sie", kept=kept is not None)
    return _usable(found, company)


async def read_again(reading: Reading, company: Company, before: sie.Document) -> sie.Document | None:
    """The books as they are now; None when they are the same as before.

    Then the file that was read first stays the evidence, else the one that is used instead of it.
    """
    content = await reading.client.sie(4, company.year_id)
    reading.count(SECOND_LOOK)
    if hashlib.sha256(content).hexdigest() == before.sha256:
        return None
    found = _usable(await asyncio.to_thread(_parsed, content), company)
    if found.is_cut_off:
        raise fortnox.Unavailable("GET /3/sie/4", reason="truncated")
    if not await asyncio.to_thread(sie.compare, before, found):
        return None  # made by another version of Fortnox, or on another day
    await reading.checkpoints.keep_sie(content)
    return found


def _usable(found: sie.Document | sie.SieError, company: Company) -> sie.Document:
    """Raises the problem of a file that can't be used."""
    if isinstance(found, sie.SieError):
        raise problems.UNREADABLE_SIE.error(why=found.problems[0].swedish, sie_code=found.code)
    _check_file(found, company.financial_year)
    check_whose(found.header, company)
    return found


def _parsed(content: bytes) -> sie.Document | sie.SieError:
    """Files that can't be read are kept too, so that the error waits."""
    try:
        return sie.read(content)
    except sie.SieError as error:
        return error


def _check_file(document: sie.Document, wanted: FinancialYear) -> None:
    """Of type 4 and of the year that was asked for, or it is none that can be used."""
    year = document.years.get(0)
    if document.kind != 4 or year is None:
        why = f"den är av typ {document.kind} och inte 4." if year else "den anger inget räkenskapsår."
        raise problems.UNREADABLE_SIE.error(why=why, sie_code="not-a-year-of-type-4")
    if (year.start, year.end) != (wanted.from_date, wanted.to_date):
        file_year = FinancialYear(from_date=year.start, to_date=year.end)
        raise problems.SIE_OF_ANOTHER_YEAR.error(file_year=file_year, product_year=wanted)


def check_whose(header: sie.Header, company: Company) -> None:
    """By organisation number; by #FNR, which is the tenant (Fortnox fact 0.2), only where one of them is missing."""
    ours, theirs = company.organisation_number, header.organisation_number
    if digits(ours) and digits(theirs):
        same = same_number(ours, theirs)
    else:
        same = digits(header.company_id) in {"", str(company.tenant)}
    if not same:
        raise problems.SIE_OF_ANOTHER_COMPANY.error(
            file_company=header.company_name or "?",
            file_number=shown_number(theirs) if digits(theirs) else f"#FNR {header.company_id}",
            fortnox_company=company.name or "?",
            fortnox_number=shown_number(ours) if digits(ours) else f"#FNR {company.tenant}",
        )


async def ledger_accounts(reading: Reading, datasets: Collection[Dataset]) -> dict[str, int]:
    """The company's preset accounts by Fortnox's name for them; empty where they may not be read, or aren't needed."""
    if set(datasets) <= {Dataset.SIE4}:
        return {}
    try:
        presets = await reading.every(fortnox.PREDEFINED_ACCOUNTS)
    except (fortnox.NotAllowed, fortnox.NotFound):
        return {}
    return {preset.name: preset.account for preset in presets if preset.account is not None}
