"""Ageing, balances in currencies, settlements of credit notes, reconciliation."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fortnox
import sie
from importer.fetch.inferred import is_untold
from importer.fetch.payments import settled
from importer.ledger.ageing import bucket, days_overdue
from importer.ledger.as_of import open_items
from importer.ledger.model import Invoice, SettlementKind, from_sek, rounded
from importer.ledger.reconcile import reconcile
from importer.ledger.settling import Effect, effects

Make = Callable[..., Invoice]
Pay = Callable[..., fortnox.InvoicePayment]
AFTER = Effect(date(2026, 1, 15))


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (-40, "not_due"), (0, "not_due"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
        (90, "61-90"), (91, "over_90"), (4000, "over_90"),
    ],
)  # fmt: skip
def test_ageing_buckets_begin_on_the_day_after_the_due_date(days: int, name: str) -> None:
    due = date(2025, 12, 31) - timedelta(days=days)

    assert bucket(days_overdue(due, due, date(2025, 12, 31))) == name


def test_without_a_due_date_an_invoice_was_due_at_once() -> None:
    assert days_overdue(None, date(2025, 12, 1), date(2025, 12, 31)) == 30


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.decimals("1.2", "30", places=4))
def test_a_balance_in_sek_is_turned_back_exactly_where_the_currency_is_worth_more_than_a_krona(
    total: int, balance: int, rate: Decimal
) -> None:
    open_amount = Decimal(min(balance, total)) / 100

    assert from_sek(rounded(open_amount * rate), Decimal(total) / 100, rate) == open_amount


def test_where_several_hundredths_give_the_same_sek_the_balance_is_not_known() -> None:
    assert from_sek(Decimal("75.00"), Decimal(90_000), Decimal("0.075")) is None


@pytest.mark.parametrize("open_amount", [0, 90_000])
def test_all_or_nothing_is_known_at_any_rate(open_amount: int) -> None:
    rate = Decimal("0.075")

    assert from_sek(rounded(open_amount * rate), Decimal(90_000), rate) == open_amount


def test_a_payment_of_a_foreign_invoice_counts_in_its_currency_whatever_rate_it_was_paid_at(
    an_invoice: Make, a_payment: Pay
) -> None:
    invoice = an_invoice(currency="EUR", rate=Decimal(11))

    (settlement,) = settled(a_payment(amount=Decimal(1130), amount_currency=Decimal(100)), invoice, AFTER)

    assert settlement.amount == 100


def test_a_payment_with_a_write_off_is_two_settlements(an_invoice: Make, a_payment: Pay) -> None:
    payment = a_payment(amount=Decimal(990), write_offs=[fortnox.WriteOff(amount=Decimal(10), currency="SEK")])

    found = settled(payment, an_invoice(), AFTER)

    assert {one.kind: one.amount for one in found} == {
        SettlementKind.PAYMENT: Decimal(990),
        SettlementKind.WRITE_OFF: Decimal(10),
    }


def test_a_pure_write_off_is_no_payment(an_invoice: Make, a_payment: Pay) -> None:
    payment = a_payment(amount=Decimal(0), write_offs=[fortnox.WriteOff(amount=Decimal(1000))])

    assert [one.kind for one in settled(payment, an_invoice(), AFTER)] == [SettlementKind.WRITE_OFF]


def test_kronor_written_off_on_a_foreign_invoice_are_worth_its_own_rate(an_invoice: Make, a_payment: Pay) -> None:
    invoice = an_invoice(currency="EUR", rate=Decimal(10))
    off = fortnox.WriteOff(amount=Decimal(50), currency="SEK")

    found = settled(a_payment(amount_currency=Decimal(0), write_offs=[off]), invoice, AFTER)

    assert [one.amount for one in found] == [5]


@pytest.mark.parametrize(
    ("payment", "invoice", "singly"),
    [
        ({}, {}, False),
        ({"write_off_exist": True}, {}, True),
        ({"write_off_exist": True, "amount": Decimal(0)}, {}, True),
        ({}, {"currency": "EUR"}, True),
    ],
)
def test_only_foreign_payments_and_write_offs_are_read_one_by_one(
    an_invoice: Make, a_payment: Pay, payment: dict[str, Any], invoice: dict[str, Any], *, singly: bool
) -> None:
    assert is_untold(a_payment(**payment), an_invoice(**invoice)) is singly


def test_a_credit_s_settlement_counts_no_earlier_than_either_invoice(an_invoice: Make, a_payment: Pay) -> None:
    invoices = {
        "1": an_invoice(),
        "2": an_invoice(number="2", total=Decimal(-400), invoice_date=date(2026, 1, 5)),
    }
    halves = [
        a_payment(amount=Decimal(400), source="settle", payment_date=date(2025, 12, 30)),
        a_payment(
            number="8", invoice_number="2", amount=Decimal(-400), source="settle", payment_date=date(2025, 12, 30)
        ),
    ]

    assert effects(halves, invoices) == {"7": Effect(date(2026, 1, 5), "2"), "8": Effect(date(2026, 1, 5), "1")}


def test_halves_of_other_customers_days_or_amounts_do_not_belong_together(an_invoice: Make, a_payment: Pay) -> None:
    invoices = {
        "1": an_invoice(),
        "2": an_invoice(number="2", total=Decimal(-400), invoice_date=date(2026, 1, 5), party_number="11"),
    }
    half = a_payment(amount=Decimal(400), source="settle")
    other = a_payment(number="8", invoice_number="2", amount=Decimal(-400), source="settle")

    assert {effect.against for effect in effects([half, other], invoices).values()} == {None}


def test_an_ordinary_payment_counts_from_its_own_day_and_an_undated_one_from_its_invoice_s(
    an_invoice: Make, a_payment: Pay
) -> None:
    found = effects([a_payment(), a_payment(number="8", payment_date=None)], {"1": an_invoice()})

    assert [found[number].on for number in ("7", "8")] == [date(2026, 1, 15), date(2025, 11, 1)]


@pytest.mark.parametrize(
    ("day", "balance"),
    [(date(2025, 3, 9), 500), (date(2025, 3, 10), 1500), (date(2025, 6, 19), 1500), (date(2025, 12, 31), 900)],
    ids=str,
)
def test_the_account_is_taken_at_the_closing_date_not_at_the_year_s_end(
    books: Callable[..., sie.Document], day: date, balance: int
) -> None:
    assert reconcile([], books(), [1510], day, sign=1).account_balance == balance


def test_the_difference_is_told_even_when_it_is_zero(books: Callable[..., sie.Document], an_invoice: Make) -> None:
    items = open_items([an_invoice(total=Decimal(900))], [], date(2025, 12, 31), cash_method=False)

    found = reconcile(items, books(), [1510], date(2025, 12, 31), sign=1)

    assert found.ledger_total == found.account_balance == 900
    assert found.difference == 0


def test_a_debt_is_positive_in_the_ledger_and_credit_in_the_books(books: Callable[..., sie.Document]) -> None:
    assert reconcile([], books(), [2081], date(2025, 12, 31), sign=-1).account_balance == 500


def test_several_accounts_are_taken_together(books: Callable[..., sie.Document]) -> None:
    found = reconcile([], books(), [1930, 1510], date(2025, 12, 31), sign=1)

    assert found.accounts == (1510, 1930)
    assert found.account_balance == 1500
