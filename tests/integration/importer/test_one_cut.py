"""What changes while it is read is read again; what never rests is told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from common.events import Dataset
from fortnox import INVOICE_PAYMENTS, Client
from importer.conclusion import conclude

Edit = Callable[[Any], Awaitable[object]]
DAY = date(2010, 12, 31)


class Meddling(httpx.AsyncBaseTransport):
    """The way to Fortnox, on which somebody changes something just before some calls arrive."""

    def __init__(self, inner: httpx.AsyncBaseTransport, meddle: Callable[[httpx.Request], Awaitable[None]]) -> None:
        self._inner, self._meddle = inner, meddle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._meddle(request)
        return await self._inner.handle_async_request(request)


def before_looks(fortnox: Any, edit: Edit, *, times: int) -> None:
    """Makes the edit just before the second look, so many looks long; the books are the first to be looked at."""
    files, turn = 0, asyncio.Lock()

    async def meddle(request: httpx.Request) -> None:
        nonlocal files
        async with turn:
            files += request.url.path == "/3/sie/4"
            if request.url.path == "/3/sie/4" and 1 < files <= 1 + times:
                await edit(fortnox)

    fortnox.undisturbed = fortnox.transport
    fortnox.transport = Meddling(fortnox.transport, meddle)


async def books_by_hand(fortnox: Any) -> None:
    rows = [(1510, Decimal("-1234.50")), (1930, Decimal("1234.50"))]
    await fortnox.simulator.book_voucher(fortnox.tenant, series="A", date=date(2010, 8, 1), rows=rows)


async def strikes_a_voucher(fortnox: Any) -> None:
    await fortnox.simulator.delete_last_voucher(fortnox.tenant, "A", financial_year=await year_of(fortnox))


async def year_of(fortnox: Any) -> int:
    vouchers = await fortnox.simulator.vouchers(fortnox.tenant)
    return int(next(one["financial_year"] for one in vouchers if one["date"].startswith("2010")))


async def invoices(fortnox: Any) -> None:
    await fortnox.simulator.create_invoice(fortnox.tenant, "customer", 1000, date=date(2010, 12, 30))


async def pays(fortnox: Any) -> None:
    truth = await fortnox.truth("customer_ledger", DAY)
    number = next(item["number"] for item in truth["items"] if not item["paid_after"])
    await fortnox.simulator.pay_invoice(fortnox.tenant, "customer", int(number), date=date(2011, 3, 1))


async def pays_some_time_ago(fortnox: Any) -> None:
    truth = await fortnox.truth("supplier_ledger", DAY)
    number = next(item["number"] for item in truth["items"] if not item["paid_after"])
    await fortnox.simulator.pay_invoice(fortnox.tenant, "supplier", int(number), date=date(2010, 12, 31))


async def takes_a_payment_back(fortnox: Any) -> None:
    async with Client(fortnox.permits, base_url=fortnox.simulator.base_url, transport=fortnox.undisturbed) as client:
        unbooked = [one for one in await client.every(INVOICE_PAYMENTS) if not one.booked]
    await fortnox.simulator.edit("delete_payment", fortnox.tenant, kind="customer", payment=int(unbooked[0].number))


@pytest.mark.parametrize(
    "edit", [books_by_hand, strikes_a_voucher, invoices, pays, pays_some_time_ago, takes_a_payment_back]
)
async def test_what_is_told_is_of_one_moment(found: Any, request_for: Any, edit: Edit) -> None:
    fortnox, request = await found(invoices={"customer": 300, "supplier": 200}), request_for(2010, DAY)
    before_looks(fortnox, edit, times=1)

    fetched = await fortnox.fetch(request)

    fortnox.checkpoints = type(fortnox.checkpoints)()
    anew = await fortnox.fetch(request)
    assert fetched.books_moved == ()
    assert conclude(request, fetched).ledgers == conclude(request, anew).ledgers
    assert fetched.document.sha256 == anew.document.sha256
    assert fetched.sources == anew.sources


async def test_what_never_rests_is_read_three_times_and_told(found: Any, request_for: Any) -> None:
    fortnox, request = await found(), request_for(2010, DAY)
    before_looks(fortnox, books_by_hand, times=99)

    fetched = await fortnox.fetch(request)

    vouchers = [one for one in fetched.books_moved if one.startswith("vouchers A ")]
    assert len(fetched.books_moved) == len(vouchers) == 1
    files = [call for call in await fortnox.simulator.calls() if call["path"] == "/3/sie/4"]
    assert len(files) == 4
    checks = conclude(request, fetched).checks
    assert next(one for one in checks if one.code == "import.one-moment").count == 1


async def test_books_alone_are_of_one_moment_and_looked_at_once(found: Any, request_for: Any) -> None:
    fortnox, request = await found(), request_for(2010, DAY, datasets=(Dataset.SIE4,))

    fetched = await fortnox.fetch(request)

    assert len([call for call in await fortnox.simulator.calls() if "/3/" in call["path"]]) == fetched.calls == 3


async def test_a_change_is_only_what_comes_back_different(found: Any, request_for: Any) -> None:
    """Clocks differ: what was changed in the minutes before is asked for too."""
    fortnox, request = await found(), request_for(2010, DAY)
    await invoices(fortnox)

    fetched = await fortnox.fetch(request)

    assert fetched.books_moved == ()
    looks = [call for call in await fortnox.simulator.calls() if "lastmodified" in call["query"]]
    assert len(looks) == 4
