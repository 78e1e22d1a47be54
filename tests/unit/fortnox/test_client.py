"""Each question as it goes on the wire, and the record that comes back, in the shapes that were recorded."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from fortnox import (
    ACCOUNTS,
    INVOICES,
    PREDEFINED_VOUCHER_SERIES,
    SUPPLIER_INVOICES,
    VOUCHERS,
    Client,
    NotAllowed,
    UnreadableAnswer,
    WrongCompany,
)
from fortnox.testing import FreePermits, Said, Script

INVOICE = {
    "@url": "https://api.fortnox.se/3/invoices/17",
    "Balance": 1250.5,
    "Booked": True,
    "Cancelled": False,
    "CostCenter": "",
    "Currency": "SEK",
    "CurrencyRate": "1",
    "CurrencyUnit": 1,
    "CustomerName": "Kund",
    "CustomerNumber": "3",
    "DocumentNumber": "17",
    "DueDate": "2024-01-30",
    "FinalPayDate": None,
    "InvoiceDate": "2023-12-31",
    "InvoiceType": "SOMETHINGNEW",
    "Project": "",
    "TermsOfPayment": "30",
    "Total": 1250.5,
    "VoucherNumber": None,
    "VoucherSeries": None,
    "VoucherYear": None,
}
SUPPLIER_INVOICE = {
    "Balance": "700.00",
    "Booked": True,
    "Credit": False,
    "Currency": "EUR",
    "CurrencyRate": "11.2035",
    "GivenNumber": "5",
    "InvoiceDate": "2023-12-01",
    "InvoiceNumber": "A-9",
    "SupplierNumber": "12",
    "Total": "700",
    "Vouchers": [{"Number": 3, "ReferenceType": "SUPPLIERINVOICE", "Series": "D", "Year": 4}],
}
YEAR = {"Id": 4, "FromDate": "2023-09-01", "ToDate": "2024-08-31", "AccountingMethod": "ACCRUAL"}


def listed(key: str, *records: object, total: int | None = None, pages: int = 1) -> Said:
    meta = {"@TotalResources": len(records) if total is None else total, "@TotalPages": pages, "@CurrentPage": 1}
    return Said(200, {"MetaInformation": meta, key: list(records)})


def client(script: Script, tenant: int | None = None) -> Client:
    return Client(FreePermits("token", tenant=tenant), transport=script)


async def test_an_invoice_list_is_read_in_its_recorded_shape() -> None:
    script = Script(listed("Invoices", INVOICE))

    async with client(script) as fortnox:
        page = await fortnox.page(INVOICES, todate=date(2023, 12, 31))

    [invoice] = page.items
    assert (invoice.document_number, invoice.balance, invoice.currency_rate) == ("17", Decimal("1250.5"), Decimal(1))
    assert (invoice.cost_centre, invoice.voucher_number, invoice.final_pay_date) == (None, None, None)
    assert invoice.invoice_type == "SOMETHINGNEW"
    assert dict(script.requests[0].url.params) == {"todate": "2023-12-31", "limit": "500", "page": "1"}


async def test_a_single_invoice_has_strings_where_the_list_has_values() -> None:
    script = Script(Said(200, {"Invoice": INVOICE | {"Credit": "false", "CreditInvoiceReference": "0", "Net": ""}}))

    async with client(script) as fortnox:
        invoice = await fortnox.invoice("17")

    assert (invoice.credit, invoice.credit_invoice_reference, invoice.net) == (False, "0", None)


@pytest.mark.parametrize("name", ["Cancel", "Cancelled"])
async def test_a_cancelled_supplier_invoice_has_one_attribute_under_two_names(name: str) -> None:
    script = Script(listed("SupplierInvoices", SUPPLIER_INVOICE | {name: True}))

    async with client(script) as fortnox:
        [invoice] = await fortnox.every(SUPPLIER_INVOICES)

    assert invoice.cancelled
    assert (invoice.total, invoice.currency_rate) == (Decimal(700), Decimal("11.2035"))
    assert [(v.series, v.number) for v in invoice.vouchers] == [("D", 3)]


@pytest.mark.parametrize("value", ["", None, "hundra", True, [], "1_000", "١٢"])
async def test_an_amount_that_is_missing_or_unreadable_is_named_and_never_zero(value: object) -> None:
    script = Script(listed("SupplierInvoices", SUPPLIER_INVOICE | {"Cancel": False, "Balance": value}))

    async with client(script) as fortnox:
        with pytest.raises(UnreadableAnswer) as error:
            await fortnox.every(SUPPLIER_INVOICES)

    assert error.value.field == "SupplierInvoices.0.Balance"
    assert len(script.requests) == 1  # a wrong field stays wrong


@pytest.mark.parametrize("field", ["Balance", "CurrencyRate", "InvoiceDate", "FinalPayDate", "Booked", "VoucherNumber"])
async def test_a_value_that_the_user_may_not_see_is_a_missing_right(field: str) -> None:
    script = Script(listed("Invoices", INVOICE, INVOICE | {field: "API_NORIGHT"}))

    async with client(script) as fortnox:
        with pytest.raises(NotAllowed) as error:
            await fortnox.every(INVOICES)

    assert error.value.field == f"Invoices.1.{field}"


async def test_a_payment_read_singly_has_its_write_offs() -> None:
    body = {
        "Number": "8",
        "InvoiceNumber": 17,
        "Amount": 0,
        "Booked": "true",
        "PaymentDate": "2024-01-10 00:00:00",
        "WriteOffs": [{"AccountNumber": "6351", "Amount": "99.50", "Description": "hemligt"}],
    }
    script = Script(Said(200, {"InvoicePayment": body}))

    async with client(script) as fortnox:
        payment = await fortnox.invoice_payment("8")

    assert (payment.number, payment.invoice_number, payment.amount, payment.booked) == ("8", "17", Decimal(0), True)
    assert (payment.payment_date, payment.write_offs[0].amount) == (date(2024, 1, 10), Decimal("99.50"))


async def test_the_company_is_compared_with_the_permit() -> None:
    said = Said(200, {"CompanyInformation": {"DatabaseNumber": "204", "OrganizationNumber": "556000-0000"}})

    async with client(Script(said), tenant=204) as fortnox:
        company = await fortnox.company_information()
    async with client(Script(said), tenant=205) as other:
        with pytest.raises(WrongCompany):
            await other.company_information()

    assert (company.database_number, company.organisation_number) == (204, "556000-0000")


async def test_a_year_is_found_by_a_date_in_it() -> None:
    script = Script(listed("FinancialYears", YEAR), Said(200, {"FinancialYears": []}))

    async with client(script) as fortnox:
        found = await fortnox.financial_years(containing=date(2024, 1, 31))
        none = await fortnox.financial_years(containing=date(1999, 1, 31))

    assert [(year.id, year.from_date, year.to_date) for year in found] == [(4, date(2023, 9, 1), date(2024, 8, 31))]
    assert none == []
    assert script.requests[0].url.params["date"] == "2024-01-31"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"LockedPeriod": {"EndDate": "2023-12-31"}}, date(2023, 12, 31)),
        ({"LockedPeriod": {"EndDate": ""}}, None),
        ({"LockedPeriod": {"EndDate": None}}, None),
        ({"LockedPeriod": {}}, None),
        ({"LockedPeriod": []}, None),
        ({"LockedPeriod": None}, None),
    ],
)
async def test_a_lock_date_may_be_missing(content: object, expected: date | None) -> None:
    async with client(Script(Said(200, content))) as fortnox:
        assert await fortnox.locked_period() == expected


async def test_an_answer_without_the_lock_says_nothing_about_it() -> None:
    async with client(Script(Said(200, {}))) as fortnox:
        with pytest.raises(UnreadableAnswer):
            await fortnox.locked_period()


async def test_a_voucher_is_read_with_its_rows() -> None:
    rows = [
        {"Account": 1930, "Debit": 0.1, "Credit": 0, "Description": "Bank", "TransactionInformation": "text"},
        {"Account": "1910", "Debit": "0.00", "Credit": "0.10", "Removed": None, "Quantity": ""},
        {"Account": 1920, "Debit": 5, "Credit": 0, "Removed": True},
    ]
    head = {"VoucherSeries": "A", "VoucherNumber": 7, "Year": 4, "TransactionDate": "2024-01-31"}
    script = Script(Said(200, {"Voucher": head | {"VoucherRows": rows, "ReferenceType": "PAYROLLBOOKKEEP"}}))

    async with client(script) as fortnox:
        voucher = await fortnox.voucher("A", 7, financial_year=4)

    assert [(row.account, row.debit, row.credit, row.removed) for row in voucher.voucher_rows] == [
        (1930, Decimal("0.1"), Decimal(0), False),
        (1910, Decimal(0), Decimal("0.10"), False),
        (1920, Decimal(5), Decimal(0), True),
    ]
    assert str(script.requests[0].url) == "https://api.fortnox.se/3/vouchers/A/7?financialyear=4"


async def test_a_series_read_singly_tells_its_next_number() -> None:
    said = Said(200, {"VoucherSeries": {"Code": "I", "Manual": True, "Year": 4, "NextVoucherNumber": 9}})

    async with client(Script(said)) as fortnox:
        series = await fortnox.voucher_series("I", 4)

    assert (series.manual, series.next_voucher_number) == (True, 9)


async def test_keys_with_slashes_stay_one_part_of_the_path() -> None:
    script = Script(Said(200, {"Invoice": INVOICE}))

    async with client(script) as fortnox:
        await fortnox.invoice("a/b?c")
        with pytest.raises(ValueError, match="key"):
            await fortnox.invoice("")

    assert script.requests[0].url.raw_path == b"/3/invoices/a%2Fb%3Fc"


async def test_times_are_asked_for_in_swedish_local_time() -> None:
    script = Script(listed("Vouchers"))

    async with client(script) as fortnox:
        await fortnox.page(VOUCHERS, financialyear=4, lastmodified=datetime(2024, 6, 30, 22, 30, 5, tzinfo=UTC))

    assert script.requests[0].url.params["lastmodified"] == "2024-07-01 00:30:05"


async def test_a_misspelt_filter_is_refused_instead_of_giving_everything() -> None:
    script = Script(listed("Vouchers"))

    async with client(script) as fortnox:
        with pytest.raises(TypeError, match="financialYear"):
            await fortnox.page(VOUCHERS, financialYear=4)

    assert script.requests == []


async def test_a_list_that_knows_no_limit_is_not_given_one() -> None:
    script = Script(Said(200, {"PreDefinedVoucherSeriesCollection": [{"Name": "INVOICE", "VoucherSeries": "B"}]}))

    async with client(script) as fortnox:
        [preset] = await fortnox.every(PREDEFINED_VOUCHER_SERIES)

    assert (preset.name, preset.voucher_series) == ("INVOICE", "B")
    assert script.requests[0].url.query == b""


async def test_unknown_fields_and_empty_registers_are_fine() -> None:
    account = {"Number": 1930, "Description": "Bank", "Active": True, "SRU": 7281, "New": {"deep": [1]}}
    script = Script(listed("Accounts", account), listed("Accounts", total=0, pages=0))

    async with client(script) as fortnox:
        [found] = await fortnox.every(ACCOUNTS, financialyear=4)
        nothing = await fortnox.every(ACCOUNTS, financialyear=5)

    assert (found.number, found.active, found.sru) == (1930, True, 7281)
    assert nothing == []


async def test_sie_comes_as_the_bytes_that_were_sent() -> None:
    body = b'#FLAGGA 0\r\n#FNR 204\r\n#FNAMN "\x8fkeri"\r\n'
    script = Script(Said(200, body, {"Content-Type": "text/plain; charset=utf-8"}))

    async with client(script, tenant=204) as fortnox:
        assert await fortnox.sie(4, 2) == body

    [request] = script.requests
    assert (request.url.path, request.headers["accept"]) == ("/3/sie/4", "*/*")
    assert dict(request.url.params) == {"financialyear": "2"}


async def test_sie_of_some_days_of_the_year() -> None:
    script = Script(Said(200, b"#FLAGGA 0\n"))

    async with client(script) as fortnox:
        await fortnox.sie(4, 2, from_date=date(2025, 12, 1), to_date=date(2025, 12, 31))

    [request] = script.requests
    assert dict(request.url.params) == {"financialyear": "2", "fromdate": "2025-12-01", "todate": "2025-12-31"}


async def test_sie_of_another_company_is_refused() -> None:
    async with client(Script(Said(200, b'\xef\xbb\xbf#FLAGGA 0\n#FNR "205"\n')), tenant=204) as fortnox:
        with pytest.raises(WrongCompany):
            await fortnox.sie(4, 2)


@pytest.mark.parametrize("body", [b"", b"<html>Underh\xc3\xa5ll</html>", b"{}", b"#KONTO 1", b"\xff\xfe#\x00F\x00"])
async def test_what_is_no_sie_file_is_not_passed_on(body: bytes) -> None:
    async with client(Script(Said(200, body))) as fortnox:
        with pytest.raises(UnreadableAnswer):
            await fortnox.sie(4, 2)
