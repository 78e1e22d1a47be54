"""Each ledger as a spreadsheet program sees it: totals that hold, the profession's words, and texts that stay texts."""

import csv
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.events import Dataset, Verdict
from common.events.import_data import OpenItem, Settlement, UnbookedPayment
from common.events.imports import Explanation, ExplanationPart, Reconciliation
from importer.documents import as_csv
from importer.documents.after import state
from importer.documents.bundle import archive
from importer.documents.ledger_book import workbook
from importer.fetch.books import Company
from importer.ledger.later import LaterInvoice, dated_after
from importer.result import Ledger, Result

HOSTILE = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "http://x.example", "007", "1E5", "Å & Ä <b>"]
IMPORT_ID = UUID("3b7e1f60-52c8-4d0b-9f11-7a6d2c84e905")
SHEETS = ["Reskontralista per balansdagen", "Avstämning", "Fakturor efter balansdagen"]
CUSTOMER, SUPPLIER = Dataset.CUSTOMER_LEDGER, Dataset.SUPPLIER_LEDGER
MakeResult = Callable[..., Result]


def an_item(remaining: Decimal | int = 1000, **more: Any) -> OpenItem:
    fields: dict[str, Any] = {
        "number": "17",
        "counterparty_number": "10",
        "counterparty_name": "Kund AB",
        "invoice_date": date(2025, 11, 1),
        "due_date": date(2025, 12, 1),
        "currency": "SEK",
        "amount": remaining,
        "amount_sek": remaining,
        "paid_before": 0,
        "remaining": remaining,
        "remaining_sek": remaining,
        "days_overdue": 30,
        "bucket": "1-30",
    }
    return OpenItem(**{**fields, **more})


def a_later(**more: Any) -> LaterInvoice:
    fields: dict[str, Any] = {
        "number": "31",
        "external_number": "F-2026/7",
        "counterparty_number": "20",
        "counterparty_name": "Leverantör AB",
        "invoice_date": date(2026, 1, 10),
        "due_date": date(2026, 2, 9),
        "currency": "SEK",
        "amount": 500,
        "amount_sek": 500,
        "balance": 500,
        "booked": True,
        "cancelled": False,
        "cash": False,
    }
    return LaterInvoice(**{**fields, **more})


def a_ledger(*items: OpenItem, dataset: Dataset = CUSTOMER, **more: Any) -> Ledger:
    total = sum((item.remaining_sek for item in items), Decimal(0))
    found = Reconciliation(accounts=(1510,), ledger_total=total, account_balance=total, difference=Decimal(0))
    return Ledger(dataset=dataset, items=items, **{"reconciliation": found, **more})


def opened(result: Result, ledger: Ledger, *, values: bool = True) -> list[Any]:
    """Its sheets as they are without calculating, or with the formulas."""
    book = openpyxl.load_workbook(BytesIO(workbook(IMPORT_ID, result, ledger)), data_only=values)
    return list(book.worksheets)


def texts(sheet: Any) -> str:
    return "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)


def calculated(sheets: list[Any], formula: str) -> Any:
    """What a spreadsheet program makes of one of our formulas, from cells whose values are there."""
    own, first = sheets

    def area(name: str) -> list[Any]:
        found = own[name.replace("$", "")]
        return [row[0].value for row in found] if isinstance(found, tuple) else [found.value]

    def aged(first_cell: str, last_cell: str, total: str) -> str:
        found = sum(one.value or 0 for one in own[f"{first_cell}:{last_cell}"][0])
        return "Stämmer" if round(found - own[total].value, 2) == 0 else "Stämmer inte"

    def of(names: str, currency: str, amounts: str) -> Any:
        worth = [1] * len(area(names)) if amounts == "1" else area(amounts)
        return sum(a or 0 for name, a in zip(area(names), worth, strict=True) if name == own[currency].value)

    meanings: dict[str, Callable[..., Any]] = {
        r"=SUM\((\S+)\)": lambda name: sum(one or 0 for one in area(name)),
        r'=COUNTIF\((\S+),"<0"\)': lambda name: sum(1 for one in area(name) if one is not None and one < 0),
        r'=SUMIF\((\S+),"<0"\)': lambda name: sum(one for one in area(name) if one is not None and one < 0),
        r"=SUMPRODUCT\(\((\S+)=(\w+)\)\*(\S+)\)": of,
        r"=(\w+)-(\w+)": lambda one, other: (own[one].value or 0) - (own[other].value or 0),
        r"='Reskontralista per balansdagen'!(\w+)": lambda name: first[name].value,
        r'=IF\(ROUND\(SUM\((\w+):(\w+)\)-(\w+),2\)=0,"Stämmer","Stämmer inte"\)': aged,
    }
    for pattern, meaning in meanings.items():
        if match := re.fullmatch(pattern, formula):
            return meaning(*match.groups())
    pytest.fail(f"an unknown formula: {formula}")


