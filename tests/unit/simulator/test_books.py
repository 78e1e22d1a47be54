"""Facts 4, 6.2, 6.3, 14: company, years, accounts, series, and the SIE export."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

import sie
from sandbox.fortnox.control import Simulator

TENANT = 4711


async def test_the_tenant_is_the_database_number_a_number_here_and_text_there(fortnox: Any) -> None:
    information = (await fortnox.json("companyinformation"))["CompanyInformation"]
    settings = (await fortnox.json("settings/company"))["CompanySettings"]

    assert information["DatabaseNumber"] == TENANT
    assert settings["DatabaseNumber"] == "4711"
    assert information["OrganizationNumber"] == settings["OrganizationNumber"] == "556677-8899"


async def test_years_come_newest_first_with_ids_that_are_no_calendar_years(fortnox: Any, year: int) -> None:
    years = (await fortnox.json("financialyears"))["FinancialYears"]

    assert [(y["FromDate"], y["ToDate"]) for y in years] == [("2025-05-01", "2026-04-30"), ("2024-05-01", "2025-04-30")]
    assert [y["Id"] for y in years] == [year + 1, year]
    assert years[0]["AccountingMethod"] == "ACCRUAL"


async def test_a_date_without_a_year_is_an_empty_list(fortnox: Any, year: int) -> None:
    found = (await fortnox.json("financialyears", date="2025-01-31"))["FinancialYears"]
    none = await fortnox.json("financialyears", date="1999-01-31")

    assert [y["Id"] for y in found] == [year]
    assert (none["FinancialYears"], none["MetaInformation"]["@TotalResources"]) == ([], 0)


async def test_an_unknown_year_is_refused(fortnox: Any) -> None:
    assert (await fortnox.get("sie/4", financialyear=2025)).status_code == 404


async def test_accounts_belong_to_a_year_and_know_their_balances(fortnox: Any, year: int) -> None:
    account = (await fortnox.json("accounts/1510", financialyear=year))["Account"]

    assert account["BalanceBroughtForward"] == 40000
    assert account["BalanceCarriedForward"] == Decimal("77499.45").__float__()
    assert (account["Number"], account["SRU"], account["Year"]) == (1510, 7251, year)
    assert (await fortnox.get("accounts/9999")).json()["ErrorInformation"]["Code"] == 2000423


async def test_series_belong_to_a_year_and_only_some_are_manual(fortnox: Any, year: int) -> None:
    series = (await fortnox.json("voucherseries", financialyear=year))["VoucherSeriesCollection"]
    single = (await fortnox.json("voucherseries/B", financialyear=year))["VoucherSeries"]

    manual = {one["Code"] for one in series if one["Manual"]}
    assert {"A", "I"} <= manual
    assert not manual & {"B", "C", "D", "E"}
    assert single["NextVoucherNumber"] == 3


async def test_the_preset_series_are_13_and_know_no_limit(fortnox: Any) -> None:
    presets = (await fortnox.json("predefinedvoucherseries", limit=2))["PreDefinedVoucherSeriesCollection"]
    one = (await fortnox.json("predefinedvoucherseries/INVOICE"))["PreDefinedVoucherSeries"]

    assert len(presets) == 13
    assert one["VoucherSeries"] == "B"


async def test_the_preset_accounts_name_the_ledger_accounts(fortnox: Any) -> None:
    presets = (await fortnox.json("predefinedaccounts"))["PreDefinedAccounts"]

    assert {preset["Account"] for preset in presets} >= {1510, 2440}


async def test_a_company_may_preset_another_account(sim: Simulator, fortnox: Any) -> None:
    await sim.edit("preset_account", TENANT, name="CUSTCLAIM", account=1515)

    assert (await fortnox.json("predefinedaccounts/CUSTCLAIM"))["PreDefinedAccount"]["Account"] == 1515


async def test_no_lock_is_a_record_without_a_date(sim: Simulator, fortnox: Any) -> None:
    assert (await fortnox.json("settings/lockedperiod")) == {"LockedPeriod": {"EndDate": None}}

    await sim.lock_period(TENANT, dt.date(2024, 12, 31))

    assert (await fortnox.json("settings/lockedperiod"))["LockedPeriod"]["EndDate"] == "2024-12-31"


async def test_the_voucher_list_has_no_rows_and_the_single_one_all(fortnox: Any, year: int) -> None:
    listed = (await fortnox.json("vouchers", financialyear=year))["Vouchers"]
    single = (await fortnox.json("vouchers/A/1", financialyear=year))["Voucher"]

    assert set(listed[0]) == {
        "@url", "ApprovalState", "Comments", "Description", "ReferenceNumber", "ReferenceType", "TransactionDate",
        "VoucherNumber", "VoucherSeries", "Year",
    }  # fmt: skip
    assert (listed[0]["Comments"], single["Comments"]) == ("", None)
    assert single["VoucherRows"][0] == {
        "Account": 6071,
        "CostCenter": "K1",
        "Credit": 0,
        "Debit": 312.5,
        "Description": "Representation",
        "Project": "P1",
        "Quantity": 0,
        "Removed": False,
        "TransactionInformation": "",
    }


async def test_struck_rows_stay_visible(fortnox: Any, year: int) -> None:
    rows = (await fortnox.json("vouchers/A/2", financialyear=year))["Voucher"]["VoucherRows"]

    assert [row["Removed"] for row in rows] == [True, True]


async def test_vouchers_are_narrowed_by_series_and_date(fortnox: Any, year: int) -> None:
    async def names(path: str, **query: Any) -> list[str]:
        found = (await fortnox.json(path, financialyear=year, **query))["Vouchers"]
        return [f"{v['VoucherSeries']}{v['VoucherNumber']}" for v in found]

    assert await names("vouchers/sublist/B") == ["B1", "B2"]
    assert await names("vouchers", voucherseries="c") == ["C1", "C2"]
    assert await names("vouchers", fromdate="2024-11-01", todate="2025-02-28") == ["B2"]
    assert await names("vouchers", sortby="vouchernumber", sortorder="descending", limit=1) in (["A2"], ["B2"], ["C2"])


async def test_ledger_vouchers_tell_what_they_were_made_for(fortnox: Any, year: int) -> None:
    types = {
        v["VoucherSeries"]: v["ReferenceType"] for v in (await fortnox.json("vouchers", financialyear=year))["Vouchers"]
    }

    assert types == {
        "A": "MANUAL",
        "B": "INVOICE",
        "C": "INVOICEPAYMENT",
        "D": "SUPPLIERINVOICE",
        "E": "SUPPLIERPAYMENT",
    }


async def test_the_sie_file_says_what_the_source_said(fortnox: Any, year: int, books: bytes) -> None:
    answer = await fortnox.get("sie/4", financialyear=year)
    exported, source = sie.read(answer.content), sie.read(books)

    assert exported.encoding == "cp437"
    assert not exported.problems
    assert exported.header.company_id == "4711"
    assert exported.header.company_name == "Smörgåsen & Söner AB"
    assert exported.years == source.years
    assert _booked(exported) == _booked(source)
    assert exported.amount("UB", 1510) == Decimal("77499.45")
    assert exported.amount("RES", 3001) == -150000


@pytest.mark.parametrize(("kind", "labels"), [(1, set()), (2, {"#PSALDO"}), (3, {"#PSALDO"}), (4, {"#PSALDO", "#VER"})])
async def test_types_1_to_4_hold_more_and_more(fortnox: Any, year: int, kind: int, labels: set[str]) -> None:
    exported = sie.read((await fortnox.get(f"sie/{kind}", financialyear=year)).content)

    found = {f"#{label.lstrip('#')}" for label in exported.counts}
    assert exported.kind == kind
    assert found & {"#PSALDO", "#VER"} == labels
    objects = {balance.objects for balance in exported.balances if balance.kind == "PSALDO"}
    assert (len(objects) > 1) == (kind >= 3)


async def test_a_period_and_a_selection_narrow_the_vouchers(fortnox: Any, year: int) -> None:
    async def names(**query: str) -> list[str]:
        exported = sie.read((await fortnox.get("sie/4", financialyear=year, **query)).content)
        return [voucher.name for voucher in exported.vouchers]

    assert await names(fromdate="2024-11-01", todate="2025-04-30") == ["B 2", "C 2"]
    assert await names(selection="A,2,9;B,1,1") == ["A 2", "B 1"]
    assert (await fortnox.get("sie/4", financialyear=year, selection="A,2")).status_code == 400


async def test_a_start_outside_the_year_is_refused(fortnox: Any, year: int) -> None:
    answer = await fortnox.get("sie/4", financialyear=year, fromdate="2020-01-01")

    assert (answer.status_code, answer.json()["ErrorInformation"]["code"]) == (400, 2002363)


async def test_octet_stream_must_not_be_asked_for(fortnox: Any, year: int) -> None:
    fortnox.headers["Accept"] = "application/octet-stream"

    answer = await fortnox.get("sie/4", financialyear=year)

    assert (answer.status_code, answer.json()["ErrorInformation"]["code"]) == (400, 1000030)


async def test_the_file_can_be_utf_8(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.set_switch("sie_encoding", "utf-8")

    exported = sie.read((await fortnox.get("sie/4", financialyear=year)).content)

    assert (exported.encoding, exported.header.company_name) == ("utf-8", "Smörgåsen & Söner AB")


async def test_unused_accounts_are_left_out_on_wish(sim: Simulator, fortnox: Any, year: int) -> None:
    await sim.edit("change_account", TENANT, account=5010, name="Lokalhyra", financial_year=year)

    used = sie.read((await fortnox.get("sie/4", financialyear=year, exportall="false")).content)
    everything = sie.read((await fortnox.get("sie/4", financialyear=year, exportall="true")).content)

    assert "5010" not in used.accounts
    assert "5010" in everything.accounts


async def test_the_export_reflects_what_is_done_and_the_next_year_carries_on(
    sim: Simulator, fortnox: Any, year: int
) -> None:
    before = sie.read((await fortnox.get("sie/4", financialyear=year)).content)
    following = sie.read((await fortnox.get("sie/4", financialyear=year + 1)).content)

    await sim.book_voucher(
        TENANT, series="A", date=dt.date(2025, 4, 30), rows=[(1930, "100"), (2081, "-100")], text="Ägarens insats"
    )
    after = sie.read((await fortnox.get("sie/4", financialyear=year)).content)
    later = sie.read((await fortnox.get("sie/4", financialyear=year + 1)).content)

    assert following.amount("IB", 1930) == before.amount("UB", 1930)
    assert after.amount("UB", 1930) == before.amount("UB", 1930) + 100
    assert later.amount("IB", 1930) == before.amount("UB", 1930)
    assert later.amount("UB", 1930, -1) == after.amount("UB", 1930)
    await sim.edit("carry_balances", TENANT, financial_year=year + 1)
    carried = sie.read((await fortnox.get("sie/4", financialyear=year + 1)).content)
    assert carried.amount("IB", 1930) == after.amount("UB", 1930)


def _booked(document: sie.Document) -> dict[str, list[Any]]:
    return {v.name: [(row.account, row.amount, row.objects) for row in v.rows] for v in document.vouchers}
