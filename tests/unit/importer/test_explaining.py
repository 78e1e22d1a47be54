"""Why a ledger and its account differ, on books that fit on a page: matching, causes, the rest as a number."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import fortnox
import sie
from importer.ledger.accounts import shown_by_vouchers
from importer.ledger.explain import Case, Cause, Explanation, Reference, explain, series_to_read
from importer.ledger.model import Invoice, VoucherName

Make = Callable[..., Invoice]
Pay = Callable[..., fortnox.InvoicePayment]
Books = Callable[..., sie.Document]
Explain = Callable[..., Explanation]

YEAR_END = date(2025, 12, 31)
B1 = VoucherName("B", 1, 3)
MORE = """
#VER A {number} {day} "Manuell" {day}
{{
#TRANS 1510 {{}} {amount}
#TRANS {other} {{}} {minus}
}}
"""


@pytest.fixture
def a_case(books: Books, an_invoice: Make, a_payment: Pay) -> Callable[..., Case]:
    """The small books, whose 1510 agrees with an item from the year before (500), invoice 1 and its part payment."""

    def make(more: str = "", **changed: Any) -> Case:
        document = changed.pop("document", None) or sie.read((written(books) + more).encode("cp437"))
        brought = an_invoice(number="0", invoice_date=date(2024, 12, 1), total=Decimal(500))
        invoice = an_invoice(invoice_date=date(2025, 3, 10), balance=Decimal(400), voucher=B1)
        payment = a_payment(payment_date=date(2025, 6, 20), amount=Decimal(600))
        fields: dict[str, Any] = {
            "document": document,
            "year": 3,
            "closing_date": YEAR_END,
            "accounts": (1510,),
            "sign": 1,
            "cash_method": False,
            "invoices": [brought, invoice],
            "settlements": [],
            "payments": [payment],
            "remaining": {"0": Decimal(500), "1": Decimal(400)},
        }
        return Case(**{**fields, **changed})

    return make


def written(books: Books) -> str:
    return sie.write(books()).decode("cp437")


def by_hand(amount: int, *, number: int = 1, day: str = "20250901", other: int = 1930) -> str:
    return MORE.format(number=number, day=day, amount=amount, other=other, minus=-amount)


def told(found: Explanation) -> dict[Cause, Decimal]:
    return {one.cause: one.effect for one in found.causes}


def test_where_nothing_differs_nothing_is_explained_and_nothing_read(a_case: Callable[..., Case]) -> None:
    found = explain(a_case(), Decimal(0))

    assert (found.causes, found.unexplained, found.first_day) == ((), Decimal(0), None)
    assert series_to_read(a_case(), Decimal(0)) == ()


def test_a_payment_of_the_day_and_amount_of_a_voucher_belongs_to_it(a_case: Callable[..., Case]) -> None:
    found = explain(a_case(by_hand(70)), Decimal(-70))

    assert told(found) == {Cause.MANUAL: Decimal(-70)}
    assert found.first_day == date(2025, 9, 1)


def test_only_series_that_nothing_accounts_for_are_asked_for(a_case: Callable[..., Case]) -> None:
    assert series_to_read(a_case(by_hand(70)), Decimal(-70)) == ("A",)


def test_payments_in_a_row_make_up_a_voucher(a_case: Callable[..., Case], a_payment: Pay) -> None:
    parts = [a_payment(number=str(n), payment_date=date(2025, 6, 20), amount=Decimal(200)) for n in (7, 8, 9)]

    found = explain(a_case(by_hand(70), payments=parts), Decimal(-70))

    assert told(found) == {Cause.MANUAL: Decimal(-70)}


def test_a_payment_booked_some_days_later_in_the_year_is_no_difference(
    a_case: Callable[..., Case], a_payment: Pay
) -> None:
    earlier = a_payment(payment_date=date(2025, 6, 10), amount=Decimal(600))

    found = explain(a_case(by_hand(70), payments=[earlier]), Decimal(-70))

    assert told(found) == {Cause.MANUAL: Decimal(-70)}
    assert found.first_day == date(2025, 6, 10)


def test_a_voucher_by_hand_is_not_taken_for_one_of_several_payments(
    a_case: Callable[..., Case], a_payment: Pay
) -> None:
    """Two payments of 300 have the amount of the voucher by hand; Fortnox's list says that it is none of theirs."""
    parts = [a_payment(number=str(n), payment_date=date(2025, 6, 20), amount=Decimal(300)) for n in (7, 8)]
    references = {
        VoucherName("A", 1, 3): Reference("MANUAL", ""),
        VoucherName("C", 1, 3): Reference("INVOICEPAYMENT", ""),
    }
    case = a_case(by_hand(-600, day="20250620"), payments=parts, references=references)

    found = explain(case, Decimal(600))

    assert [one.voucher for cause in found.causes for one in cause.findings] == ["A 1"]


def test_a_payment_whose_voucher_books_another_amount_is_found_by_what_the_voucher_refers_to(
    a_case: Callable[..., Case], a_payment: Pay
) -> None:
    more = a_payment(payment_date=date(2025, 6, 20), amount=Decimal(650))
    case = a_case(
        payments=[more],
        references={VoucherName("C", 1, 3): Reference("INVOICEPAYMENT", "7")},
        remaining={"0": Decimal(500), "1": Decimal(350)},
    )

    found = explain(case, Decimal(-50))

    assert told(found) == {Cause.OTHER_AMOUNT: Decimal(-50)}
    assert found.causes[0].findings[0].payment == "7"


