"""No call of Fortnox without a permit of its own: whatever is asked, and whatever goes wrong."""

import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest

from fortnox import INVOICES, Client, FortnoxError, NewVoucher, NewVoucherRow, Permit, boottime
from fortnox.testing import FreePermit, Said, Script

VOUCHER = NewVoucher(
    voucher_series="A",
    transaction_date=date(2023, 12, 31),
    description="Periodisering",
    voucher_rows=(
        NewVoucherRow(account=1930, debit=Decimal(1), credit=Decimal(0)),
        NewVoucherRow(account=1910, debit=Decimal(0), credit=Decimal(1)),
    ),
)


async def read_pages(client: Client) -> None:
    async for _ in client.pages(INVOICES):
        pass


CALLS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "company_information": lambda client: client.company_information(),
    "financial_years": lambda client: client.financial_years(),
    "sie": lambda client: client.sie(4, 1),
    "page": lambda client: client.page(INVOICES),
    "pages": read_pages,
    "every": lambda client: client.every(INVOICES),
    "invoice": lambda client: client.invoice("1"),
    "invoice_payment": lambda client: client.invoice_payment("1"),
    "supplier_invoice": lambda client: client.supplier_invoice("1"),
    "supplier_invoice_payment": lambda client: client.supplier_invoice_payment("1"),
    "voucher_series": lambda client: client.voucher_series("A", 1),
    "voucher": lambda client: client.voucher("A", 1, 1),
    "create_voucher": lambda client: client.create_voucher(VOUCHER, 1),
    "locked_period": lambda client: client.locked_period(),
}
ANSWERS: list[Said | Exception] = [
    Said(200, {"MetaInformation": {"@TotalResources": 1, "@TotalPages": 1, "@CurrentPage": 1}, "Invoices": []}),
    Said(200, b"<html>"),
    Said(401),
    Said(404),
    Said(429),
    Said(503),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
]


class NoMore(Exception):
    """There are no slots."""


class Numbered:
    """So many permits, each with a token that shows in the request that it was used for."""

    def __init__(self, many: int) -> None:
        self._many = many
        self._numbers = count(1)

    async def acquire(self) -> FreePermit:
        number = next(self._numbers)
        if number > self._many:
            raise NoMore
        return FreePermit(f"permit {number}", None, boottime() + 60)

    async def refused(self, permit: Permit) -> None:
        pass


def test_all_that_the_client_can_do_is_looked_at() -> None:
    public = {name for name, what in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")}

    assert public == CALLS.keys()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_without_a_permit_nothing_is_sent(call: Callable[[Client], Awaitable[Any]]) -> None:
    script = Script(ANSWERS[0])

    async with Client(Numbered(0), transport=script) as client:
        with pytest.raises(NoMore):
            await call(client)

    assert script.requests == []


@pytest.mark.parametrize("answer", ANSWERS, ids=[str(getattr(one, "status", one)) for one in ANSWERS])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_each_try_has_a_permit_of_its_own(
    call: Callable[[Client], Awaitable[Any]], answer: Said | Exception
) -> None:
    script = Script(answer)

    async with Client(Numbered(3), transport=script) as client:
        with suppress(FortnoxError, NoMore):
            await call(client)

    used = [request.headers["authorization"] for request in script.requests]
    assert used == [f"Bearer permit {number}" for number in range(1, len(used) + 1)]
    assert 1 <= len(used) <= 3