def all_formulas_hold(result: Result, ledger: Ledger) -> int:
    plain, written = opened(result, ledger), opened(result, ledger, values=False)
    count = 0
    for sheet, formulas in zip(plain, written, strict=True):
        for row in formulas.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    count += 1
                    worth, shown = calculated([sheet, plain[0]], cell.value), sheet[cell.coordinate].value
                    assert shown == (worth if isinstance(worth, str) else pytest.approx(worth, abs=0.005)), cell.value
    return count


def test_the_sheets_are_named_as_the_profession_does_and_printable(a_result: MakeResult) -> None:
    sheets = opened(a_result(), a_ledger(an_item()))

    assert [sheet.title for sheet in sheets] == SHEETS
    for sheet in sheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_area
        assert str(IMPORT_ID) in sheet.oddFooter.left.text
    heading = texts(sheets[0])
    for word in (
        "Företaget AB",
        "556677-8899",
        "Balansdag",
        "2025-12-31",
        "Restbelopp",
        "Ej förfallet",
        "Över 90 dagar",
    ):
        assert word in heading


def test_a_sole_traders_number_is_a_personal_number_and_in_no_document(a_result: MakeResult) -> None:
    company = Company(**{**a_result().company.model_dump(), "organisation_number": "640823-3234"})
    result, ledger = a_result(company=company), a_ledger(an_item())

    shown = "".join(texts(sheet) for sheet in opened(result, ledger)) + as_csv.file(result, ledger).decode()

    assert "640823" not in shown


def test_what_the_numbers_do_not_say_stands_beside_them(a_result: MakeResult) -> None:
    paid = Settlement(kind="payment", date=date(2026, 1, 15), amount=Decimal(400))
    off = Settlement(kind="write_off", date=date(2026, 1, 20), amount=Decimal(600))
    items = (
        an_item(1000, paid_after=(paid, off), collection=True, reminders=2, last_reminder=date(2025, 12, 20)),
        an_item(-300, credit_of="12", booked=False, days_overdue=-5, bucket="not_due"),
    )

    shown = texts(opened(a_result(), a_ledger(*items))[0])

    assert "2026-01-15 betalning 400,00\n2026-01-20 bortskrivning 600,00" in shown
    assert "Slutbetald 2026-01-20; Inkasso eller såld (Fortnox Finans); Påmind 2 gånger, senast 2025-12-20" in shown
    assert "Kreditfaktura till 12; Ej bokförd" in shown
    assert "Åldersanalys" in shown


def test_foreign_settlements_name_their_currency_and_overpayments_are_called_so(a_result: MakeResult) -> None:
    half = Settlement(kind="credit", date=date(2026, 1, 15), amount=Decimal(-5), against="9")
    item = an_item(-5, amount=100, currency="EUR", paid_after=(half,))

    shown = texts(opened(a_result(), a_ledger(item))[0])

    assert "2026-01-15 kvittning −5,00 EUR mot faktura 9" in shown
    assert "Överbetald; Slutbetald 2026-01-15" in shown


