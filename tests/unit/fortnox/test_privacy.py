"""No token, secret or text of the books is in anything that could be logged or raised."""

import traceback
from datetime import date

import httpx
import pytest

from fortnox import Client, Customer, FortnoxError, InvoicePayment, NewVoucher, Voucher
from fortnox.oauth import OAuth
from fortnox.testing import FreePermits, Said, Script

SECRET = "tre hemliga ord"


def everything_said(error: BaseException) -> str:
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    hidden = error.__cause__ or error.__context__  # `raise … from None` only hides it
    return shown + (everything_said(hidden) if hidden else "")


@pytest.mark.parametrize(
    "said",
    [
        Said(400, {"ErrorInformation": {"error": 1, "message": f"Värdet ({SECRET})", "code": 2000359}}),
        Said(200, {"Invoice": {"DocumentNumber": "1", "CustomerName": SECRET, "Total": SECRET}}),
        Said(200, f"<html>{SECRET}".encode()),
        Said(500, SECRET.encode()),
        Said(400, {"error": SECRET, "error_description": SECRET}),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {SECRET}'"),
        httpx.RemoteProtocolError(f"illegal header line: {SECRET}"),
    ],
)
async def test_an_error_tells_nothing_of_token_or_body(said: Said | Exception) -> None:
    async with Client(FreePermits(SECRET), transport=Script(said)) as fortnox:
        with pytest.raises(FortnoxError) as read:
            await fortnox.invoice("1")
    async with OAuth("id", SECRET, transport=Script(said)) as oauth:
        with pytest.raises(FortnoxError) as refresh:
            await oauth.refresh(SECRET)

    assert SECRET not in everything_said(read.value)
    assert SECRET not in everything_said(refresh.value)


async def test_tokens_and_permits_are_shown_without_their_token() -> None:
    script = Script(Said(200, {"access_token": SECRET, "refresh_token": SECRET, "scope": "a"}))

    async with OAuth("id", "secret", transport=script) as oauth:
        tokens = await oauth.refresh("old")

    assert SECRET not in repr(tokens) + str(tokens) + repr(await FreePermits(SECRET).acquire())


@pytest.mark.parametrize(
    "record",
    [
        Customer.model_validate({"CustomerNumber": "1", "Name": SECRET, "OrganisationNumber": SECRET}),
        InvoicePayment.model_validate(
            {"Number": 1, "InvoiceNumber": 1, "Amount": 1, "Booked": True}
            | {"WriteOffs": [{"Amount": 1, "Description": SECRET}]}
        ),
        Voucher.model_validate(
            {"VoucherSeries": "A", "VoucherNumber": 1, "Year": 1, "TransactionDate": "2023-12-31"}
            | {"Description": SECRET, "Comments": SECRET}
            | {"VoucherRows": [{"Account": 1, "Debit": 1, "Credit": 0, "TransactionInformation": SECRET}]}
        ),
    ],
)
def test_records_are_shown_without_texts_and_persons(record: object) -> None:
    assert SECRET not in repr(record) + str(record)


def test_a_voucher_that_is_none_is_refused_without_its_texts() -> None:
    with pytest.raises(ValueError, match="voucher_rows") as error:
        NewVoucher(
            voucher_series="A",
            transaction_date=date(2023, 12, 31),
            description=SECRET,
            comments=SECRET,
            voucher_rows=[],
        )

    assert SECRET not in everything_said(error.value)
