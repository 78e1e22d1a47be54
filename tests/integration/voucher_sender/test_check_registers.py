"""What the check reads: each register once, for as few calls as can be, and of no other company."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.events.voucher_batches import DimensionObject, VoucherRow
from fortnox.testing import FreePermits

MOST_CALLS = 8
AFTERWARDS = 2  # the lock date and the books are never from memory


@dataclass
class Told(httpx.AsyncBaseTransport):
    """The way to Fortnox, with something that happens before each request."""

    inner: httpx.AsyncBaseTransport
    before: Callable[[httpx.Request], Awaitable[None]]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.before(request)
        return await self.inner.handle_async_request(request)


@pytest.fixture
def calls(office: Any) -> Any:
    """The paths called since the last time."""

    async def take() -> list[str]:
        paths = [one["path"] for one in await office.simulator.calls()]
        await office.simulator.clear_calls()
        return paths

    return take


async def codes(office: Any, batch: Any, sender: Any) -> list[str]:
    """What is found in a batch's first voucher by that process."""
    await office.approve(batch)
    await office.work(sender)
    events = await office.events(batch)
    return [one["code"] for one in events[0]["findings"]]


async def large(office: Any, voucher: Any) -> list[Any]:
    """200 vouchers of a company with 500 accounts, cost centres and projects in use, and ledger accounts of its own."""
    dice = random.Random(7)
    year = office.company.profile.years[office.financial_year]
    for dimension, code in (("1", "NORR"), ("6", "1005")):
        await office.simulator.edit("change_object", office.tenant, dimension=dimension, code=code)
    await office.simulator.edit("preset_account", office.tenant, name="CUSTCLAIM", account=1515)
    await office.simulator.edit("change_account", office.tenant, account=1515)
    for number in range(5000, 5500 - len(year.accounts)):
        await office.simulator.edit("change_account", office.tenant, account=number)
    objects = DimensionObject(dimension=1, object="NORR"), DimensionObject(dimension=6, object="1005")

    def rows(amount: Decimal) -> tuple[VoucherRow, ...]:
        return (
            VoucherRow(account=dice.choice([1515, 5001, 6570]), debit=amount, dimensions=objects),
            VoucherRow(account=1930, credit=amount),
        )

    return [voucher(number, rows=rows(Decimal(number))) for number in range(1, 201)]


async def test_a_batch_of_200_is_checked_with_eight_calls_and_the_next_one_with_two(
    office: Any, a_batch: Any, voucher: Any, calls: Any, figure: Any
) -> None:
    vouchers, sender = await large(office, voucher), office.sender()
    assert len(office.company.profile.years[office.financial_year].accounts) == 500
    await calls()

    events = []
    for mode in ("check", "check", "book"):
        batch = await office.approve(a_batch(vouchers if mode == "check" else vouchers[:1], mode=mode))
        await office.work(sender)
        events.append((await office.events(batch), await calls()))

    (first, first_calls), (_, second_calls), (_, booking_calls) = events
    assert first[-1]["passed"] == 200
    assert {one["code"] for event in first[:-1] for one in event["findings"]} == {"voucher.ledger-account"}
    assert len(first_calls) == first[-1]["calls"] == MOST_CALLS
    assert sorted(second_calls) == ["/3/settings/lockedperiod", "/3/sie/4"]
    figure(
        f"a check of 200 vouchers: {len(first_calls)} calls, right after it {len(second_calls)}; "
        f"checking and booking one right after: {len(booking_calls)}"
    )


async def test_501_accounts_take_one_call_more(office: Any, a_batch: Any, voucher: Any, calls: Any) -> None:
    vouchers = await large(office, voucher)
    await office.simulator.edit("change_account", office.tenant, account=8000)
    await calls()

    await office.book(a_batch(vouchers, mode="check"))

    assert len(await calls()) == MOST_CALLS + 1


