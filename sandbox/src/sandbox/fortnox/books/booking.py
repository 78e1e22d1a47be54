"""Booking a voucher: what Fortnox checks (facts 6.1, 6.4), then number and date."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sandbox.fortnox.books.model import COST_CENTRE, MANUAL, PROJECT, FinancialYear, Row, Voucher
from sandbox.fortnox.clock import SWEDEN
from sandbox.fortnox.company import Company, Profile
from sandbox.fortnox.switches import Switches
from sandbox.fortnox.wire import errors
from sandbox.fortnox.world import World

LONGEST = {"Description": 200, "Comments": 1000, "TransactionInformation": 100}
# Fortnox's published class of characters, and { } which it accepts besides (fact 3).
FORBIDDEN = re.compile(r"[^\w\u0300-\u036f’\\ –:.`´,;^¤#%§£$€¢¥©™°&/()=+\-*!?²³®½@\u00a0\n\r{}]")


@dataclass(slots=True)
class Proposal:
    """A voucher that wants to be booked."""

    series: str
    date: date
    text: str
    rows: list[Row]
    comments: str = ""
    cost_centre: str = ""
    project: str = ""
    reference_type: str = MANUAL
    reference_number: str = ""
    through_api: bool = False


def book(world: World, company: Company, year: FinancialYear, proposal: Proposal) -> Voucher:
    """Gives the voucher the next number of its series and year."""
    now = world.clock.now()
    voucher = Voucher(
        year.id,
        proposal.series,
        company.books.next_number(year.id, proposal.series),
        proposal.date,
        proposal.text,
        proposal.rows,
        registered=now.astimezone(SWEDEN).date(),
        created=now,
        modified=now,
        comments=proposal.comments,
        reference_type=proposal.reference_type,
        reference_number=proposal.reference_number,
        approval_state=world.switches.approval_state if proposal.through_api else 0,
        cost_centre=proposal.cost_centre,
        project=proposal.project,
        through_api=proposal.through_api,
    )
    world.keep_voucher(company, voucher)
    return voucher


def check(company: Company, year: FinancialYear, proposal: Proposal, switches: Switches) -> None:
    """Raises the refusal that Fortnox would answer with; the first reason wins."""
    check_text("Description", proposal.text)
    check_text("Comments", proposal.comments)
    for row in proposal.rows:
        check_text("TransactionInformation", row.text)
    if not year.contains(proposal.date):
        raise errors.date_outside_year()
    _check_series(year, proposal.series)
    _check_lock(company.profile, proposal, switches)
    _check_objects(company.profile, [(COST_CENTRE, proposal.cost_centre), (PROJECT, proposal.project)], proposal.date)
    for row in proposal.rows:
        _check_row(company.profile, year, row, proposal.date, switches)
    if switches.unbalanced_vouchers == "refuse" and sum(row.amount for row in proposal.rows) != 0:
        raise errors.unbalanced()


def check_text(name: str, value: str) -> None:
    if FORBIDDEN.search(value):
        raise errors.forbidden_characters(name)
    if len(value) > LONGEST[name]:
        raise errors.too_long(name, LONGEST[name])


def _check_series(year: FinancialYear, code: str) -> None:
    series = year.series.get(code)
    if series is None:
        raise errors.series_missing()
    if not series.manual:
        raise errors.series_not_manual(code)


def _check_lock(profile: Profile, proposal: Proposal, switches: Switches) -> None:
    """The closing series is exempt from the lock (fact 5.8)."""
    until = profile.locked_until
    if until is not None and proposal.date <= until and proposal.series != switches.closing_series:
        raise errors.period_locked(until)


def _check_row(profile: Profile, year: FinancialYear, row: Row, day: date, switches: Switches) -> None:
    account = year.accounts.get(row.account)
    if account is None:
        raise errors.no_account(400)
    if not account.active:
        raise errors.inactive_account(row.account)
    _check_objects(profile, row.objects, day)
    rules = {COST_CENTRE: account.cost_centre_rule, PROJECT: account.project_rule}
    for dimension, rule in rules.items():
        given = bool(row.object(dimension))
        if rule == "MANDATORY" and not given:
            required = errors.cost_centre_required if dimension == COST_CENTRE else errors.project_required
            raise required(row.account)
        if rule == "NOTALLOWED" and given:
            raise errors.object_not_allowed(row.account)
    odd = row.debit < 0 or row.credit < 0 or bool(row.debit) == bool(row.credit)
    if odd and switches.odd_rows == "refuse":
        raise errors.odd_row()


def _check_objects(profile: Profile, objects: Iterable[tuple[str, str]], day: date) -> None:
    """A project takes rows of its period only (fact 6.4); what its status does is not known."""
    for dimension, code in objects:
        if not code:
            continue
        if code not in profile.objects.get(dimension, {}):
            raise errors.no_cost_centre() if dimension == COST_CENTRE else errors.no_project()
        limits = profile.limits_of(dimension, code)
        if not limits.active:
            raise errors.inactive_cost_centre()
        if not limits.contains(day):
            raise errors.project_not_open(code)
