"""A company's registers, and vouchers that pass against them unless a test changes them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from common.events import FinancialYear, VouchersApproved
from common.events.voucher_batches import ApprovedVoucher, DimensionObject, VoucherRow
from common.events.vouchers import Finding
from fortnox import Account, CostCentre, Project, VoucherSeries
from fortnox import FinancialYear as FortnoxYear
from voucher_sender import checks
from voucher_sender.earlier import Known
from voucher_sender.look_alikes import Books
from voucher_sender.registers import Registers

YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
BATCH_ID = UUID(int=1)
NOTHING_KNOWN = Known(BATCH_ID, books=Books())
ACCOUNTS = (1229, 1299, 1510, 1515, 1930, 2440, 2611, 4010, 4020, 7832)
RULES: dict[int, dict[str, Any]] = {
    4010: {"cost_centre_settings": "MANDATORY", "project_settings": "MANDATORY"},
    4020: {"cost_centre_settings": "NOTALLOWED", "project_settings": "NOTALLOWED"},
    2611: {"vat_code": "U1"},
    1299: {"active": False},
}


def _account(number: int) -> Account:
    return Account(**{"number": number, "active": True, **RULES.get(number, {})})


def _year(year_id: int, year: int, method: str) -> FortnoxYear:
    return FortnoxYear(id=year_id, from_date=date(year, 1, 1), to_date=date(year, 12, 31), accounting_method=method)


def _registers(*, method: str = "ACCRUAL", **changes: Any) -> Registers:
    years = (_year(4, 2026, method), _year(3, 2025, method))
    fields = {
        "years": years,
        "year": years[1],
        "series": {code: VoucherSeries(code=code, manual=code in "AI") for code in "ABI"},
        "accounts": {
            number: _account(number) for number in (1229, 1299, 1510, 1515, 1930, 2440, 2611, 4010, 4020, 7832)
        },
        "cost_centres": {
            "NORR": CostCentre(code="NORR", active=True),
            "GAMMAL": CostCentre(code="GAMMAL", active=False),
        },
        "projects": {
            "1005": Project(project_number="1005"),
            "2": Project(project_number="2", end_date=date(2025, 6, 30)),
            "3": Project(project_number="3", status="COMPLETED"),
        },
    }
    return Registers(**{**fields, **changes})


@pytest.fixture(scope="session")
def registers() -> Callable[..., Registers]:
    return _registers


def _row(account: int, amount: Decimal | int | str = 0, *dimensions: tuple[int, str], **changes: Any) -> VoucherRow:
    """Debit is positive."""
    value = Decimal(amount)
    sides = {"debit": value} if value > 0 else {"credit": -value}
    objects = tuple(DimensionObject(dimension=dimension, object=code) for dimension, code in dimensions)
    return VoucherRow(**{"account": account, "dimensions": objects, **sides, **changes})


@pytest.fixture(scope="session")
def row() -> Callable[..., VoucherRow]:
    return _row


def _voucher(*rows: VoucherRow, **changes: Any) -> ApprovedVoucher:
    fields = {
        "voucher_id": "v-1",
        "date": YEAR.to_date,
        "description": "Avskrivning inventarier",
        "rows": rows or (_row(7832, 100), _row(1229, -100)),
    }
    return ApprovedVoucher(**{**fields, **changes})


@pytest.fixture(scope="session")
def voucher() -> Callable[..., ApprovedVoucher]:
    """A voucher with these rows, or depreciation of 100 kr."""
    return _voucher


def _batch(*vouchers: ApprovedVoucher, **changes: Any) -> VouchersApproved:
    fields = {
        "connection_id": UUID(int=7),
        "batch_id": BATCH_ID,
        "financial_year": YEAR,
        "series": "I",
        "vouchers": vouchers,
    }
    return VouchersApproved(**{**fields, **changes})


@pytest.fixture(scope="session")
def batch() -> Callable[..., VouchersApproved]:
    return _batch


@pytest.fixture(scope="session")
def found() -> Callable[..., list[Finding]]:
    """The findings in one voucher, checked in series I of 2025 unless said otherwise."""

    def check(
        voucher: ApprovedVoucher, registers: Registers | None = None, known: Known | None = None, **batch: Any
    ) -> list[Finding]:
        checked = checks.run(_batch(voucher, **batch), registers or _registers(), known or NOTHING_KNOWN)
        return list(checked[0].findings)

    return check