async def test_ledger_accounts_vat_codes_and_the_cash_method_are_warned_of(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    """As the company has them: its own ledger account, its VAT codes, its method."""
    office.company.profile.method = "CASH"
    await office.simulator.edit("preset_account", office.tenant, name="SUPPDEBT", account=2445)
    await office.simulator.edit("change_account", office.tenant, account=2445)
    await office.simulator.edit("change_account", office.tenant, account=2611, vat_code="U1")
    rows = (VoucherRow(account=2611, debit=Decimal(5)), VoucherRow(account=2445, credit=Decimal(5)))

    events = await office.book(a_batch([voucher(1, rows=rows)], mode="check"))

    assert events[0]["passed"]
    assert [(one["code"], one["row"]) for one in events[0]["findings"]] == [
        ("voucher.vat-account", 1),
        ("voucher.ledger-account", 2),
        ("voucher.cash-method", 2),
    ]


async def test_what_a_batch_does_not_use_is_not_read(office: Any, a_batch: Any, calls: Any) -> None:
    await office.book(a_batch(1, mode="check"))

    assert sorted(await calls()) == [
        "/3/accounts",
        "/3/financialyears",
        "/3/settings/lockedperiod",
        "/3/sie/4",
        "/3/voucherseries",
    ]


async def test_what_somebody_mends_in_fortnox_is_seen_at_once(office: Any, a_batch: Any, voucher: Any) -> None:
    """An error is never told from memory; what has become wrong is, for a minute, and then refused by Fortnox."""
    sender = office.sender()
    rows = (VoucherRow(account=7833, debit=Decimal(5)), VoucherRow(account=1930, credit=Decimal(5)))
    batch = {"vouchers": [voucher(1, rows=rows)], "mode": "check"}
    assert await codes(office, a_batch(**batch), sender) == ["voucher.account-missing"]

    await office.simulator.edit("change_account", office.tenant, account=7833)

    assert await codes(office, a_batch(**batch), sender) == []
    await office.simulator.deactivate_account(office.tenant, 7833)
    assert await codes(office, a_batch(**batch), sender) == []
    assert await codes(office, a_batch(**batch), office.sender()) == ["voucher.account-inactive"]


async def test_a_batch_wrong_by_memory_takes_no_more_calls_than_the_first(
    office: Any, a_batch: Any, voucher: Any, calls: Any
) -> None:
    vouchers, sender = await large(office, voucher), office.sender()
    await codes(office, a_batch(vouchers, mode="check"), sender)
    await calls()

    found = await codes(office, a_batch(vouchers, mode="check", series="Q"), sender)

    assert "vouchers.no-series" in found
    assert len(await calls()) == MOST_CALLS


async def test_the_lock_date_is_never_from_memory(office: Any, a_batch: Any) -> None:
    sender = office.sender()
    assert await codes(office, a_batch(1, mode="check"), sender) == []

    await office.simulator.lock_period(office.tenant, office.last_day)

    assert await codes(office, a_batch(1, mode="check"), sender) == ["voucher.date-locked"]


async def test_registers_are_remembered_as_long_as_the_setting_says(
    office: Any, a_batch: Any, patient: Any, calls: Any
) -> None:
    office = patient(registers=timedelta(0))
    sender = office.sender()
    await codes(office, a_batch(1, mode="check"), sender)
    await calls()

    await codes(office, a_batch(1, mode="check"), sender)

    assert "/3/accounts" in await calls()


async def test_no_company_is_checked_by_anothers_registers(office: Any, a_batch: Any, voucher: Any, calls: Any) -> None:
    """Two companies with the same years, numbered alike, and one process."""
    other = office.beside(4712)
    await office.simulator.deactivate_account(other.tenant, 7832)
    leads_to = {one.connection_id: FreePermits(one.token(), tenant=one.tenant) for one in (office, other)}

    @asynccontextmanager
    async def permits(connection_id: UUID) -> AsyncIterator[FreePermits]:
        yield leads_to[connection_id]

    sender = replace(office.sender(), permits=permits)
    elsewhere = {"connection_id": other.connection_id, "mode": "check"}

    assert await codes(office, a_batch(1, mode="check"), sender) == []
    await calls()
    assert await codes(office, a_batch(1, **elsewhere), sender) == ["voucher.account-inactive"]
    assert len(await calls()) == 5
    assert await codes(office, a_batch(1, mode="check"), sender) == []
    assert len(await calls()) == AFTERWARDS


async def test_a_connection_that_comes_to_lead_to_another_company_ends_the_batch(office: Any, a_batch: Any) -> None:
    """Registers of two companies in one check would be kept for the wrong one."""
    permits = FreePermits(office.token(), tenant=office.tenant)
    batch = await office.approve(a_batch(1))

    async def change(request: httpx.Request) -> None:
        if request.url.path == "/3/financialyears":
            permits._tenant = office.tenant + 1

    sender = replace(office.sender(permits=permits), transport=Told(office.transport, change))
    await office.work(sender)

    (event,) = await office.events(batch)
    assert (event["type"], event["trouble"]["code"]) == ("vouchers.refused", "vouchers.other-company")
    assert sender.memory.known((office.tenant + 1, "years")) is None


async def test_books_of_another_company_end_the_batch(office: Any, a_batch: Any) -> None:
    """The file says whose it is, whatever the connector believes."""
    batch = await office.approve(a_batch(1))

    await office.work(office.sender(permits=FreePermits(office.token(), tenant=office.tenant + 1)))

    (event,) = await office.events(batch)
    assert (event["type"], event["trouble"]["code"]) == ("vouchers.refused", "vouchers.other-company")


async def test_what_one_connection_may_not_read_is_read_by_another(office: Any, a_batch: Any, voucher: Any) -> None:
    sender = office.sender()
    rows = (
        VoucherRow(account=7832, debit=Decimal(5), dimensions=(DimensionObject(dimension=1, object="SYD"),)),
        VoucherRow(account=1229, credit=Decimal(5)),
    )
    batch = {"vouchers": [voucher(1, rows=rows)], "mode": "check"}
    await office.simulator.remove_licence(office.tenant, "costcenter")
    assert await codes(office, a_batch(**batch), sender) == ["voucher.object-not-declared"]

    await office.simulator.restore_licence(office.tenant, "costcenter")

    assert await codes(office, a_batch(**batch), sender) == ["voucher.cost-centre-missing"]
