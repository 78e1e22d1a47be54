"""Checks: each question answered, passed or not, with numbers and place, in both languages."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

import sie
from common.events import Check, Dataset, FinancialYear, ImportRequested, Verdict
from common.events.import_data import UnbookedPayment
from common.events.imports import Reconciliation
from importer import checks
from importer.checks.books import QUESTIONS
from importer.checks.results import kronor
from importer.fetch.invoices import Sources
from importer.ledger.model import Invoice
from importer.result import Ledger, Result
from sie.findings import CATALOGUE

Books = Callable[..., sie.Document]
NOTHING = Sources(invoices=(), settlements=(), unbooked_invoices=(), undated_payments=())


def of_books(document: sie.Document) -> dict[str, Check]:
    return {check.code: check for check in checks.of_books(document)}


def test_sound_books_pass_every_check(books: Books) -> None:
    found = of_books(books())

    assert {code for code, check in found.items() if check.verdict is not Verdict.PASSED} == set()
    assert len(found) == len(QUESTIONS) + 4


@pytest.mark.parametrize(
    ("old", "new", "code", "verdict", "place"),
    [
        ("#TRANS 1930 {} 600", "#TRANS 1930 {} 601", "sie.vouchers-balance", Verdict.FAILED, "C 1"),
        ("#UB 0 1510 900", "#UB 0 1510 901", "sie.balances-add-up", Verdict.FAILED, "1510"),
        ("#IB 0 1510 500", "#IB 0 1510 600", "sie.opening-balances", Verdict.FAILED, "1510"),
        ("#VER C 1 20250620", "#VER C 1 20260620", "sie.dates", Verdict.WARNING, "C 1"),
        ('#KONTO 1930 "Bank"\n#SRU 1930 7281\n', "", "sie.accounts", Verdict.WARNING, "1930"),
        ("#SRU 1930 7281\n", "", "sie.sru", Verdict.WARNING, "1930"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    books: Books, old: str, new: str, code: str, verdict: Verdict, place: str
) -> None:
    check = of_books(books(old, new))[code]

    assert check.verdict is verdict
    assert check.count == len(check.places) == 1
    assert check.places == (place,)
    assert place in check.swedish
    assert place in check.english
    assert check.next_step


def test_more_findings_than_are_kept_are_counted(books: Books) -> None:
    repeated = "#VER C 1 20260620\n{\n}\n" * 300
    found = of_books(books("#VER C 1 20250620", repeated + "#VER C 1 20250620"))

    assert found["sie.dates"].count == 300
    assert found["sie.dates"].places == ("C 1",)


def test_opening_balances_that_do_not_sum_to_zero_are_told_with_the_amount(books: Books) -> None:
    check = of_books(books("#IB 0 2081 -500", "#IB 0 2081 -1734.5"))["sie.opening-total"]

    assert check.amount == Decimal("-1234.50")
    assert "−1\u00a0234,50 kr" in check.swedish


def test_a_gap_in_a_series_names_what_is_missing(books: Books) -> None:
    check = of_books(books("#VER C 1 2025", "#VER B 4 2025"))["sie.series"]

    assert check.verdict is Verdict.WARNING
    assert "B" in check.places[0]


def test_every_finding_of_the_reader_s_checks_ends_up_in_one_check() -> None:
    answered = [code for question in QUESTIONS for code in question.findings]

    assert len(answered) == len(set(answered))
    assert set(answered) <= set(CATALOGUE)


def test_a_ledger_that_agrees_passes_and_one_that_does_not_is_a_warning_with_the_difference() -> None:
    agreed = reconciled(Decimal("100.00"), Decimal("100.00"))
    differs = reconciled(Decimal("100.00"), Decimal("85.50"))

    (first, *_), (second, *_) = (checks.of_ledger(a_ledger(one), NOTHING) for one in (agreed, differs))

    assert first.verdict is Verdict.PASSED
    assert first.swedish == "Leverantörsreskontran stämmer med konto 2440: 100,00 kr."
    assert (second.verdict, second.amount) == (Verdict.WARNING, Decimal("14.50"))
    assert "Skillnaden är 14,50 kr" in second.swedish


def test_what_stands_beside_the_ledger_is_named(an_invoice: Callable[..., Invoice]) -> None:
    sources = Sources(
        invoices=(),
        settlements=(),
        unbooked_invoices=(an_invoice(number="77", booked=False),),
        undated_payments=("8 → 1",),
    )

    payment = UnbookedPayment(number="7", invoice="1", date=date(2025, 12, 30), amount=Decimal(40))
    ledger = a_ledger(reconciled(Decimal(0), Decimal(0)), Dataset.CUSTOMER_LEDGER, unbooked_payments=(payment,))

    found = {check.code: check for check in checks.of_ledger(ledger, sources)}

    assert found["customer-ledger.unbooked-invoices"].amount == 1000
    assert found["customer-ledger.unbooked-invoices"].places == ("77",)
    assert found["customer-ledger.unbooked-payments"].places == ("7 på faktura 1",)
    assert found["customer-ledger.unbooked-payments"].amount == 40
    assert found["customer-ledger.undated-payments"].verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("", "", Verdict.PASSED),
        ("#FNR 123456", "#FNR 654321", Verdict.FAILED),
        ("#ORGNR 556677-8899", "#ORGNR 559999-9999", Verdict.FAILED),
        ("#ORGNR 556677-8899", "#ORGNR", Verdict.PASSED),
    ],
    ids=["same", "other-tenant", "other-number", "no-number"],
)
def test_the_file_is_compared_with_the_company(
    books: Books, a_result: Callable[..., Result], old: str, new: str, verdict: Verdict
) -> None:
    found = {check.code: check for check in checks.of_identity(a_request(), a_result().company, books(old, new))}

    assert found["sie.company"].verdict is verdict


def test_a_company_without_a_number_can_not_be_compared_and_that_is_told(
    books: Books, a_result: Callable[..., Result]
) -> None:
    company = a_result().company.model_copy(update={"organisation_number": ""})

    found = {check.code: check for check in checks.of_identity(a_request("5566778899"), company, books())}

    assert found["company.organisation-number"].verdict is Verdict.WARNING


def test_books_that_moved_are_told() -> None:
    assert [check.verdict for check in checks.of_moment(())] == [Verdict.PASSED]
    (check,) = checks.of_moment(("vouchers A 12", "supplierinvoices 7"))
    assert check.places == ("vouchers A 12", "supplierinvoices 7")
    assert "2 st (verifikation A 12, leverantörsfaktura 7)" in check.swedish


def test_kronor_are_written_as_in_swedish() -> None:
    assert kronor(Decimal("-1234567.5")) == "−1\u00a0234\u00a0567,50"


def reconciled(total: Decimal, balance: Decimal) -> Reconciliation:
    return Reconciliation(accounts=(2440,), ledger_total=total, account_balance=balance, difference=total - balance)


def a_ledger(found: Reconciliation, dataset: Dataset = Dataset.SUPPLIER_LEDGER, **more: Any) -> Ledger:
    return Ledger(dataset=dataset, items=(), reconciliation=found, **more)


def a_request(number: str | None = None) -> ImportRequested:
    return ImportRequested(
        connection_id=uuid4(),
        import_id=uuid4(),
        financial_year=FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31)),
        expected_organisation_number=number,
    )
