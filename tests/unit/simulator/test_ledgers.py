"""Facts 5.1–5.7, 14: what the ledgers look like on the wire, and that they agree with the books and the truth."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sie
from sandbox.fortnox.clock import Clock
from sandbox.fortnox.control import Simulator
from sandbox.fortnox.founding import Wanted, found
from sandbox.fortnox.ledger import oracle
from sandbox.fortnox.ledger.model import Kind
from sandbox.fortnox.world import World

TENANT = 4711
YEAR_END = dt.date(2025, 4, 30)


async def everything(fortnox: Any, path: str) -> list[dict[str, Any]]:
    body = await fortnox.json(path, limit=500)
    return list(next(value for name, value in body.items() if name != "MetaInformation"))


@pytest.fixture
async def rich(sim: Simulator, books: bytes, connect: Any, fortnox: Any) -> Any:
    """A caller in a company with so many invoices that every case occurs."""
    tenant = await sim.add_company(books, tenant=8000, seed=3, invoices={"customer": 300, "supplier": 300})
    await sim.set_switch("rate_limit", False)
    fortnox.headers["Authorization"] = f"Bearer {(await connect(tenant=tenant))['access_token']}"
    return fortnox


async def test_the_invoice_list_has_the_recorded_types(rich: Any) -> None:
    invoice = (await everything(rich, "invoices"))[0]

    assert isinstance(invoice["DocumentNumber"], str)
    assert isinstance(invoice["CurrencyRate"], str)
    assert isinstance(invoice["TermsOfPayment"], str)
    assert isinstance(invoice["Total"], int | float)
    assert invoice["Project"] == ""
    assert not {"Credit", "Net", "TotalVAT", "InvoiceRows"} & set(invoice)


async def test_the_single_invoice_has_credit_as_text_and_null_for_empty(rich: Any) -> None:
    listed = await everything(rich, "invoices")
    credit = next(i for i in listed if i["Total"] < 0)
    plain = listed[0]

    whole = (await rich.json(f"invoices/{credit['DocumentNumber']}"))["Invoice"]
    other = (await rich.json(f"invoices/{plain['DocumentNumber']}"))["Invoice"]

    assert (whole["Credit"], other["Credit"]) == ("true", "false")
    assert (other["Project"], other["InvoicePeriodStart"]) == (None, "")


async def test_credit_and_original_refer_to_each_other(rich: Any) -> None:
    for invoice in await everything(rich, "invoices"):
        whole = (await rich.json(f"invoices/{invoice['DocumentNumber']}"))["Invoice"]
        if whole["InvoiceReference"] != "0":
            original = (await rich.json(f"invoices/{whole['InvoiceReference']}"))["Invoice"]
            assert whole["Credit"] == "true"
            assert original["Credit"] == "false"
            assert original["CreditInvoiceReference"] != "0"
            return
    pytest.fail("no credit note refers to an invoice")


async def test_supplier_invoices_are_strings_and_say_cancel_here_cancelled_there(rich: Any) -> None:
    listed = await everything(rich, "supplierinvoices")
    one = next(i for i in listed if i["Vouchers"])
    whole = (await rich.json(f"supplierinvoices/{one['GivenNumber']}"))["SupplierInvoice"]

    assert isinstance(one["Total"], str)
    assert isinstance(one["Balance"], str)
    assert "Cancel" in one
    assert "Cancelled" not in one
    assert "Cancelled" in whole
    assert "Cancel" not in whole
    assert [set(v) for v in one["Vouchers"]] == [{"Number", "ReferenceType", "Series", "Year"}]
    assert {row["Code"] for row in whole["SupplierInvoiceRows"]} >= {"TOT", "ROV"}


async def test_payment_numbers_are_text_for_customers_and_numbers_for_suppliers(rich: Any) -> None:
    customer = (await everything(rich, "invoicepayments"))[0]
    supplier = (await everything(rich, "supplierinvoicepayments"))[0]

    assert (type(customer["Number"]), type(customer["InvoiceNumber"])) == (str, int)
    assert (type(supplier["Number"]), type(supplier["InvoiceNumber"])) == (int, str)
    assert not {"AmountCurrency", "WriteOffs", "VoucherNumber"} & set(customer)


async def test_voucher_references_are_null_until_booked(rich: Any) -> None:
    for invoice in await everything(rich, "invoices"):
        if not invoice["Booked"]:
            assert (invoice["VoucherNumber"], invoice["VoucherSeries"], invoice["VoucherYear"]) == (None, None, None)


async def test_every_case_occurs(rich: Any) -> None:
    invoices = await everything(rich, "invoices")
    payments = await everything(rich, "invoicepayments")
    singles = [(await rich.json(f"invoices/{i['DocumentNumber']}"))["Invoice"] for i in invoices]

    assert any(i["Cancelled"] and i["Total"] == i["Balance"] == 0 for i in invoices)
    assert any(not i["Booked"] and not i["Cancelled"] and i["Balance"] == i["Total"] for i in invoices)
    assert any(i["InvoiceType"] == "CASHINVOICE" and i["Balance"] == 0 for i in invoices)
    assert any(i["Currency"] != "SEK" for i in invoices)
    assert any(i["Total"] < 0 for i in invoices)
    assert any(0 < i["Balance"] < i["Total"] for i in invoices)
    assert any(s["HouseWork"] and s["TotalToPay"] < s["Total"] for s in singles)
    assert any(p["WriteOffExist"] for p in payments)
    assert any(p["WriteOffExist"] and p["Amount"] == 0 for p in payments)
    assert any(not p["Booked"] for p in payments)
    assert any(p["Source"] == "settle" and p["Amount"] < 0 for p in payments)
    assert any(p["PaymentDate"] > YEAR_END.isoformat() and p["Booked"] for p in payments)


async def test_a_settlement_is_a_plus_and_a_minus(rich: Any) -> None:
    settled = [p["Amount"] for p in await everything(rich, "invoicepayments") if p["Source"] == "settle"]

    assert settled
    assert sum(Decimal(str(amount)) for amount in settled) == 0


async def test_unbooked_payments_do_not_reduce_the_balance(sim: Simulator, fortnox: Any) -> None:
    made = await sim.create_invoice(TENANT, "customer", 1000)
    await sim.pay_invoice(TENANT, "customer", made["number"], amount=400, booked=False)
    await sim.pay_invoice(TENANT, "customer", made["number"], amount=250)

    invoice = (await fortnox.json(f"invoices/{made['number']}"))["Invoice"]
    listed = (await fortnox.json("invoicepayments", invoicenumber=made["number"]))["InvoicePayments"]

    assert invoice["Balance"] == 750
    assert [(p["Amount"], p["Booked"]) for p in listed] == [(400, False), (250, True)]


async def test_the_final_pay_date_is_set_on_exactly_the_booked_ones_with_nothing_left(rich: Any) -> None:
    for path in ("invoices", "supplierinvoices"):
        for invoice in await everything(rich, path):
            cancelled = invoice.get("Cancelled", invoice.get("Cancel"))
            closed = invoice["Booked"] and not cancelled and Decimal(str(invoice["Balance"])) == 0
            assert (invoice["FinalPayDate"] is not None) == closed


async def test_a_foreign_payment_tells_sek_at_its_own_rate_and_the_currency_in_the_single_read(
    sim: Simulator, fortnox: Any
) -> None:
    made = await sim.create_invoice(TENANT, "customer", 1000, currency="EUR", rate="11.50", date="2025-06-01")
    paid = await sim.pay_invoice(TENANT, "customer", made["number"], amount=400, rate="11.00", date="2025-07-01")

    listed = (await fortnox.json("invoicepayments", invoicenumber=made["number"]))["InvoicePayments"][0]
    single = (await fortnox.json(f"invoicepayments/{paid['payment']}"))["InvoicePayment"]
    voucher = (await fortnox.json(f"vouchers/C/{single['VoucherNumber']}", financialyear=single["VoucherYear"]))[
        "Voucher"
    ]
    truth = await sim.ledger(TENANT, "customer", dt.date(2025, 8, 1))

    assert (listed["Amount"], listed["Currency"], listed["CurrencyRate"]) == (4400, "EUR", 11)
    assert single["AmountCurrency"] == 400
    moved = {row["Account"]: row["Debit"] - row["Credit"] for row in voucher["VoucherRows"]}
    assert moved == {1930: 4400, 1510: -4600, 7960: 200}
    item = next(i for i in truth["items"] if i["number"] == str(made["number"]))
    assert (item["remaining"], item["remaining_sek"]) == ("600", "6900")


@pytest.mark.parametrize(
    ("kind", "path", "switch"),
    [("customer", "invoices", "customer_balance_in"), ("supplier", "supplierinvoices", "supplier_balance_in")],
)
async def test_the_currency_of_the_balance_is_a_switch(
    sim: Simulator, fortnox: Any, kind: Any, path: str, switch: str
) -> None:
    made = await sim.create_invoice(TENANT, kind, 100, currency="EUR", rate="11.50")

    async def balance() -> Decimal:
        single = await fortnox.json(f"{path}/{made['number']}")
        return Decimal(str(next(iter(single.values()))["Balance"]))

    first = await balance()
    await sim.set_switch(switch, "sek" if kind == "customer" else "currency")

    assert {first, await balance()} == {Decimal(100), Decimal(1150)}
    assert first == (100 if kind == "customer" else 1150)


async def test_filters_narrow_the_invoices(rich: Any) -> None:
    async def count(**query: str) -> int:
        return int((await rich.json("invoices", limit=1, **query))["MetaInformation"]["@TotalResources"])

    parts = [await count(filter=name) for name in ("cancelled", "fullypaid", "unpaid", "unbooked")]

    assert all(parts)
    assert sum(parts) == await count()
    assert 0 < await count(filter="unpaidoverdue") <= parts[2]
    assert 0 < await count(fromdate="2024-11-01", todate="2024-11-30") < await count()
    assert 0 < await count(fromfinalpaydate="2025-05-01") < parts[1]


async def test_payments_come_by_date_only_where_that_is_honoured(sim: Simulator, rich: Any) -> None:
    async def dates() -> list[str]:
        listed = await rich.json("invoicepayments", limit=500, sortby="paymentdate", sortorder="descending")
        return [p["PaymentDate"] for p in listed["InvoicePayments"]]

    sorted_ones = await dates()
    await sim.set_switch("payment_sort_honoured", False)
    as_they_are = await dates()

    assert sorted_ones == sorted(sorted_ones, reverse=True)
    assert as_they_are != sorted_ones


async def test_supplier_invoices_know_dates_only_when_so_switched(sim: Simulator, rich: Any) -> None:
    async def count() -> int:
        listed = await rich.json("supplierinvoices", fromdate="2099-01-01", limit=1)
        return int(listed["MetaInformation"]["@TotalResources"])

    assert await count() > 0
    await sim.set_switch("supplier_dates_honoured", True)
    assert await count() == 0


async def test_what_is_entered_now_is_modified_now_whatever_its_date(sim: Simulator, fortnox: Any) -> None:
    made = await sim.create_invoice(TENANT, "customer", 100, date="2025-05-20")
    await sim.pay_invoice(TENANT, "customer", made["number"], date="2025-06-01")

    for path in ("invoices", "invoicepayments", "vouchers"):
        changed = await fortnox.json(path, lastmodified="2025-09-01 12:00")
        assert changed["MetaInformation"]["@TotalResources"] == (2 if path == "vouchers" else 1)


async def test_the_truth_follows_what_is_done(sim: Simulator) -> None:
    made = await sim.create_invoice(TENANT, "customer", 1000, date="2025-06-01", due="2025-06-30")
    credit = await sim.create_invoice(TENANT, "customer", -300, date="2025-06-20", credits=made["number"])
    await sim.edit("settle", TENANT, kind="customer", number=made["number"], credit=credit["number"], date="2025-06-10")
    await sim.pay_invoice(TENANT, "customer", made["number"], date="2025-07-15", write_off=50)

    async def open_on(day: str) -> dict[str, str]:
        items = (await sim.ledger(TENANT, "customer", dt.date.fromisoformat(day)))["items"]
        wanted = {str(made["number"]), str(credit["number"])}
        return {item["number"]: item["remaining"] for item in items if item["number"] in wanted}

    assert await open_on("2025-06-15") == {str(made["number"]): "1000"}  # settled on the 10th, counts from the 20th
    assert await open_on("2025-06-20") == {str(made["number"]): "700"}
    assert await open_on("2025-07-15") == {}


async def test_unbooked_things_are_booked_cancelled_or_deleted(sim: Simulator, fortnox: Any) -> None:
    draft = await sim.create_invoice(TENANT, "customer", 100, booked=False)
    other = await sim.create_invoice(TENANT, "customer", 200, booked=False)
    await sim.edit("book_invoice", TENANT, kind="customer", number=draft["number"])
    await sim.edit("cancel_invoice", TENANT, kind="customer", number=other["number"])
    first = await sim.pay_invoice(TENANT, "customer", draft["number"], amount=40, booked=False)
    second = await sim.pay_invoice(TENANT, "customer", draft["number"], amount=60, booked=False)
    await sim.edit("book_payment", TENANT, kind="customer", payment=first["payment"])
    await sim.edit("delete_payment", TENANT, kind="customer", payment=second["payment"])

    booked = (await fortnox.json(f"invoices/{draft['number']}"))["Invoice"]
    cancelled = (await fortnox.json(f"invoices/{other['number']}"))["Invoice"]
    payments = (await fortnox.json("invoicepayments", invoicenumber=draft["number"]))["InvoicePayments"]

    assert (booked["Booked"], booked["Balance"], booked["VoucherSeries"]) == (True, 60, "B")
    assert (cancelled["Cancelled"], cancelled["Total"]) == (True, 0)
    assert [(p["Number"], p["Booked"]) for p in payments] == [(str(first["payment"]), True)]


def random_books(rng: Random, rows: int) -> bytes:
    """Books whose 1510 and 2440 wander wildly, through zero and back, over a broken year."""
    start = dt.date(2023, 7, 1)
    books = sie.DocumentBuilder(sie.Header(kind=4, company_id="1234", company_name="X"))
    books.year(0, start, dt.date(2024, 6, 30))
    for account in (1510, 2440):
        books.balance("IB", account, Decimal(rng.randrange(-90_000_00, 90_000_00)) / 100)
    for number in range(1, rows + 1):
        day = start + dt.timedelta(days=rng.randrange(366))
        booked: list[sie.Row] = []
        for account in rng.choices((1510, 2440), k=rng.randrange(1, 4)):
            amount = Decimal(rng.choice((rng.randrange(-30_000_00, 30_000_00), rng.randrange(-500, 500)))) / 100
            booked += (sie.Row(str(account), amount), sie.Row("1930", -amount))
        books.voucher(sie.Voucher("A", str(number), day, "x", tuple(booked)))
    return sie.write(books.build())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 40),
    wanted=st.sampled_from([None, 20, 200]),
    method=st.sampled_from(["ACCRUAL", "CASH"]),
)
def test_the_ledgers_agree_with_the_books_on_any_day(seed: int, rows: int, wanted: int | None, method: str) -> None:
    world = World(clock=Clock(lambda: dt.datetime(2025, 1, 15, tzinfo=dt.UTC)))
    invoices = {} if wanted is None else {"customer": wanted, "supplier": wanted}
    company = found(world, random_books(Random(seed), rows), Wanted(seed=seed, method=method, invoices=invoices))

    for kind in Kind:
        day = dt.date(2023, 7, 1)
        while day <= dt.date(2025, 6, 30):
            truth = oracle.as_of(company, kind, day)
            assert truth["on_account"] == truth["account_balance"], (kind, day)
            assert sum(Decimal(item["remaining_sek"]) for item in truth["items"]) == Decimal(truth["total"])
            day += dt.timedelta(days=13)
        today = oracle.as_of(company, kind, dt.date(2099, 1, 1))["items"]
        on_the_wire = {
            str(invoice.number): invoice.balance
            for invoice in company.ledgers[kind].invoices.values()
            if invoice.balance and (invoice.booked or method == "CASH")
        }
        assert {item["number"]: int(Decimal(item["remaining"]) * 100) for item in today} == on_the_wire
    following = company.years[0].id
    assert all(sum(row.amount for row in v.rows) == 0 for v in company.books.of_year(following))


def test_the_same_seed_makes_the_same_company(books: bytes) -> None:
    def made(seed: int) -> list[Any]:
        world = World(clock=Clock(lambda: dt.datetime(2025, 9, 1, tzinfo=dt.UTC)))
        return list(found(world, books, Wanted(seed=seed)).ledgers[Kind.CUSTOMER].invoices.values())

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_books_without_ledger_accounts_have_no_ledgers() -> None:
    books = b'#FLAGGA 0\n#SIETYP 4\n#FNAMN "X"\n#RAR 0 20240101 20241231\n#IB 0 1930 10\n#IB 0 2081 -10\n'

    company = found(World(), books, Wanted())

    assert [len(ledger.invoices) for ledger in company.ledgers.values()] == [0, 0]
