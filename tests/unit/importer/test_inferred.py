"""What a payment list doesn't say and what follows from today's balance."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import fortnox
from importer.fetch import inferred
from importer.ledger.model import Invoice

Make = Callable[..., Invoice]
CLOSING = date(2025, 12, 31)


def row(amount: str, number: str = "7", **more: Any) -> fortnox.InvoicePaymentListItem:
    fields: dict[str, Any] = {"invoice_number": "1", "payment_date": date(2026, 1, 15), "booked": True}
    return fortnox.InvoicePaymentListItem(**{**fields, "number": number, "amount": Decimal(amount), **more})


def test_what_was_written_off_is_what_the_payments_leave(an_invoice: Make) -> None:
    invoice, paid = an_invoice(balance=Decimal(0)), row("590.50", write_off_exist=True)

    found = inferred.payment(paid, invoice, [row("400", "6"), paid])

    assert found is not None
    assert (found.amount, [off.amount for off in found.write_offs]) == (Decimal("590.50"), [Decimal("9.50")])


def test_a_foreign_payment_is_what_came_off_the_invoice_if_its_rate_agrees(an_invoice: Make) -> None:
    invoice = an_invoice(currency="EUR", rate=Decimal("11.20"), balance=Decimal(250))
    paid = row("8512.50", currency="EUR", currency_rate=Decimal("11.35"))

    found = inferred.payment(paid, invoice, [paid])

    assert found is not None
    assert found.amount_currency == Decimal(750)


@pytest.mark.parametrize(
    "why", ["two unknown", "another rate", "no rate", "balance unknown", "nothing left", "more than the invoice"]
)
def test_where_it_does_not_follow_for_sure_it_is_asked_for(an_invoice: Make, why: str) -> None:
    euros: dict[str, Any] = {"currency": "EUR", "rate": Decimal(11)}
    paid = row("8512.50", currency="EUR", currency_rate=Decimal("11.35"))
    cases: dict[str, tuple[Invoice, list[fortnox.InvoicePaymentListItem]]] = {
        "two unknown": (an_invoice(balance=Decimal(250), **euros), [paid, row("1", "8")]),
        "another rate": (an_invoice(balance=Decimal(240), **euros), [paid]),
        "no rate": (an_invoice(balance=Decimal(250), **euros), [row("8512.50", currency="EUR")]),
        "balance unknown": (an_invoice(**euros | {"balance": None}), [paid]),
        "nothing left": (an_invoice(balance=Decimal(0)), [row("1000", write_off_exist=True)]),
        "more than the invoice": (an_invoice(balance=Decimal(0)), [row("-500", write_off_exist=True)]),
    }
    invoice, rows = cases[why]

    assert inferred.payment(rows[0], invoice, rows) is None


def test_a_later_credit_note_that_an_unread_settlement_has_used_is_noticed(an_invoice: Make) -> None:
    credit = an_invoice(
        number="2", total=Decimal(-400), balance=Decimal(0), invoice_date=date(2026, 1, 5), due_date=None
    )
    settled = row("-400", invoice_number="2", source="settle", payment_date=date(2025, 12, 30))

    assert not inferred.all_explained([an_invoice(), credit], {}, CLOSING)
    assert inferred.all_explained([an_invoice(), credit], {"2": [settled]}, CLOSING)


def test_foreign_invoices_of_later_are_explained_to_the_rounding(an_invoice: Make) -> None:
    later: dict[str, Any] = {"currency": "EUR", "rate": Decimal(11), "invoice_date": date(2026, 1, 5)}
    paid = row("8512.50", currency="EUR", currency_rate=Decimal("11.35"))

    assert inferred.all_explained([an_invoice(balance=Decimal(250), **later)], {"1": [paid]}, CLOSING)
    assert not inferred.all_explained([an_invoice(balance=Decimal(0), **later)], {"1": [paid]}, CLOSING)
    assert not inferred.all_explained([an_invoice(**later | {"balance": None})], {"1": [paid]}, CLOSING)


@pytest.mark.parametrize("more", [{"cancelled": True}, {"cash": True}, {"invoice_date": CLOSING}])
def test_what_is_in_no_ledger_or_of_before_needs_no_explanation(an_invoice: Make, more: dict[str, Any]) -> None:
    invoice = an_invoice(balance=Decimal(0), **{"invoice_date": date(2026, 1, 5), **more})

    assert inferred.all_explained([invoice], {}, CLOSING)
