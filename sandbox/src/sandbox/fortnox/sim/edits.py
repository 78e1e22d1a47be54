"""What another person does in Fortnox meanwhile: books, locks, strikes, deletes, takes away rights. Nothing is checked
here but what can't be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from sandbox.fortnox.books import booking, load
from sandbox.fortnox.books.booking import Proposal
from sandbox.fortnox.books.model import Account, FinancialYear, Limits, Row, Series, Voucher
from sandbox.fortnox.company import Company
from sandbox.fortnox.sim import truth
from sandbox.fortnox.world import World

SOMEBODY = "Anna Andersson"  # signs what is struck or added


class RowModel(BaseModel):
    """A row: its amount with debit positive."""

    account: int
    amount: Decimal
    text: str = ""
    objects: tuple[tuple[str, str], ...] = ()

    def made(self) -> Row:
        row = Row.of(self.account, int(self.amount * 100), self.text)
        row.objects = self.objects
        return row


def book_voucher(
    world: World,
    company: Company,
    *,
    series: str,
    date: date,
    rows: list[RowModel],
    text: str = "Manuell verifikation",
    comments: str = "",
) -> Any:
    """Books a voucher by hand, in any series, locked or not."""
    year = company.year_of(date)
    if year is None:
        raise LookupError(f"no financial year has {date}")
    proposal = Proposal(series, date, text, [row.made() for row in rows], comments)
    return truth.voucher(booking.book(world, company, year, proposal))


def delete_last_voucher(world: World, company: Company, *, series: str, financial_year: int | None = None) -> Any:
    """The last voucher of a series is deleted; its number comes again (fact 5.8)."""
    year = _year(world, company, financial_year)
    voucher = company.books.last(year.id, series)
    if voucher is None:
        raise LookupError(f"series {series} is empty")
    world.drop_voucher(company, voucher)
    return truth.voucher(voucher)


def strike_voucher(
    world: World, company: Company, *, series: str, number: int, financial_year: int | None = None
) -> Any:
    """Strikes all rows: in SIE only #BTRANS are left."""
    voucher = _voucher(world, company, series, number, financial_year)
    for row in voucher.rows:
        row.removed, row.signature = True, SOMEBODY
    return _changed(world, company, voucher)


def correct_voucher(
    world: World,
    company: Company,
    *,
    series: str,
    number: int,
    rows: list[RowModel],
    strike: list[int],
    financial_year: int | None = None,
) -> Any:
    """Strikes the rows at these places (from 0) and adds others."""
    voucher = _voucher(world, company, series, number, financial_year)
    for place in strike:
        voucher.rows[place].removed, voucher.rows[place].signature = True, SOMEBODY
    for wanted in rows:
        row = wanted.made()
        row.added, row.signature = True, SOMEBODY
        voucher.rows.append(row)
    return _changed(world, company, voucher)


def describe_voucher(
    world: World, company: Company, *, series: str, number: int, text: str, financial_year: int | None = None
) -> Any:
    """Changes the description."""
    voucher = _voucher(world, company, series, number, financial_year)
    voucher.text = text
    return _changed(world, company, voucher)


def anonymise(world: World, company: Company, *, financial_year: int) -> None:
    """Erases descriptions and comments of a year (fact 5.8)."""
    for voucher in company.books.of_year(financial_year):
        voucher.text, voucher.comments = "Anonymiserad", ""
        for row in voucher.rows:
            row.text = ""
        _changed(world, company, voucher)


def lock_period(world: World, company: Company, *, date: date | None) -> None:
    """Locks up to and including that day; None unlocks."""
    company.profile.locked_until = date
    world.keep(company)