amounts = st.decimals(min_value=-(10**7), max_value=10**7, places=2)
buckets = st.sampled_from(["not_due", "1-30", "31-60", "61-90", "over_90"])
some = st.tuples(amounts, amounts, buckets, st.sampled_from(["SEK", "EUR", "NOK"]), st.none() | amounts)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(some, max_size=12),
    effects=st.lists(amounts, max_size=4),
    dataset=st.sampled_from([CUSTOMER, SUPPLIER]),
)
def test_all_totals_are_formulas_that_hold(
    a_result: MakeResult, rows: list[Any], effects: list[Decimal], dataset: Dataset
) -> None:
    items = [
        an_item(remaining, remaining_sek=sek, bucket=bucket, currency=currency, remaining_vat_sek=vat)
        for remaining, sek, bucket, currency, vat in rows
    ]
    total = sum((item.remaining_sek for item in items), Decimal(0))
    balance = Decimal("1234.56")
    explained = sum(effects, Decimal(0))
    found = Reconciliation(
        accounts=(1510,),
        ledger_total=total,
        account_balance=balance,
        difference=total - balance,
        explanations=tuple(a_cause(effect) for effect in effects),
        unexplained=total - balance - explained,
    )
    later = tuple(a_later(amount_sek=effect) for effect in effects)

    assert all_formulas_hold(a_result(), a_ledger(*items, dataset=dataset, reconciliation=found, later=later)) >= 15


def a_cause(effect: Decimal, text: str = "Manuella verifikationer", **more: Any) -> Explanation:
    return Explanation(
        code="customer-ledger.difference.manual",
        verdict=Verdict.WARNING,
        swedish=text,
        english="…",
        next_step=text,
        effect=effect,
        parts=(
            ExplanationPart(
                voucher="A 17", invoice="3", day=date(2025, 11, 3), account="1510", effect=effect, amount=9
            ),
        ),
        **more,
    )


def test_a_difference_is_explained_with_its_vouchers_and_what_is_left_is_a_number(a_result: MakeResult) -> None:
    found = Reconciliation(
        accounts=(1510, 1511),
        ledger_total=Decimal(1000),
        account_balance=Decimal(1700),
        difference=Decimal(-700),
        explanations=(a_cause(Decimal(-650), count=1),),
        unexplained=Decimal(-50),
        first_day=date(2025, 11, 3),
    )
    unbooked = UnbookedPayment(number="88", invoice="17", date=date(2025, 12, 30), amount=Decimal(25))
    ledger = a_ledger(an_item(1000), reconciliation=found, unbooked_payments=(unbooked,))

    rows = list(opened(a_result(books_moved=("verifikation A 18",)), ledger)[1].iter_rows(values_only=True))

    by_label = {row[0]: row[2] for row in rows if isinstance(row[0], str)}
    assert by_label["Kundreskontra per balansdagen"] == 1000
    assert by_label["Bokföringen per balansdagen, konto 1510, 1511"] == 1700
    assert (by_label["Skillnad"], by_label["Förklarat"], by_label["Oförklarat"]) == (-700, -650, -50)
    assert (1, "Manuella verifikationer", -650, None, 1, "Manuella verifikationer") in rows
    parts = next(row for row in rows if row[1] == "Verifikation A 17, faktura 3")
    assert (parts[0], parts[2], parts[4]) == (1, -650, "1510")
    assert any(row[0] == "88" and row[2] == 25 for row in rows)
    assert by_label["Ändrat under hämtningen"] or any(row[1] == "verifikation A 18" for row in rows)


def test_a_ledger_without_a_difference_says_so(a_result: MakeResult) -> None:
    shown = texts(opened(a_result(), a_ledger())[1])

    assert "Ingen skillnad att förklara" in shown
    assert "Skillnad\n0" in shown


def test_later_suppliers_invoices_stand_with_the_suppliers_own_number(a_result: MakeResult) -> None:
    later = (a_later(), a_later(number="32", cancelled=True))

    shown = texts(opened(a_result(), a_ledger(dataset=SUPPLIER, later=later))[2])

    assert "Leverantörens fakturanr" in shown
    assert "31\nF-2026/7\n20\nLeverantör AB" in shown
    assert "Makulerad" in shown
    assert "till och med 2026-01-30" in shown


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({}, "Obetald"),
        ({"balance": Decimal(0)}, "Slutbetald"),
        ({"balance": Decimal(100), "booked": False}, "Ej bokförd, delbetald"),
        ({"amount": Decimal(-5), "balance": None}, "Kreditfaktura"),
        ({"cash": True}, "Kontantfaktura"),
        ({"cancelled": True, "balance": Decimal(0)}, "Makulerad"),
    ],
)
def test_how_a_later_invoice_stands(how: dict[str, Any], told: str) -> None:
    assert state(a_later(**how)) == told


