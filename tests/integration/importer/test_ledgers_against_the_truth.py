"""Every item of both ledgers, compared with what really happened in the simulator, to the öre."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.events import FinancialYear, Verdict
from common.events.import_data import OpenItem
from importer.conclusion import conclude
from importer.ledger import as_of
from importer.result import Ledger
from sandbox.fortnox.shapes import Shape, shape

COMPANIES = [
    {"seed": 1},
    {"seed": 2, "invoices": {"customer": 400, "supplier": 300}},
    {"seed": 3, "method": "CASH", "invoices": {"customer": 120, "supplier": 90}},
    {"seed": 4, "invoices": {"customer": 900, "supplier": 700}},
]
DAYS = [date(2010, 12, 31), date(2010, 6, 30), date(2010, 9, 17)]


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("wishes", COMPANIES, ids=lambda wishes: f"seed-{wishes['seed']}")
async def test_each_item_is_what_it_really_was(found: Any, request_for: Any, wishes: Any, day: date) -> None:
    fortnox = await found(**wishes)
    request = request_for(2010, day)

    result = conclude(request, await fortnox.fetch(request))

    assert len(result.ledgers) == 2
    for ledger in result.ledgers:
        truth = await fortnox.truth(ledger.dataset, day)
        equals(ledger, truth)
        if "method" not in wishes:
            assert ledger.reconciliation.difference == 0


@pytest.mark.parametrize("seed", range(24))
async def test_a_company_of_any_shape(shaped: Any, request_for: Any, seed: int) -> None:
    await compare(shaped, request_for, shape(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1600))
async def test_hundreds_of_companies_of_any_shape(shaped: Any, request_for: Any, seed: int) -> None:
    await compare(shaped, request_for, shape(seed, largest=random.Random(seed).choice((60, 300, 1000))))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2000, 2008))
async def test_companies_with_thousands_of_invoices(shaped: Any, request_for: Any, seed: int) -> None:
    await compare(shaped, request_for, replace(shape(seed), invoices={"customer": 5000, "supplier": 3000}))


async def compare(shaped: Any, request_for: Any, wanted: Shape) -> None:
    """Both ledgers on both closing dates, item for item."""
    fortnox = await shaped(wanted)
    year = FinancialYear(from_date=wanted.start, to_date=wanted.end)
    for day in wanted.closing_dates:
        fortnox.checkpoints.kept.clear()
        request = request_for(day.year, day, financial_year=year)
        result = conclude(request, await fortnox.fetch(request))
        for ledger in result.ledgers:
            equals(ledger, await fortnox.truth(ledger.dataset, day))


def equals(ledger: Ledger, truth: dict[str, Any]) -> None:
    assert [told(item) for item in ledger.items] == [true(item) for item in truth["items"]]
    totals = as_of.totals(ledger.items)
    assert totals["total_sek"] == ore(truth["total"])
    assert totals["credits_sek"] == ore(truth["credits"])
    assert totals["tax_agency_sek"] == sum(ore(item["tax_agency_share"]) for item in truth["items"])
    beside = [(one.number, one.invoice, str(one.date), one.amount) for one in ledger.unbooked_payments]
    assert beside == [
        (one["number"], one["invoice"], one["date"], Decimal(one["amount"])) for one in truth["unbooked_payments"]
    ]
    if truth["account_balance"] is not None:
        assert ledger.reconciliation.account_balance == Decimal(truth["account_balance"])
    effects = sum((one.effect for one in ledger.reconciliation.explanations), Decimal(0))
    assert ledger.reconciliation.difference == effects, "what differs is wholly explained"
    assert ledger.reconciliation.unexplained == 0
    for item, really in zip(ledger.items, truth["items"], strict=True):
        assert item.credit_of in {None, really["credits"]}
        assert item.reminders in {None, really["reminders"]}


def ore(amount: str) -> int:
    return int(Decimal(amount) * 100)


async def test_a_voucher_by_hand_on_the_ledger_account_is_the_difference(found: Any, request_for: Any) -> None:
    fortnox = await found()
    rows = [(1510, Decimal("-1234.50")), (1930, Decimal("1234.50"))]
    await fortnox.simulator.book_voucher(fortnox.tenant, series="A", date=date(2010, 8, 1), rows=rows)
    request = request_for(2010)

    result = conclude(request, await fortnox.fetch(request))

    customers = result.ledgers[0]
    assert customers.reconciliation.difference == Decimal("1234.50")
    (check,) = [one for one in result.checks if one.code == "customer-ledger.reconciliation"]
    assert (check.verdict, check.amount) == (Verdict.WARNING, Decimal("1234.50"))


async def test_a_second_reading_asks_only_what_is_not_kept(found: Any, request_for: Any) -> None:
    fortnox = await found()
    request = request_for(2010)
    first = await fortnox.fetch(request)
    calls = len(await fortnox.simulator.calls())

    second = await fortnox.fetch(request)

    assert conclude(request, second).ledgers == conclude(request, first).ledgers
    again = (await fortnox.simulator.calls())[calls:]
    looks = [call["path"] for call in again if "limit=1&" in call["query"] or "lastmodified" in call["query"]]
    assert sorted(call["path"] for call in again) == sorted([*looks, "/3/sie/4"])


def told(item: OpenItem) -> dict[str, Any]:
    return {
        "number": item.number,
        "party": item.counterparty_number,
        "dates": (item.invoice_date.isoformat(), item.due_date.isoformat() if item.due_date else None),
        "days_overdue": max(0, item.days_overdue),
        "currency": item.currency,
        "amounts": (item.amount, item.paid_before, item.remaining, item.remaining_sek),
        "tax_agency_share": item.tax_agency_share or 0,
        "paid_after": sorted((one.date.isoformat(), one.amount) for one in paid_in_all(item)),
    }


def paid_in_all(item: OpenItem) -> list[Any]:
    """A payment and what was written off with it are one event in the truth."""
    sums: dict[tuple[str, date], Any] = {}
    for one in item.paid_after:
        key = (one.reference, one.date)
        earlier = sums.get(key)
        sums[key] = one.model_copy(update={"amount": one.amount + earlier.amount}) if earlier else one
    return list(sums.values())


def true(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": item["number"],
        "party": item["party"],
        "dates": (item["date"], item["due"]),
        "days_overdue": item["days_overdue"],
        "currency": item["currency"],
        "amounts": tuple(Decimal(item[name]) for name in ("total", "paid_before", "remaining", "remaining_sek")),
        "tax_agency_share": Decimal(item["tax_agency_share"]),
        "paid_after": sorted(
            (one["date"], Decimal(one["amount"])) for one in item["paid_after"] if Decimal(one["amount"])
        ),
    }