def change_account(
    world: World,
    company: Company,
    *,
    account: int,
    financial_year: int | None = None,
    active: bool | None = None,
    name: str | None = None,
    project: str | None = None,
    cost_centre: str | None = None,
    vat_code: str | None = None,
) -> None:
    """Adds an account or changes it: active or not, its name and VAT code, what it demands of dimensions."""
    years = [_year(world, company, financial_year)] if financial_year else company.years
    for year in years:
        known = year.accounts.setdefault(account, Account(account, name or f"Konto {account}"))
        known.active = known.active if active is None else active
        known.name = name or known.name
        known.project_rule = project or known.project_rule
        known.cost_centre_rule = cost_centre or known.cost_centre_rule
        known.vat_code = known.vat_code if vat_code is None else vat_code
        company.books.changed(year.id)
    world.keep(company)


def change_object(
    world: World,
    company: Company,
    *,
    dimension: Literal["1", "6"],
    code: str,
    active: bool = True,
    start: date | None = None,
    end: date | None = None,
    status: str = "ONGOING",
    remove: bool = False,
) -> None:
    """Adds a cost centre (dimension 1) or a project (6), changes when it can be booked on, or takes it away."""
    profile = company.profile
    if remove:
        profile.objects.get(dimension, {}).pop(code, None)
    else:
        profile.objects.setdefault(dimension, {}).setdefault(code, code)
        profile.limits[dimension, code] = Limits(active, start, end, status)
    world.keep(company)


def preset_account(world: World, company: Company, *, name: str, account: int) -> None:
    """Another account than the usual one is preset for something, such as CUSTCLAIM."""
    company.profile.presets[name] = account
    world.keep(company)


def change_series(
    world: World,
    company: Company,
    *,
    series: str,
    financial_year: int | None = None,
    manual: bool | None = None,
    remove: bool = False,
) -> None:
    """Adds a series or changes it in one year or all."""
    for year in [_year(world, company, financial_year)] if financial_year else company.years:
        if remove:
            year.series.pop(series, None)
            continue
        known = year.series.setdefault(series, Series(series, f"Serie {series}"))
        known.manual = known.manual if manual is None else manual
    world.keep(company)


def carry_balances(world: World, company: Company, *, financial_year: int) -> None:
    """ "Överför balanser från föregående år" into that year."""
    following = company.profile.years[financial_year]
    previous = company.previous(following)
    if previous is None:
        raise LookupError("there is no year before")
    load.carry_balances(company, previous, following)
    world.keep(company)


def revoke_consent(world: World, company: Company, *, at_once: bool = False) -> None:
    """The company removes the integration; with `at_once` access tokens are dead too, else they run out."""
    world.grants.withdraw(company.tenant, at_once=at_once)


def kill_access_tokens(world: World, company: Company) -> None:
    world.grants.kill_access_tokens(company.tenant)


def change_licence(world: World, company: Company, *, scope: str | None = None, present: bool = False) -> None:
    """A scope's licence goes or comes; without a scope the integration's own."""
    profile = company.profile
    if scope is None:
        profile.has_integration_licence = present
    elif present:
        profile.licences.add(scope)
    else:
        profile.licences.discard(scope)
    world.keep(company)


def hide_field(world: World, company: Company, *, field: str, hidden: bool = True) -> None:
    """`SupplierInvoice.Balance` then comes as API_NORIGHT (fact 14)."""
    (company.profile.hidden_fields.add if hidden else company.profile.hidden_fields.discard)(field)
    world.keep(company)


def _year(world: World, company: Company, financial_year: int | None) -> FinancialYear:
    if financial_year is None:
        return min(company.profile.years.values(), key=lambda year: year.start)
    return company.profile.years[financial_year]


def _voucher(world: World, company: Company, series: str, number: int, financial_year: int | None) -> Voucher:
    voucher = company.books.find(_year(world, company, financial_year).id, series, number)
    if voucher is None:
        raise LookupError(f"there is no voucher {series} {number}")
    return voucher


def _changed(world: World, company: Company, voucher: Voucher) -> Any:
    voucher.modified = world.clock.now()
    world.keep_voucher(company, voucher)
    return truth.voucher(voucher)
