"""Chunks: small enough, complete, in order, and the same bytes for the same books."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sie
from common.events import Dataset
from common.events.import_data import Account, OpenItem
from common.events.imports import Reconciliation
from common.problems import ProblemError
from importer import totals
from importer.chunks import ENVELOPE, LARGEST_CHUNK, Part, Snapshot, datasets, packed
from importer.ledger.as_of import open_items
from importer.ledger.model import Invoice
from importer.result import Ledger, Result

SNAPSHOT = Snapshot(UUID(int=1), UUID(int=2), UUID(int=3))
names = st.text(max_size=200)
accounts = st.lists(st.builds(Account, number=st.from_regex(r"[1-9][0-9]{3}", fullmatch=True), name=names))


@given(accounts, st.integers(3_000, 6_000))
def test_rows_are_packed_in_order_without_loss_and_no_lot_is_too_large(rows: list[Account], largest: int) -> None:
    lots = list(packed(rows, "accounts", largest=largest))

    assert [row for lot in lots for row in lot] == rows
    assert all(lots)
    assert all(size(lot) <= largest - ENVELOPE for lot in lots)


@given(accounts)
def test_the_same_rows_are_packed_alike(rows: list[Account]) -> None:
    assert list(packed(rows, "accounts", largest=3_000)) == list(packed(rows, "accounts", largest=3_000))


def test_a_row_that_fits_into_no_chunk_is_a_catalogued_problem() -> None:
    with pytest.raises(ProblemError) as raised:
        list(packed([Account(number="1510", name="x" * LARGEST_CHUNK)], "accounts"))

    assert raised.value.problem.code == "import.too-large"


def test_the_books_are_told_whole(books: Callable[..., sie.Document], a_result: Callable[..., Result]) -> None:
    parts = values(a_result(), books())["sie4"]

    assert [part["_name"] for part in parts] == ["company", "accounts", "dimensions", "balances", "vouchers"]
    assert [part["number"] for part in parts] == [1, 2, 3, 4, 5]
    company, chart, dimensions, balances, vouchers = parts
    assert [year["offset"] for year in company["years"]] == [0, -1]
    assert chart["rows"][0] == {"number": "1510", "name": "Kundfordringar", "sru": ["7251"]}
    assert {"dimension": 1, "object": "NORR", "name": "Norra"} in dimensions["rows"]
    assert {"kind": "RES", "year": 0, "account": "3001", "amount": "-1000.00", "objects": []} in balances["rows"]
    assert vouchers["vouchers"][0]["rows"][1] == {
        "account": "3001",
        "amount": "-1000.00",
        "objects": [[1, "NORR"]],
        "date": None,
        "text": "konsulttimmar",
    }


def test_the_same_books_give_the_same_bytes(
    books: Callable[..., sie.Document], a_result: Callable[..., Result]
) -> None:
    assert raw(a_result(), books()) == raw(a_result(), books())


def test_an_empty_ledger_is_a_chunk_all_the_same(
    books: Callable[..., sie.Document], a_result: Callable[..., Result]
) -> None:
    result = a_result(ledgers=(a_ledger([]),))

    (chunk,) = values(result, books())["customer_ledger"]

    assert (chunk["rows"], chunk["closing_date"]) == ([], "2025-12-31")


def test_what_was_not_asked_for_is_not_told(
    books: Callable[..., sie.Document], a_result: Callable[..., Result]
) -> None:
    assert list(values(a_result(datasets=(Dataset.CUSTOMER_LEDGER,)), books())) == ["checks"]


def test_control_totals_of_the_books_are_in_hundredths(books: Callable[..., sie.Document]) -> None:
    assert totals.of_books(books()) == {
        "debit": 160_000,
        "credit": 160_000,
        "opening_balance": 0,
        "closing_balance": 100_000,
        "result": -100_000,
    }


@given(st.lists(st.decimals("-9999", "9999", places=2), max_size=30))
def test_control_totals_of_a_ledger_are_the_sums_of_its_rows(amounts: list[Decimal]) -> None:
    invoices = [
        Invoice(str(number), "1", "", date(2025, 1, 1), None, total=amount, balance=amount)
        for number, amount in enumerate(amounts)
    ]
    ledger = a_ledger(open_items(invoices, [], date(2025, 12, 31), cash_method=False))

    assert totals.of_ledger(ledger)["total_sek"] == sum(amounts) * 100


def a_ledger(items: list[OpenItem]) -> Ledger:
    zero = Decimal("0.00")
    reconciliation = Reconciliation(accounts=(1510,), ledger_total=zero, account_balance=zero, difference=zero)
    return Ledger(dataset=Dataset.CUSTOMER_LEDGER, items=tuple(items), reconciliation=reconciliation)


def size(lot: tuple[Account, ...]) -> int:
    return sum(len(row.model_dump_json().encode()) + 1 for row in lot)


def parts_of(result: Result, document: sie.Document) -> dict[str, list[tuple[Part, Any]]]:
    return {
        name: [(part, part.chunk(SNAPSHOT, name, number)) for number, part in enumerate(parts, start=1)]
        for name, parts in datasets(result, document)
    }


def values(result: Result, document: sie.Document) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [{**chunk.model_dump(mode="json"), "_name": part.name} for part, chunk in parts]
        for name, parts in parts_of(result, document).items()
    }


def raw(result: Result, document: sie.Document) -> list[bytes]:
    return [chunk.model_dump_json().encode() for parts in parts_of(result, document).values() for _, chunk in parts]
