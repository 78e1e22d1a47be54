"""The ledger as of a date, rule by rule (Fortnox fact 5.7)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from common.events.import_data import OpenItem
from importer.ledger.as_of import belongs, by_number, open_items, totals
from importer.ledger.details import Details
from importer.ledger.model import Invoice, Settlement, SettlementKind

Make = Callable[..., Invoice]
Settle = Callable[..., Settlement]
YEAR_END = date(2025, 12, 31)


def one(invoices: list[Invoice], settlements: list[Settlement] | None = None, *, cash: bool = False) -> OpenItem:
    (item,) = open_items(invoices, settlements or [], YEAR_END, cash_method=cash)
    return item


def test_an_untouched_invoice_is_open_with_all_of_it(an_invoice: Make) -> None:
    item = one([an_invoice()])

    assert (item.amount, item.paid_before, item.remaining) == (Decimal(1000), Decimal(0), Decimal(1000))


def test_what_was_paid_after_the_date_is_put_back(an_invoice: Make, a_settlement: Settle) -> None:
    item = one([an_invoice(balance=Decimal(0))], [a_settlement()])

    assert item.remaining == 1000
    (paid,) = item.paid_after
    assert (paid.date, paid.amount, paid.reference) == (date(2026, 1, 15), Decimal(1000), "7")


def test_a_part_payment_before_the_date_is_not_put_back(an_invoice: Make, a_settlement: Settle) -> None:
    paid = [a_settlement(300, date(2025, 12, 31)), a_settlement(700, date(2026, 1, 1), reference="8")]

    item = one([an_invoice(balance=Decimal(0))], paid)

    assert (item.paid_before, item.remaining) == (Decimal(300), Decimal(700))


def test_an_invoice_paid_before_the_date_is_closed(an_invoice: Make, a_settlement: Settle) -> None:
    settled = [a_settlement(on=date(2025, 12, 31))]

    assert open_items([an_invoice(balance=Decimal(0))], settled, YEAR_END, cash_method=False) == []


def test_an_overpayment_stays_as_a_negative_item(an_invoice: Make) -> None:
    assert one([an_invoice(balance=Decimal(-50))]).remaining == -50


def test_a_write_off_after_the_date_is_put_back(an_invoice: Make, a_settlement: Settle) -> None:
    written_off = a_settlement(kind=SettlementKind.WRITE_OFF)

    item = one([an_invoice(balance=Decimal(0))], [written_off])

    assert item.remaining == 1000
    assert item.paid_after[0].kind == "write_off"


def test_an_unsettled_credit_note_stays_as_a_negative_item(an_invoice: Make) -> None:
    item = one([an_invoice(total=Decimal(-400))])

    assert (item.amount, item.remaining) == (Decimal(-400), Decimal(-400))


def test_a_credit_note_settled_later_stands_beside_its_invoice_and_names_it(
    an_invoice: Make, a_settlement: Settle
) -> None:
    invoice = an_invoice(balance=Decimal(600))
    credit = an_invoice(number="2", total=Decimal(-400), balance=Decimal(0))
    pair = [
        a_settlement(400, kind=SettlementKind.CREDIT, against="2"),
        a_settlement(-400, kind=SettlementKind.CREDIT, invoice="2", reference="8", against="1"),
    ]

    items = open_items([invoice, credit], pair, YEAR_END, cash_method=False)

    assert [item.remaining for item in items] == [1000, -400]
    assert [item.credit_of for item in items] == [None, "1"]


def test_an_invoice_after_the_date_is_not_in_the_ledger(an_invoice: Make) -> None:
    assert not belongs(an_invoice(invoice_date=date(2026, 1, 1)), YEAR_END, cash_method=False)


def test_an_invoice_of_the_date_itself_is(an_invoice: Make) -> None:
    assert belongs(an_invoice(invoice_date=YEAR_END), YEAR_END, cash_method=False)


@pytest.mark.parametrize("cash", [False, True])
@pytest.mark.parametrize("why", ["cancelled", "cash"])
def test_cancelled_and_cash_invoices_never_are(an_invoice: Make, why: str, *, cash: bool) -> None:
    assert not belongs(an_invoice(**{why: True}), YEAR_END, cash_method=cash)


def test_an_unbooked_invoice_is_only_under_the_cash_method(an_invoice: Make) -> None:
    assert not belongs(an_invoice(booked=False), YEAR_END, cash_method=False)
    assert not one([an_invoice(booked=False)], cash=True).booked


def test_a_foreign_invoice_is_rolled_back_in_its_currency_and_stands_at_its_booked_rate(
    an_invoice: Make, a_settlement: Settle
) -> None:
    invoice = an_invoice(currency="EUR", rate=Decimal("11.2345"), total=Decimal("99.99"), balance=Decimal(0))

    item = one([invoice], [a_settlement("33.33")])

    assert (item.remaining, item.remaining_sek) == (Decimal("33.33"), Decimal("374.45"))
    assert item.amount_sek == Decimal("1123.34")


def test_where_the_balance_is_not_known_in_the_currency_the_total_is_rolled_forward(
    an_invoice: Make, a_settlement: Settle
) -> None:
    invoice = an_invoice(currency="JPY", rate=Decimal("0.075"), total=Decimal(90_000), balance=None)
    paid = [a_settlement(30_000, date(2025, 12, 1)), a_settlement(20_000, reference="8")]

    item = one([invoice], paid)

    assert (item.paid_before, item.remaining, item.remaining_sek) == (Decimal(30_000), Decimal(60_000), Decimal(4500))


def test_items_come_in_the_order_of_their_numbers(an_invoice: Make) -> None:
    invoices = [an_invoice(number=number) for number in ("10", "9", "A7", "4294967297")]

    items = open_items(invoices, [], YEAR_END, cash_method=False)

    assert [item.number for item in items] == ["9", "10", "4294967297", "A7"]
    assert by_number("2") < by_number("10")


def test_totals_are_told_in_all_and_per_currency(an_invoice: Make) -> None:
    euro = an_invoice(number="2", currency="EUR", rate=Decimal("11.5"), total=Decimal("10.01"))
    items = open_items([an_invoice(total=Decimal("1.50")), euro], [], YEAR_END, cash_method=False)

    assert totals(items) == {
        "total_sek": 150 + 11512,
        "credits_sek": 0,
        "tax_agency_sek": 0,
        "remaining_SEK": 150,
        "remaining_EUR": 1001,
    }


def test_credit_balances_are_totalled_by_themselves(an_invoice: Make) -> None:
    credit = an_invoice(number="2", currency="EUR", rate=Decimal(10), total=Decimal(-3))
    overpaid = an_invoice(number="3", balance=Decimal(-20))
    items = open_items([an_invoice(), credit, overpaid], [], YEAR_END, cash_method=False)

    found = totals(items)

    assert (found["total_sek"], found["credits_sek"]) == (950_00, -50_00)
    assert (found["credits_EUR"], found["credits_SEK"]) == (-3_00, -20_00)


def test_a_payment_dated_before_its_invoice_makes_no_item(an_invoice: Make, a_settlement: Settle) -> None:
    later = an_invoice(invoice_date=date(2026, 1, 10), balance=Decimal(0))

    assert open_items([later], [a_settlement(on=date(2025, 12, 20))], YEAR_END, cash_method=False) == []


def test_the_tax_agency_s_share_of_what_is_open_stands_apart(an_invoice: Make) -> None:
    shares = {"1": Details(tax_agency_share=Decimal(300)), "2": Details(tax_agency_share=Decimal(300))}
    invoices = [an_invoice(balance=Decimal(700)), an_invoice(number="2", balance=Decimal(120))]

    items = open_items(invoices, [], YEAR_END, cash_method=False, details=shares)

    assert [item.tax_agency_share for item in items] == [300, 120]
    assert totals(items)["tax_agency_sek"] == 420_00


def test_the_vat_of_what_is_left_is_its_share(an_invoice: Make) -> None:
    known = {"1": Details(vat_sek=Decimal(200))}

    (item,) = open_items([an_invoice(balance=Decimal(333))], [], YEAR_END, cash_method=False, details=known)

    assert (item.vat_sek, item.remaining_vat_sek) == (Decimal(200), Decimal("66.60"))


def test_the_buckets_can_be_others(an_invoice: Make) -> None:
    (item,) = open_items([an_invoice()], [], YEAR_END, cash_method=False, edges=(14, 29))

    assert item.bucket == "over_29"


def test_an_invoice_handed_over_for_collection_says_so(an_invoice: Make) -> None:
    assert one([an_invoice(collection=True)]).collection
