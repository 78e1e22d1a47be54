"""Every item of both ledgers, compared with what really happened in the simulator, to the öre."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.events.import_data import OpenItem
from importer.conclusion import conclude

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
        assert [told(item) for item in ledger.items] == [true(item) for item in truth["items"]]
        assert ledger.reconciliation.ledger_total == Decimal(truth["total"])
        assert ledger.reconciliation.account_balance == Decimal(truth["account_balance"])
        if "method" not in wishes:
            assert ledger.reconciliation.difference == 0


def told(item: OpenItem) -> dict[str, Any]:
    return {
        "number": item.number,
        "party": item.counterparty_number,
        "dates": (item.invoice_date.isoformat(), item.due_date.isoformat() if item.due_date else None),
        "days_overdue": max(0, item.days_overdue),
        "currency": item.currency,
        "amounts": (item.amount, item.paid_before, item.remaining, item.remaining_sek),
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
        "paid_after": sorted((one["date"], Decimal(one["amount"])) for one in item["paid_after"]),
    }
