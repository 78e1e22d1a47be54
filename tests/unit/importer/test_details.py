"""What lists don't say: VAT from vouchers, and which items are worth a call of their own."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

import fortnox
import sie
from common.events.import_data import OpenItem
from importer.fetch.sides import CUSTOMERS, SUPPLIERS, customer_details, supplier_details
from importer.ledger.as_of import open_items
from importer.ledger.beside import unbooked_payments
from importer.ledger.details import MOST_READ, MOST_UNBOOKED, Details, merged, worth_reading
from importer.ledger.model import Invoice, Settlement, VoucherName
from importer.ledger.vat import of_vouchers
from importer.settings import rising

Make = Callable[..., Invoice]
Settle = Callable[..., Settlement]
Books = Callable[..., sie.Document]
YEAR_END = date(2025, 12, 31)
B1 = VoucherName("B", 1, 3)
WITH_VAT = ('#TRANS 3001 {1 "NORR"} -1000', "#TRANS 2611 {} -200\n#TRANS 3001 {} -800")


def items(
    invoices: list[Invoice], settlements: list[Settlement] | None = None, *, cash: bool = False
) -> list[OpenItem]:
    return open_items(invoices, settlements or [], YEAR_END, cash_method=cash)


def test_vat_is_what_the_invoice_s_own_voucher_has(books: Books, an_invoice: Make) -> None:
    found = of_vouchers(books(*WITH_VAT), 3, [an_invoice(voucher=B1)], sign=1)

    assert found == {"1": Details(vat_sek=Decimal(200))}


def test_a_voucher_of_several_invoices_tells_no_vat(books: Books, an_invoice: Make) -> None:
    both = [an_invoice(voucher=B1), an_invoice(number="2", voucher=B1)]

    assert of_vouchers(books(*WITH_VAT), 3, both, sign=1) == {}


def test_a_voucher_of_another_year_tells_no_vat(books: Books, an_invoice: Make) -> None:
    assert of_vouchers(books(*WITH_VAT), 3, [an_invoice(voucher=VoucherName("B", 1, 2))], sign=1) == {}


def test_reverse_charge_is_no_vat_in_the_debt(books: Books, an_invoice: Make) -> None:
    reverse = "#TRANS 2645 {} 250\n#TRANS 2614 {} -250\n#TRANS 3001 {} -1000"

    found = of_vouchers(books(WITH_VAT[0], reverse), 3, [an_invoice(voucher=B1)], sign=-1)

    assert found["1"].vat_sek == 0


def test_unbooked_payments_are_listed_with_date_and_amount() -> None:
    def payment(number: str, day: date | None, *, booked: bool) -> fortnox.InvoicePayment:
        return fortnox.InvoicePayment(
            number=number, invoice_number="1", payment_date=day, amount=Decimal(40), booked=booked
        )

    listed = [
        payment("10", YEAR_END, booked=False),
        payment("9", None, booked=False),
        payment("8", YEAR_END, booked=True),
        payment("7", date(2026, 1, 1), booked=False),
    ]

    found = unbooked_payments(listed, YEAR_END)

    assert [(one.number, one.invoice, one.date, one.amount) for one in found] == [
        ("9", "1", None, Decimal(40)),
        ("10", "1", YEAR_END, Decimal(40)),
    ]


def test_credit_notes_that_nobody_settled_are_worth_a_call(
    an_invoice: Make, a_settlement: Callable[..., Settlement]
) -> None:
    open_ = an_invoice(total=Decimal(-400))
    settled_later = an_invoice(number="2", total=Decimal(-300), balance=Decimal(0))
    later = [a_settlement(-300, invoice="2")]

    found = worth_reading(items([open_, settled_later], later), cash_method=False, has_reminders=False)

    assert found == ["1"]


def test_what_is_long_overdue_and_still_unpaid_is_worth_a_call(an_invoice: Make) -> None:
    old = {"invoice_date": date(2025, 6, 1), "due_date": date(2025, 7, 1)}
    invoices = [an_invoice(**old), an_invoice(number="2", **old, total=Decimal(5000)), an_invoice(number="3")]

    assert worth_reading(items(invoices), cash_method=False, has_reminders=True) == ["2", "1"]
    assert worth_reading(items(invoices), cash_method=False, has_reminders=False) == []


@pytest.mark.parametrize("cash", [False, True])
def test_single_reads_stay_few_whatever_the_size_of_the_ledger(an_invoice: Make, *, cash: bool) -> None:
    old = {"invoice_date": date(2025, 1, 1), "due_date": date(2025, 1, 31), "booked": not cash}
    many = [an_invoice(number=str(number), **old) for number in range(1, 1000)]

    found = worth_reading(items(many, cash=cash), cash_method=cash, has_reminders=True)

    assert len(found) == (MOST_UNBOOKED if cash else MOST_READ)


def test_a_customer_s_single_invoice_says_what_the_list_doesn_t(an_invoice: Make) -> None:
    single = fortnox.Invoice(
        document_number="1",
        invoice_date=date(2025, 11, 1),
        total=Decimal(-100),
        balance=Decimal(-100),
        booked=True,
        cancelled=False,
        total_vat=Decimal(-20),
        invoice_reference="7",
        reminders=2,
        last_remind_date=date(2025, 12, 24),
    )

    found = customer_details(single, an_invoice(rate=Decimal(10), currency="EUR"))

    assert found == Details(vat_sek=Decimal(-200), reminders=2, last_reminder=date(2025, 12, 24), credits="7")


@pytest.mark.parametrize(("total", "credits_"), [(100, None), (-100, "9")])
def test_a_supplier_s_reference_is_the_credited_invoice_only_of_a_credit_note(
    an_invoice: Make, total: int, credits_: str | None
) -> None:
    single = fortnox.SupplierInvoice(
        given_number="1",
        invoice_date=date(2025, 11, 1),
        total=Decimal(total),
        balance=Decimal(total),
        booked=True,
        cancelled=False,
        credit_reference="9",
        vat=Decimal(20),
    )

    found = supplier_details(single, an_invoice(total=Decimal(total)))

    assert (found.credits, found.vat_sek) == (credits_, Decimal(20))


def test_no_reference_is_written_as_zero(an_invoice: Make) -> None:
    single = fortnox.Invoice(
        document_number="1",
        invoice_date=date(2025, 11, 1),
        total=Decimal(1),
        balance=Decimal(1),
        booked=True,
        cancelled=False,
        invoice_reference="0",
    )

    assert customer_details(single, an_invoice()).credits is None


def test_what_one_source_lacks_another_tells() -> None:
    found = merged({"1": Details(vat_sek=Decimal(1))}, {"1": Details(vat_sek=Decimal(2), reminders=3), "2": Details()})

    assert found == {"1": Details(vat_sek=Decimal(1), reminders=3), "2": Details()}


def test_only_customers_are_reminded_and_have_tax_reductions() -> None:
    told = [(side.has_reminders, side.has_tax_reductions) for side in (CUSTOMERS, SUPPLIERS)]

    assert told == [(True, True), (False, False)]


def test_ageing_s_edges_must_rise() -> None:
    assert rising((10, 20)) == (10, 20)
    for wrong in ((), (30, 10), (30, 30)):
        with pytest.raises(ValueError, match="must rise"):
            rising(wrong)
