"""Whatever comes back, the caller meets a record or a typed error, and of a write never a false certainty."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fortnox import (
    INVOICES,
    Client,
    FortnoxError,
    InvoiceListItem,
    NewVoucher,
    NewVoucherRow,
    NotSent,
    OutcomeUnknown,
    Refused,
    TokenRefused,
    TooManyRequests,
    Voucher,
)
from fortnox.oauth import OAuth, Tokens, tenant_of
from fortnox.testing import FreePermits, Said, Script

ROW = {"Account": 1930, "Debit": 1, "Credit": 1}
VOUCHER = {
    "VoucherSeries": "A",
    "VoucherNumber": 1,
    "Year": 1,
    "TransactionDate": "2023-12-31",
    "VoucherRows": [ROW, ROW],
}
NEW = NewVoucher(
    voucher_series="A",
    transaction_date=date(2023, 12, 31),
    description="x",
    voucher_rows=[NewVoucherRow(account=1930, debit=Decimal(1)), NewVoucherRow(account=1910, credit=Decimal(1))],
)

statuses = st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 408, 409, 413, 429, 500, 503])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["API_NORIGHT", "", "1", "0.10", "2023-12-31", 2000401, 1000003, "2001101"]),
)
envelope_names = ["ErrorInformation", "error", "Error", "message", "Message", "code", "Code", "error_description"]
list_names = ["MetaInformation", "@TotalResources", "@TotalPages", "Invoices", "Voucher", "VoucherRows"]
names = st.sampled_from([*envelope_names, *list_names, "Balance", "access_token", "scope"])
contents = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4))
)


def altered(record: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The record with some values replaced, so that it comes far before it fails."""
    return st.dictionaries(st.sampled_from(sorted(record)), scalars, max_size=2).map(lambda new: record | new)


bodies = st.one_of(
    st.binary(max_size=64),
    contents.map(lambda content: json.dumps(content).encode()),
    st.builds(lambda v: json.dumps({"Voucher": v}).encode(), altered(VOUCHER)),
    st.builds(lambda v, cut: json.dumps({"Voucher": v}).encode()[:cut], altered(VOUCHER), st.integers(0, 200)),
)


async def outcome(call: Callable[[Client], Awaitable[Any]], status: int, body: bytes) -> Any:
    async with Client(FreePermits("token"), transport=Script(Said(status, body))) as fortnox:
        try:
            return await call(fortnox)
        except FortnoxError as error:
            return error


@given(statuses, bodies)
@example(200, b"[" * 100_000)
@example(200, b'{"Voucher": ' + b"9" * 10_000 + b"}")
@example(200, b"\xff\xfe\x00\x00")
@example(500, b'{"ErrorInformation": {"code": "\\ud800"}}')
@settings(deadline=None, max_examples=150)
def test_a_read_gives_a_record_or_a_typed_error(status: int, body: bytes) -> None:
    single = asyncio.run(outcome(lambda fortnox: fortnox.voucher("A", 1, 1), status, body))
    page = asyncio.run(outcome(lambda fortnox: fortnox.page(INVOICES), status, body))

    assert isinstance(single, FortnoxError) or (status < 300 and isinstance(single, Voucher))
    assert isinstance(page, FortnoxError) or status < 300
    assert str(single) is not None


@given(statuses, bodies)
@settings(deadline=None, max_examples=150)
def test_a_write_is_only_said_not_to_have_happened_by_a_clear_refusal(status: int, body: bytes) -> None:
    result = asyncio.run(outcome(lambda fortnox: fortnox.create_voucher(NEW, 1), status, body))

    if isinstance(result, Voucher):
        assert status < 300
    elif isinstance(result, Refused | TokenRefused | TooManyRequests):
        assert 400 <= status < 500
        assert status != 408
    else:
        assert isinstance(result, OutcomeUnknown)
    assert not isinstance(result, NotSent)


@given(statuses, bodies)
@settings(deadline=None, max_examples=100)
def test_oauth_gives_tokens_or_a_typed_error(status: int, body: bytes) -> None:
    async def refresh() -> Tokens | FortnoxError:
        async with OAuth("id", "secret", transport=Script(Said(status, body))) as oauth:
            try:
                return await oauth.refresh("refresh token")
            except FortnoxError as error:
                return error

    result = asyncio.run(refresh())

    assert isinstance(result, Tokens | Refused | TooManyRequests | OutcomeUnknown)


@given(st.one_of(st.text(), st.binary(max_size=40).map(lambda b: "a." + b.hex() + ".c")))
def test_any_token_tells_a_tenant_or_none(token: str) -> None:
    assert tenant_of(token) is None


texts = st.text(max_size=10)
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@given(
    balance=amounts,
    booked=st.booleans(),
    number=st.integers(1, 2**40),
    day=st.dates(min_value=date(1900, 1, 1)),
    name=st.one_of(st.none(), texts),
    wire=st.randoms(use_true_random=False),
)
def test_the_same_invoice_is_read_from_whatever_types_it_is_written_in(
    balance: Decimal, booked: bool, number: int, day: date, name: str | None, wire: Any
) -> None:
    record = {
        "DocumentNumber": wire.choice([number, str(number)]),
        "Balance": wire.choice([str(balance), float(balance), f" {balance} "]),
        "Total": wire.choice([0, "0", "0.00", 0.0]),
        "Booked": wire.choice([booked, str(booked).lower(), str(booked), int(booked)]),
        "Cancelled": wire.choice([False, "false", 0, "0"]),
        "InvoiceDate": day.isoformat() + wire.choice(["", " 00:00:00", "T00:00:00"]),
        "CustomerName": name,
        "Project": wire.choice(["", None, " "]),
    }

    invoice = InvoiceListItem.model_validate(record)

    assert (invoice.document_number, invoice.balance, invoice.total) == (str(number), balance, Decimal(0))
    assert (invoice.booked, invoice.cancelled, invoice.invoice_date, invoice.project) == (booked, False, day, None)
    # It can be kept as JSON and read again, with no lone surrogate left in any text.
    assert InvoiceListItem.model_validate_json(invoice.model_dump_json().encode()) == invoice
