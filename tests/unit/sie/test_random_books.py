"""Any books whose balances follow from their vouchers are sound; one öre anywhere is found, whatever the books."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

import sie
from sie.problems import Severity

EXAMPLES = 40
START, END = date(2025, 1, 1), date(2025, 12, 31)

days = st.integers(0, 364).map(lambda day: START + timedelta(day))
amounts = st.integers(-(10**9), 10**9).map(lambda ore: Decimal(ore) / 100)
balance_accounts, result_accounts = st.sampled_from(["1510", "1930", "2081", "4711"]), st.sampled_from(["3001", "5010"])
objects = st.sampled_from([(), (("6", "P1"),), (("1", "K"), ("6", "P2"))])


@st.composite
def vouchers(draw: st.DrawFn) -> sie.Voucher:
    """In the books of an account of each class, and maybe more; the last row balances the others."""
    lines = st.builds(sie.Row, balance_accounts | result_accounts, amounts, objects, st.none() | days)
    rows = draw(st.lists(lines, max_size=4))
    balancing = sie.Row(draw(balance_accounts), -sum((row.amount for row in rows), Decimal(0)))
    return sie.Voucher("A", "", draw(days), rows=(*rows, balancing))


@st.composite
def books(draw: st.DrawFn) -> sie.Document:
    """Derived as of the year's end, or of a day before it; 4711 is a balance account by its type only."""
    covers_to = draw(st.none() | days)
    builder = sie.DocumentBuilder(sie.Header(kind=4, company_name="Bolaget", covers_to=covers_to))
    builder.year(0, START, END).year(-1, date(2024, 1, 1), date(2024, 12, 31))
    for number in ("1510", "1930", "2081", "3001", "5010"):
        builder.account(number, "Konto", sru=["1"])
    builder.account("4711", "Konto", type="T", sru=["1"])
    opening = draw(st.dictionaries(st.sampled_from(["1510", "1930", "4711"]), amounts, min_size=1))
    opening["2081"] = -sum(opening.values(), Decimal(0))
    for account, amount in opening.items():
        builder.balance("UB", account, amount, year=-1).balance("IB", account, amount)
    for i, voucher in enumerate(draw(st.lists(vouchers(), min_size=1, max_size=6)), start=1):
        builder.voucher(replace(voucher, number=str(i)))
    return builder.derive_balances().build()


def errors(document: sie.Document) -> set[str]:
    return {finding.code for finding in sie.check(document) if finding.severity is Severity.ERROR}


@settings(max_examples=EXAMPLES, deadline=None)
@given(books())
def test_books_that_follow_from_their_vouchers_are_sound(document: sie.Document) -> None:
    assert errors(document) == set()
    assert errors(sie.read(sie.write(document))) == set()


@settings(max_examples=EXAMPLES, deadline=None)
@given(books(), st.data())
def test_one_ore_in_any_balance_is_found(document: sie.Document, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(document.balances) - 1))

    document.balances.amount[place] += data.draw(st.sampled_from([-1, 1]))

    assert errors(document)


@settings(max_examples=EXAMPLES, deadline=None)
@given(books(), st.data())
def test_one_ore_in_any_row_is_found(document: sie.Document, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(document.rows) - 1))

    document.rows.amount[place] += data.draw(st.sampled_from([-1, 1]))

    assert "voucher-unbalanced" in errors(document)