def test_invoices_of_the_month_after_are_kept_by_date(an_invoice: Callable[..., Any]) -> None:
    days = [date(2025, 12, 31), date(2026, 1, 30), date(2026, 1, 1), date(2026, 1, 31)]
    invoices = [an_invoice(number=str(place), invoice_date=day) for place, day in enumerate(days)]

    assert [one.number for one in dated_after(invoices, date(2025, 12, 31))] == ["2", "1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_text_begins_with_it_stays_text(a_result: MakeResult, text: str) -> None:
    company = Company(**{**a_result().company.model_dump(), "name": text})
    item = an_item(number=text, counterparty_name=text, external_number=text, currency=text)
    found = Reconciliation(
        accounts=(), ledger_total=0, account_balance=0, difference=0, explanations=(a_cause(Decimal(1), text),)
    )
    later = a_later(counterparty_name=text, external_number=text)
    result = a_result(company=company)
    ledger = a_ledger(item, dataset=SUPPLIER, reconciliation=found, later=(later,))

    cells = [cell for sheet in opened(result, ledger, values=False) for row in sheet.iter_rows() for cell in row]

    meant = [cell for cell in cells if cell.value == text]
    assert len(meant) >= 11
    assert {cell.data_type for cell in meant} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
    assert all(text not in cell.value for cell in cells if cell.data_type == "f")


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_runs_nothing_either(a_result: MakeResult, text: str) -> None:
    [row] = table(as_csv.file(a_result(), a_ledger(an_item(counterparty_name=text))))

    assert row["Kund"] == (f"'{text}" if text[0] in "=+-@\t" else text)


def table(content: bytes) -> list[dict[str, str]]:
    """As a Swedish Excel opens it."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_has_what_a_swedish_excel_wants(a_result: MakeResult) -> None:
    item = an_item(Decimal("-1234.50"), counterparty_name='Å; "Ä"\nÖ', days_overdue=95, bucket="over_90")

    [row] = table(as_csv.file(a_result(), a_ledger(item)))

    assert row["Restbelopp"] == row["Över 90 dagar"] == "-1234,50"
    assert row["Balansdag"] == "2025-12-31"
    assert row["Kund"] == 'Å; "Ä"\nÖ'
    assert row["1–30 dagar"] == ""


def test_other_ageing_buckets_have_other_columns(a_result: MakeResult) -> None:
    item = an_item(100, days_overdue=61, bucket="over_60")

    [row] = table(as_csv.file(a_result(ageing_edges=(15, 60)), a_ledger(item)))

    assert [name for name in row if "dagar" in name] == ["1–15 dagar", "16–60 dagar", "Över 60 dagar"]
    assert row["Över 60 dagar"] == "100"


def test_the_zip_has_all_documents_and_the_same_bytes_each_time(a_result: MakeResult) -> None:
    result = a_result(ledgers=(a_ledger(an_item()), a_ledger(an_item(), dataset=SUPPLIER)))

    first, second = (archive(IMPORT_ID, result, b"#FLAGGA 0\x86") for _ in range(2))

    assert first == second
    packed = ZipFile(BytesIO(first))
    assert packed.namelist() == [
        "kundreskontra-2025-12-31.xlsx",
        "kundreskontra-2025-12-31.csv",
        "leverantorsreskontra-2025-12-31.xlsx",
        "leverantorsreskontra-2025-12-31.csv",
        "bokforing-2025-12-31.se",
    ]
    assert packed.read("bokforing-2025-12-31.se") == b"#FLAGGA 0\x86"
    assert packed.read("kundreskontra-2025-12-31.xlsx") == workbook(IMPORT_ID, result, result.ledgers[0])


def test_a_result_that_was_kept_before_these_documents_has_them_too(a_result: MakeResult) -> None:
    kept = a_result(ledgers=(a_ledger(an_item()),)).model_dump(mode="json")
    del kept["ageing_edges"], kept["ledgers"][0]["later"]

    result = Result.model_validate(kept)

    assert "Inga" in texts(opened(result, result.ledgers[0])[2])