def test_what_a_write_off_was_follows_from_what_is_left(
    a_case: Callable[..., Case], a_payment: Pay, books: Books
) -> None:
    """600 came off the account, 590 were paid: the list only says that something was written off."""
    paid = a_payment(payment_date=date(2025, 6, 20), amount=Decimal(590), write_off_exist=True)

    found = explain(a_case(by_hand(70), payments=[paid]), Decimal(-70))

    assert told(found) == {Cause.MANUAL: Decimal(-70)}


def test_a_foreign_payment_is_turned_back_by_its_own_rate(
    a_case: Callable[..., Case], an_invoice: Make, a_payment: Pay
) -> None:
    """100 EUR at 10 on the account; 60 EUR paid at 11: 660 came to the bank, 600 off the account."""
    brought = an_invoice(number="0", invoice_date=date(2024, 12, 1), total=Decimal(500))
    euro = {"currency": "EUR", "rate": Decimal(10), "voucher": B1, "invoice_date": date(2025, 3, 10)}
    invoice = an_invoice(**euro, total=Decimal(100), balance=Decimal(40))
    paid = a_payment(payment_date=date(2025, 6, 20), amount=Decimal(660), currency="EUR", currency_rate=Decimal(11))
    remaining = {"0": Decimal(500), "1": Decimal(40)}

    found = explain(
        a_case(by_hand(70), invoices=[brought, invoice], payments=[paid], remaining=remaining), Decimal(-70)
    )

    assert told(found) == {Cause.MANUAL: Decimal(-70)}


def test_what_nothing_accounts_for_is_left_as_a_number(a_case: Callable[..., Case]) -> None:
    found = explain(a_case(by_hand(70)), Decimal(-100))

    assert found.unexplained == -30


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        (1519, Cause.RELATED_ACCOUNT), (3960, Cause.REVALUATION), (7960, Cause.REVALUATION), (3740, Cause.ROUNDING),
        (1930, Cause.MANUAL),
    ],
)  # fmt: skip
def test_a_voucher_by_hand_is_told_by_its_other_account(a_case: Callable[..., Case], other: int, cause: Cause) -> None:
    assert told(explain(a_case(by_hand(70, other=other)), Decimal(-70))) == {cause: Decimal(-70)}


def test_what_is_dated_before_the_year_and_booked_in_it_is_this_year_s(
    a_case: Callable[..., Case], an_invoice: Make
) -> None:
    brought = an_invoice(number="0", invoice_date=date(2024, 12, 1), total=Decimal(500))
    late = an_invoice(invoice_date=date(2024, 12, 28), balance=Decimal(400), voucher=B1)

    found = explain(a_case(by_hand(70), invoices=[brought, late]), Decimal(-70))

    assert told(found) == {Cause.MANUAL: Decimal(-70)}


def test_an_account_that_invoices_are_booked_on_is_a_ledger_account_too(books: Books, an_invoice: Make) -> None:
    def document(account: int) -> sie.Document:
        more = "".join(by_hand(1000, number=n).replace("1510", str(account)) for n in (1, 2, 3))
        return sie.read((written(books) + more).encode("cp437"))

    invoices = [an_invoice(number=str(n), voucher=VoucherName("A", n, 3)) for n in (1, 2, 3)]

    def accounts(account: int, count: int = 3) -> tuple[int, ...]:
        return shown_by_vouchers(document(account), 3, invoices[:count], (1510,), sign=1)

    assert accounts(1511) == (1510, 1511)
    assert accounts(1511, 2) == accounts(1519) == accounts(1610) == (1510,)


def test_a_cash_invoice_s_voucher_is_not_expected_on_the_account(a_case: Callable[..., Case], an_invoice: Make) -> None:
    case = a_case(by_hand(70))
    paid_at_once = an_invoice(number="9", cash=True, voucher=VoucherName("A", 2, 3), invoice_date=date(2025, 9, 2))
    sale = by_hand(70) + by_hand(1000, number=2, day="20250902", other=3001).replace("1510 {} 1000", "1930 {} 1000")

    found = explain(a_case(sale, invoices=[*case.invoices, paid_at_once]), Decimal(-70))

    assert told(found) == {Cause.MANUAL: Decimal(-70)}


def test_under_the_cash_method_an_invoice_booked_past_the_account_when_it_was_paid_is_not_on_it(
    a_case: Callable[..., Case], an_invoice: Make
) -> None:
    """Paid in part by a voucher over bank and sales: what is left of it is on no account."""
    case = a_case()
    half = an_invoice(number="9", balance=Decimal(400), voucher=VoucherName("A", 2, 3), invoice_date=date(2025, 9, 2))
    past = by_hand(600, number=2, day="20250902", other=3001).replace("1510 {} 600", "1930 {} 600")
    remaining = {**case.remaining, "9": Decimal(400)}

    found = explain(a_case(past, invoices=[*case.invoices, half], cash_method=True, remaining=remaining), Decimal(400))

    assert told(found) == {Cause.NOT_CARRIED: Decimal(400)}
    assert found.unexplained == 0


def test_vouchers_after_the_closing_date_ask_for_no_list(a_case: Callable[..., Case]) -> None:
    case = a_case(by_hand(70, day="20251220"), closing_date=date(2025, 9, 30))

    assert series_to_read(case, Decimal(-5)) == ()
