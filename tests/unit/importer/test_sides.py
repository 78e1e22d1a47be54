"""What Fortnox's lists say, in the ledger's own terms."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import fortnox
from importer.fetch.sides import CUSTOMERS, SUPPLIERS, customer_invoice, supplier_invoice


def a_customer_s(**more: Any) -> fortnox.InvoiceListItem:
    fields: dict[str, Any] = {
        "document_number": "17",
        "invoice_date": date(2025, 11, 1),
        "total": Decimal(100),
        "balance": Decimal(40),
        "booked": True,
        "cancelled": False,
    }
    return fortnox.InvoiceListItem(**{**fields, **more})


def a_supplier_s(**more: Any) -> fortnox.SupplierInvoiceListItem:
    fields: dict[str, Any] = {
        "given_number": "17",
        "invoice_number": "F-2025-88",
        "invoice_date": date(2025, 11, 1),
        "total": Decimal(100),
        "balance": Decimal(40),
        "booked": True,
        "Cancel": False,
    }
    return fortnox.SupplierInvoiceListItem(**{**fields, **more})


def test_a_customer_s_balance_is_in_the_invoice_s_currency() -> None:
    invoice = customer_invoice(a_customer_s(currency="EUR", currency_rate="11.50", currency_unit=1))

    assert (invoice.total, invoice.balance, invoice.rate) == (Decimal(100), Decimal(40), Decimal("11.50"))


def test_a_supplier_s_balance_is_in_sek_and_turned_back() -> None:
    invoice = supplier_invoice(a_supplier_s(currency="EUR", currency_rate="11.50", balance=Decimal(460)))

    assert invoice.balance == 40
    assert invoice.external_number == "F-2025-88"


def test_a_rate_can_be_for_a_hundred_of_the_currency() -> None:
    assert customer_invoice(a_customer_s(currency="JPY", currency_rate="7.5", currency_unit=100)).rate == Decimal(
        "0.075"
    )


@pytest.mark.parametrize("rate", [None, "0", "-1"])
def test_a_foreign_invoice_without_a_usable_rate_is_not_valued_at_one(rate: str | None) -> None:
    for invoice in (
        customer_invoice(a_customer_s(currency="EUR", currency_rate=rate)),
        supplier_invoice(a_supplier_s(currency="EUR", currency_rate=rate)),
    ):
        assert invoice.rate is None


def test_kronor_need_no_rate() -> None:
    for listed in (a_customer_s(), a_customer_s(currency="SEK", currency_rate="0")):
        assert customer_invoice(listed).rate == 1


def test_a_cash_invoice_is_told_apart() -> None:
    assert customer_invoice(a_customer_s(invoice_type="CASHINVOICE")).cash


@pytest.mark.parametrize(
    ("presets", "accounts"),
    [({}, (1510,)), ({"CUSTCLAIM": 1515, "SUPPDEBT": 2445}, (1515,)), ({"SALES": 3001}, (1510,))],
)
def test_the_preset_account_is_used_and_the_usual_one_without_presets(
    presets: dict[str, int], accounts: tuple[int, ...]
) -> None:
    assert CUSTOMERS.accounts(presets) == accounts


def test_debts_are_credit_in_the_books() -> None:
    assert (CUSTOMERS.sign, SUPPLIERS.sign) == (1, -1)
