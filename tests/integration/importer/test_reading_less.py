"""Payments that can't matter are left out, and the ledgers are the same to the öre."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from importer.conclusion import conclude
from importer.fetch import reading

SIZES = {"customer": 400, "supplier": 250}


async def calls(fortnox: Any) -> Counter[str]:
    return Counter(call["path"].split("/")[2] for call in await fortnox.simulator.calls() if "/3/" in call["path"])


@pytest.mark.parametrize("day", [date(2010, 12, 31), date(2010, 11, 20)], ids=str)
@pytest.mark.parametrize("sorts", [True, False], ids=["newest first", "as it pleases"])
@pytest.mark.parametrize("seed", [5, 6])
async def test_the_ledgers_are_those_of_all_payments(
    found: Any, request_for: Any, monkeypatch: pytest.MonkeyPatch, seed: int, day: date, *, sorts: bool
) -> None:
    monkeypatch.setattr(reading, "PAGE_SIZE", 20)
    fortnox, request = await found(seed=seed, invoices=SIZES), request_for(2010, day)
    await fortnox.simulator.set_switch("payment_sort_honoured", sorts)

    fetched = await fortnox.fetch(request)

    for ledger in conclude(request, fetched).ledgers:
        truth = await fortnox.truth(ledger.dataset, day)
        assert [(one.number, one.remaining) for one in ledger.items] == [
            (one["number"], Decimal(one["remaining"])) for one in truth["items"]
        ]
    narrowed = [dataset for dataset, sources in fetched.sources.items() if sources.payments_from is not None]
    if not sorts:
        assert narrowed == []
    elif day.month == 12:  # else fewer calls read all of them than ask for what the newest don't tell
        assert narrowed == ["customer_ledger"]


async def test_a_settlement_dated_long_before_its_credit_note_is_found(
    found: Any, request_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts from the credit note's date, which lies after the closing date (fact 5.7)."""
    monkeypatch.setattr(reading, "PAGE_SIZE", 20)
    fortnox, day = await found(invoices=SIZES), date(2010, 12, 31)
    old = await fortnox.simulator.create_invoice(fortnox.tenant, "customer", 800, date=date(2010, 2, 1))
    credit = await fortnox.simulator.create_invoice(fortnox.tenant, "customer", -800, date=date(2011, 1, 20))
    await fortnox.simulator.edit(
        "settle", fortnox.tenant, kind="customer", number=old["number"], credit=credit["number"], date="2010-02-03"
    )
    request = request_for(2010, day)

    result = conclude(request, await fortnox.fetch(request))

    item = next(one for one in result.ledgers[0].items if one.number == str(old["number"]))
    assert (item.remaining, item.paid_after[0].date) == (Decimal(800), date(2011, 1, 20))


async def test_the_issue_s_company_takes_no_more_than_45_calls(found: Any, request_for: Any, figure: Any) -> None:
    """5,000 customer and 3,000 supplier invoices, payments in no order that helps or newest first."""
    fortnox = await found(invoices={"customer": 4_620, "supplier": 2_780})
    request = request_for(2010, date(2010, 12, 31))

    fetched = await fortnox.fetch(request)

    used = await calls(fortnox)
    figure(f"an import of 5,000 and 3,000 invoices takes {used.total()} calls: {dict(used)}")
    assert used.total() == fetched.calls <= 45
    for dataset, invoices in (("customer_ledger", 5_000), ("supplier_ledger", 3_000)):
        assert invoices * 0.98 < len(fetched.sources[dataset].listed) <= invoices
