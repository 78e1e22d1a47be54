"""Invoices, payments and books for the importer's rules."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import fortnox
import sie
from common.events import Dataset, FinancialYear
from importer.fetch.books import Company
from importer.ledger.model import Invoice, Settlement, SettlementKind
from importer.result import Result


@pytest.fixture
def an_invoice() -> Callable[..., Invoice]:
    """An invoice over 1,000 kronor of 1 November, due on 1 December, untouched; anything else as asked for."""

    def make(**more: Any) -> Invoice:
        fields: dict[str, Any] = {
            "number": "1",
            "party_number": "10",
            "party_name": "Kund AB",
            "invoice_date": date(2025, 11, 1),
            "due_date": date(2025, 12, 1),
            "total": Decimal(1000),
        }
        fields |= more
        return Invoice(**{"balance": fields["total"], **fields})

    return make


@pytest.fixture
def a_settlement() -> Callable[..., Settlement]:
    """A payment of 1,000 kronor on invoice 1 in January of the next year."""

    def make(amount: int | str = 1000, on: date = date(2026, 1, 15), **more: Any) -> Settlement:
        fields: dict[str, Any] = {"reference": "7", "invoice": "1", "kind": SettlementKind.PAYMENT}
        return Settlement(**{**fields, "on": on, "amount": Decimal(amount), **more})

    return make


@pytest.fixture
def a_payment() -> Callable[..., fortnox.InvoicePayment]:
    """A payment as Fortnox tells it when it is read singly."""

    def make(**more: Any) -> fortnox.InvoicePayment:
        fields: dict[str, Any] = {
            "number": "7",
            "invoice_number": "1",
            "payment_date": date(2026, 1, 15),
            "amount": Decimal(1000),
            "booked": True,
        }
        return fortnox.InvoicePayment(**{**fields, **more})

    return make


@pytest.fixture
def books() -> Callable[..., sie.Document]:
    """Small books of 2025: 1510 opens at 500, one invoice in March, one payment in June. `books(old, new)` has one
    thing changed."""

    def make(old: str = "", new: str = "") -> sie.Document:
        return sie.read(SMALL.replace(old, new, 1).encode("cp437"))

    return make


SMALL = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Fortnox" 3.61.17
#GEN 20260115
#FNR 123456
#FNAMN "Företaget AB"
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
#ORGNR 556677-8899
#KPTYP EUBAS97
#KONTO 1510 "Kundfordringar"
#SRU 1510 7251
#KONTO 1930 "Bank"
#SRU 1930 7281
#KONTO 2081 "Aktiekapital"
#SRU 2081 7301
#KONTO 3001 "Försäljning"
#SRU 3001 7410
#DIM 1 "Kostnadsställe"
#OBJEKT 1 "NORR" "Norra"
#IB 0 1510 500
#UB 0 1510 900
#IB -1 1510 500
#UB -1 1510 500
#IB 0 1930 0
#UB 0 1930 600
#IB 0 2081 -500
#UB 0 2081 -500
#IB -1 2081 -500
#UB -1 2081 -500
#RES 0 3001 -1000
#VER B 1 20250310 "Kundfaktura" 20250310
{
#TRANS 1510 {} 1000
#TRANS 3001 {1 "NORR"} -1000 "" "konsulttimmar"
}
#VER C 1 20250620 "Inbetalning" 20250621
{
#TRANS 1930 {} 600
#TRANS 1510 {} -600
}
"""


@pytest.fixture
def a_result() -> Callable[..., Result]:
    """A result without ledgers and checks, of the small books."""

    def make(**more: Any) -> Result:
        moment = datetime(2026, 1, 20, 8, tzinfo=UTC)
        year = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
        fields: dict[str, Any] = {
            "company": Company(
                tenant=123456,
                name="Företaget AB",
                organisation_number="556677-8899",
                year_id=3,
                financial_year=year,
                accounting_method="ACCRUAL",
            ),
            "closing_date": date(2025, 12, 31),
            "datasets": tuple(Dataset),
            "sie_sha256": "0" * 64,
            "ledgers": (),
            "checks": (),
            "read_from": moment,
            "read_to": moment,
            "calls": 11,
        }
        return Result(**{**fields, **more})

    return make
