"""One thing is broken in a company whose ledger agrees with its account: the cause is told by name, with its amount."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from common.events import FinancialYear
from common.events.imports import Reconciliation
from importer.conclusion import conclude
from sandbox.fortnox.shapes import Shape, shape

AMOUNT = Decimal("12345.67")
DAY = timedelta(days=1)
KINDS = ("customer", "supplier")


@dataclass
class Books:
    """A company, and the closing date on which its ledger is looked at."""

    fortnox: Any
    kind: str
    start: date
    day: date
    """The closing date."""
    before: date
    """Some days before it."""

    @property
    def sign(self) -> int:
        return 1 if self.kind == "customer" else -1

    @property
    def account(self) -> int:
        return 1510 if self.kind == "customer" else 2440

    async def edit(self, name: str, **more: Any) -> Any:
        return await self.fortnox.simulator.edit(name, self.fortnox.tenant, kind=self.kind, **more)

    async def invoice(self, amount: Decimal = AMOUNT, on: date | None = None, **more: Any) -> Any:
        return await self.edit("create_invoice", amount=str(amount), date=str(on or self.before), **more)

    async def voucher(self, amount: Decimal, other: int, on: date | None = None) -> Any:
        """By hand: that much more on the ledger account."""
        rows = [(self.account, amount * self.sign), (other, -amount * self.sign)]
        return await self.fortnox.simulator.book_voucher(
            self.fortnox.tenant, series="A", date=on or self.before, rows=rows
        )


@dataclass(frozen=True)
class Broken:
    """What should be told: the cause, its share of the difference, and where."""

    cause: str
    effect: Decimal
    voucher: str | None = None
    invoice: str | None = None
    since: date | None = None
    amount: Decimal | None = None


Break = Callable[[Books], Awaitable[Broken]]


def name_of(made: Any) -> str:
    return f"{made['voucher'][1]} {made['voucher'][2]}"


async def a_voucher_by_hand(books: Books) -> Broken:
    made = await books.voucher(AMOUNT, 1930)
    return Broken("manual-voucher", -AMOUNT, voucher=f"{made['series']} {made['number']}", since=books.before)


async def another_amount(books: Books) -> Broken:
    made = await books.invoice()
    await books.edit("misbook", number=made["number"], amount=str(AMOUNT + 500))
    return Broken("other-amount", Decimal(-500), name_of(made), str(made["number"]), books.before)


async def another_account(books: Books) -> Broken:
    made = await books.invoice()
    await books.edit("misbook", number=made["number"], account=1610 if books.sign == 1 else 2890)
    return Broken("other-account", AMOUNT, name_of(made), str(made["number"]), books.before)


async def an_account_beside_it(books: Books) -> Broken:
    made = await books.invoice()
    await books.edit("misbook", number=made["number"], account=1511 if books.sign == 1 else 2441)
    return Broken("related-account", AMOUNT, name_of(made), str(made["number"]), books.before)


async def doubtful_debts_moved(books: Books) -> Broken:
    made = await books.voucher(-AMOUNT, 1519 if books.sign == 1 else 2449)
    return Broken("related-account", AMOUNT, f"{made['series']} {made['number']}", since=books.before)


async def another_year(books: Books) -> Broken:
    made = await books.invoice()
    await books.edit("move_to_next_year", number=made["number"])
    return Broken("other-year", AMOUNT, invoice=str(made["number"]), since=books.before)


async def next_year_s_invoice(books: Books) -> Broken:
    """Of next year (or later in this), booked before the closing date."""
    made = await books.invoice(on=books.before)
    invoice = books.fortnox.company.ledgers[books.kind].invoices[made["number"]]
    invoice.date = books.day + 5 * DAY
    is_this_year_s = books.fortnox.company.year_of(books.day).contains(invoice.date)
    cause = "other-day" if is_this_year_s else "other-year"
    return Broken(cause, -AMOUNT, name_of(made), str(made["number"]), books.before)


async def a_payment_without_booking(books: Books) -> Broken:
    made = await books.invoice(on=books.before - 3 * DAY)
    await books.edit("pay_without_booking", number=made["number"], date=str(books.before), amount=str(AMOUNT / 2))
    effect = -Decimal(int(AMOUNT * 50)) / 100
    return Broken("payment-without-booking", effect, invoice=str(made["number"]), since=books.before)


async def a_payment_of_another_amount(books: Books) -> Broken:
    name, number = await paid(books, amount=str(-AMOUNT + 300))
    return Broken("other-amount", Decimal(-300), name, number, books.before)


async def a_payment_on_another_account(books: Books) -> Broken:
    name, number = await paid(books, account=1610 if books.sign == 1 else 2890)
    return Broken("other-account", -AMOUNT, name, number, books.before)


async def a_payment_on_an_account_beside_it(books: Books) -> Broken:
    name, number = await paid(books, account=1513 if books.sign == 1 else 2443)
    return Broken("related-account", -AMOUNT, name, number, books.before)


async def paid(books: Books, **misbooked: Any) -> tuple[str, str]:
    """An invoice, and its payment booked as it should not be: voucher and invoice."""
    made = await books.invoice(on=books.before - 3 * DAY)
    await books.edit("pay_invoice", number=made["number"], date=str(books.before))
    await books.edit("misbook", number=made["number"], payment=True, **misbooked)
    voucher = books.fortnox.company.ledgers[books.kind].invoices[made["number"]].payments[-1].voucher
    return f"{voucher.series} {voucher.number}", str(made["number"])


async def a_payment_before_its_invoice(books: Books) -> Broken:
    made = await books.invoice(on=books.day + 5 * DAY)
    await books.edit("pay_invoice", number=made["number"], date=str(books.before))
    return Broken("payment-before-invoice", AMOUNT, invoice=str(made["number"]), since=books.before)


async def an_unbooked_invoice(books: Books) -> Broken:
    made = await books.invoice(booked=False)
    return Broken("unbooked-invoice", Decimal(0), invoice=str(made["number"]), amount=AMOUNT)


async def an_edited_voucher(books: Books) -> Broken:
    made = await books.invoice()
    rows = [{"account": books.account, "amount": str((AMOUNT - 100) * books.sign)}]
    rows += [{"account": 3740, "amount": str(100 * books.sign)}]
    year, series, number = made["voucher"]
    where = {"series": series, "number": number, "financial_year": year}
    await books.fortnox.simulator.edit("correct_voucher", books.fortnox.tenant, **where, rows=rows, strike=[0])
    return Broken("edited-voucher", Decimal(100), name_of(made), str(made["number"]), books.before)


async def a_struck_payment(books: Books) -> Broken:
    made = await books.invoice(on=books.before - 3 * DAY)
    await books.edit("pay_invoice", number=made["number"], date=str(books.before))
    company = books.fortnox.company
    paid = company.ledgers[books.kind].invoices[made["number"]].payments[0].voucher
    await books.fortnox.simulator.edit(
        "strike_voucher", books.fortnox.tenant, series=paid.series, number=paid.number, financial_year=paid.year
    )
    return Broken("edited-voucher", -AMOUNT, f"{paid.series} {paid.number}", str(made["number"]), books.before)


async def another_opening_balance(books: Books) -> Broken:
    amount = str(AMOUNT * books.sign)
    await books.fortnox.simulator.edit("change_opening", books.fortnox.tenant, account=books.account, amount=amount)
    return Broken("opening-balance", -AMOUNT, since=books.start)


async def an_item_from_a_former_system(books: Books) -> Broken:
    made = await books.edit("bring_over", amount=str(AMOUNT), date=str(books.start - 40 * DAY))
    return Broken("former-system", AMOUNT, invoice=str(made["number"]), since=books.start)


async def a_revaluation(books: Books) -> Broken:
    made = await books.voucher(AMOUNT, 3960, on=books.day)
    return Broken("currency-revaluation", -AMOUNT, f"{made['series']} {made['number']}", since=books.day)


async def a_rounding(books: Books) -> Broken:
    made = await books.invoice()
    await books.edit("misbook", number=made["number"], amount=str(AMOUNT + Decimal("0.33")))
    return Broken("rounding", Decimal("-0.33"), name_of(made), str(made["number"]), books.before)


async def a_deleted_voucher(books: Books) -> Broken:
    made = await books.invoice()
    year, series, _ = made["voucher"]
    await books.fortnox.simulator.edit("delete_last_voucher", books.fortnox.tenant, series=series, financial_year=year)
    return Broken("voucher-missing", AMOUNT, name_of(made), str(made["number"]), books.before)


BREAKS: list[Break] = [
    a_voucher_by_hand,
    another_amount,
    another_account,
    an_account_beside_it,
    doubtful_debts_moved,
    another_year,
    next_year_s_invoice,
    a_payment_without_booking,
    a_payment_of_another_amount,
    a_payment_on_another_account,
    a_payment_on_an_account_beside_it,
    a_payment_before_its_invoice,
    an_unbooked_invoice,
    an_edited_voucher,
    a_struck_payment,
    another_opening_balance,
    an_item_from_a_former_system,
    a_revaluation,
    a_rounding,
    a_deleted_voucher,
]


@pytest.mark.parametrize("broken", BREAKS, ids=lambda one: one.__name__)
async def test_what_was_broken_is_told(shaped: Any, request_for: Any, broken: Break) -> None:
    number = BREAKS.index(broken)
    await check(shaped, request_for, shape(number % 5, method="ACCRUAL"), broken, KINDS[number % 2])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
@pytest.mark.parametrize("broken", BREAKS, ids=lambda one: one.__name__)
async def test_what_was_broken_is_told_in_any_company(shaped: Any, request_for: Any, broken: Break, seed: int) -> None:
    wanted = shape(seed, method="ACCRUAL", largest=400)
    await check(shaped, request_for, wanted, broken, KINDS[seed % 2])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200, 210))
@pytest.mark.parametrize("broken", BREAKS, ids=lambda one: one.__name__)
async def test_what_was_broken_is_told_within_the_year(shaped: Any, request_for: Any, broken: Break, seed: int) -> None:
    wanted = shape(seed, method="ACCRUAL", largest=400)
    day = wanted.start + (30 + seed % 7 * 20) * DAY
    await check(shaped, request_for, wanted, broken, KINDS[seed % 2], day)


async def check(
    shaped: Any, request_for: Any, wanted: Shape, broken: Break, kind: str, day: date | None = None
) -> None:
    """Before there is no difference; after it just the one, wholly explained."""
    wanted = replace(wanted, now=wanted.now + 40 * DAY, paid_early=False)
    fortnox = await shaped(wanted)
    day = day or wanted.end
    books = Books(fortnox, kind, wanted.start, day, day - 20 * DAY)
    was = await reconciled(request_for, books, wanted)
    assert was.difference == 0

    expected = await broken(books)
    found = await reconciled(request_for, books, wanted)

    assert found.difference == expected.effect
    assert found.unexplained == 0
    told = [one for one in found.explanations if one.code == f"{kind}-ledger.difference.{expected.cause}"]
    assert told, [one.code for one in found.explanations]
    assert told[0].effect == expected.effect
    assert not expected.effect or found.explanations[0] is told[0]
    assert found.first_day == expected.since
    places = {(part.voucher, part.invoice) for part in told[0].parts}
    assert not expected.voucher or expected.voucher in {voucher for voucher, _ in places}
    assert not expected.invoice or expected.invoice in {invoice for _, invoice in places}
    if expected.amount:
        assert expected.amount in {part.amount for part in told[0].parts}


async def test_under_the_cash_method_what_was_not_carried_over_is_to_do_with_amount_and_vat(
    shaped: Any, request_for: Any
) -> None:
    wanted = replace(shape(3, method="CASH"), happenings=0)
    fortnox = await shaped(wanted)
    books = Books(fortnox, "customer", wanted.start, wanted.end, wanted.end - 20 * DAY)
    made = await books.invoice()

    found = await reconciled(request_for, books, wanted)

    told = {one.code.rpartition(".")[2]: one for one in found.explanations}["not-carried-over"]
    mine = {part.invoice: part for part in told.parts}[str(made["number"])]
    assert mine.effect == AMOUNT
    assert told.vat is not None
    assert "Årsomför" in told.next_step

    within = replace(books, day=wanted.end - 5 * DAY)
    causes = {one.code.rpartition(".")[2] for one in (await reconciled(request_for, within, wanted)).explanations}
    assert causes == {"booked-when-paid"}


async def test_what_is_booked_on_the_other_side_of_a_date_within_the_year_is_told(
    shaped: Any, request_for: Any
) -> None:
    wanted = replace(shape(4, method="ACCRUAL"), paid_early=False)
    fortnox = await shaped(wanted)
    middle = wanted.start + 90 * DAY
    books = Books(fortnox, "customer", wanted.start, middle, middle - 5 * DAY)
    assert (await reconciled(request_for, books, wanted)).difference == 0
    made = await books.invoice()
    await books.edit("misbook", number=made["number"], date=str(middle + 2 * DAY))

    found = await reconciled(request_for, books, wanted)

    (told,) = [one for one in found.explanations if one.effect]
    assert told.code == "customer-ledger.difference.other-day"
    assert (told.effect, told.parts[0].voucher) == (AMOUNT, name_of(made))


async def test_several_causes_are_told_largest_first_and_add_up(shaped: Any, request_for: Any) -> None:
    wanted = shape(1, method="ACCRUAL")
    wanted = replace(wanted, now=wanted.now + 40 * DAY, paid_early=False)
    fortnox = await shaped(wanted)
    books = Books(fortnox, "customer", wanted.start, wanted.end, wanted.end - 20 * DAY)
    made = [await one(books) for one in (a_rounding, another_amount, a_voucher_by_hand, an_item_from_a_former_system)]

    found = await reconciled(request_for, books, wanted)

    assert found.difference == sum(one.effect for one in made)
    assert found.unexplained == 0
    effects = [abs(one.effect) for one in found.explanations]
    assert effects == sorted(effects, reverse=True)
    causes = {one.code.rpartition(".")[2]: one.effect for one in found.explanations if one.effect}
    assert causes == {one.cause: one.effect for one in made}


async def test_lists_of_vouchers_are_read_only_for_series_that_have_something_to_explain(
    shaped: Any, request_for: Any
) -> None:
    wanted = replace(shape(1, method="ACCRUAL"), paid_early=False)
    fortnox = await shaped(wanted)
    books = Books(fortnox, "customer", wanted.start, wanted.end, wanted.end - 20 * DAY)

    async def read() -> list[str]:
        seen = len(await fortnox.simulator.calls())
        await reconciled(request_for, books, wanted)
        calls = (await fortnox.simulator.calls())[seen:]
        asked = [parse_qs(str(call["query"])) for call in calls if call["path"].endswith("/vouchers")]
        return [query["voucherseries"][0] for query in asked if "voucherseries" in query]

    assert await read() == []
    await a_voucher_by_hand(books)
    assert await read() == ["A"]


async def reconciled(request_for: Any, books: Books, wanted: Shape) -> Reconciliation:
    books.fortnox.checkpoints.kept.clear()
    books.fortnox.checkpoints.file = None
    year = FinancialYear(from_date=wanted.start, to_date=wanted.end)
    request = request_for(wanted.end.year, books.day, financial_year=year)
    result = conclude(request, await books.fortnox.fetch(request))
    (ledger,) = [one for one in result.ledgers if one.dataset == f"{books.kind}_ledger"]
    return ledger.reconciliation
