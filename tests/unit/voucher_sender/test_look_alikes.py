"""The year's books as a SIE file: vouchers with the same date, accounts and amounts, and what stands at a place."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.events import FinancialYear
from voucher_sender import look_alikes
from voucher_sender.content import approved_lines, rows_hash
from voucher_sender.look_alikes import Books, Wanted, likeness

YEAR = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
HEAD = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#FNAMN "Provbolaget"
#RAR 0 20250101 20251231
#DIM 1 "Kostnadsställe"
#OBJEKT 1 "NORR" "Norr"
"""
LIKE = '#VER "A" 7 20251231 "För hand"\n{\n#TRANS 1229 {} -100.00\n#TRANS 7832 {} 100.00\n}\n'


def read(vouchers: str, *wanted: Any, places: tuple[tuple[str, int], ...] = ()) -> Books | None:
    return look_alikes.read((HEAD + vouchers).encode("cp437"), YEAR, Wanted.of(wanted, places))


def alike(vouchers: str, voucher: Any) -> list[tuple[str, int]]:
    looks, books = likeness(voucher), read(vouchers, voucher)
    assert looks is not None
    assert books is not None
    return [one.place for one in books.alike.get(looks, ())]


def test_the_order_of_rows_and_their_texts_do_not_matter(voucher: Any) -> None:
    assert alike(LIKE, voucher()) == [("A", 7)]
    assert alike(LIKE.replace("{} 100.00", '{} 100.00 20251231 "text"'), voucher()) == [("A", 7)]


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        ("20251231", "20251230"),
        ("7832", "7833"),
        ("100.00\n}", "100.01\n}"),
        ("}\n", "#TRANS 1930 {} 5.00\n#TRANS 1930 {} -5.00\n}\n"),
        ("#TRANS 7832", "#BTRANS 7832"),
    ],
)
def test_another_day_account_amount_or_row_is_another_voucher(voucher: Any, changed: str, to: str) -> None:
    assert alike(LIKE.replace(changed, to), voucher()) == []


def test_a_cost_centre_less_is_alike_all_the_same(voucher: Any, row: Any) -> None:
    """A voucher booked by hand often lacks it."""
    ours = voucher(row(7832, 100, (1, "NORR")), row(1229, -100))

    assert alike(LIKE, ours) == [("A", 7)]


def test_rows_without_an_amount_do_not_count(voucher: Any) -> None:
    assert alike(LIKE.replace("}\n", "#TRANS 1930 {} 0.00\n}\n", 1).replace("{}", "{}"), voucher()) == [("A", 7)]


def test_what_stands_at_a_place_is_known_by_its_rows(voucher: Any, row: Any) -> None:
    ours = voucher(row(7832, 100, (1, "NORR"), (6, "1005")), row(1229, -100))
    booked = '#VER "I" 12 20251231 ""\n{\n#TRANS 7832 {1 "NORR" 6 "1005"} 100.00\n#TRANS 1229 {} -100.00\n}\n'

    books = read(booked + LIKE, places=(("I", 12), ("I", 13)))

    assert books is not None
    assert {one.place: one.rows_hash for one in books.at.values()} == {("I", 12): rows_hash(approved_lines(ours))}


def test_what_the_books_declare_is_known() -> None:
    books = read(LIKE)

    assert books is not None
    assert books.objects[1] == {"NORR"}
    assert books.objects.get(6, frozenset()) == frozenset()


@pytest.mark.long
def test_a_year_of_100000_vouchers(voucher: Any, figure: Any) -> None:
    """As it is read when Fortnox leaves the days out of account, in the worst case: all on the same day."""
    content = (HEAD + "".join(LIKE.replace('"A" 7', f'"A" {number}') for number in range(100_000))).encode("cp437")
    wanted = Wanted.of([voucher()], [("A", 77_777)])

    began = time.process_time()
    books = look_alikes.read(content, YEAR, wanted)

    assert books is not None
    assert len(books.everything_alike) == 100_000
    figure(f"a year of 100,000 vouchers held against a batch: {time.process_time() - began:.1f} s of one core")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#FLAGGA 0\n",
        (HEAD + '#VER "A" 7 20251231 ""\n{\n#TRANS 1229 {} -100.00\n').encode("cp437"),
        (HEAD.replace("20250101 20251231", "20240101 20241231") + LIKE).encode("cp437"),
    ],
    ids=["empty", "nothing in it", "cut off", "of another year"],
)
def test_books_that_can_not_be_compared_with(voucher: Any, content: bytes) -> None:
    assert look_alikes.read(content, YEAR, Wanted.of([voucher()], ())) is None


@pytest.mark.parametrize(
    "rows", [[(7832, "0.001"), (1229, "-0.001")], [(7832, "1e30"), (1229, "-1e30")], []], ids=["öre", "huge", "none"]
)
def test_what_no_voucher_in_the_books_can_look_like(voucher: Any, row: Any, rows: list[tuple[int, str]]) -> None:
    made = voucher().model_copy(update={"rows": tuple(row(account, Decimal(amount)) for account, amount in rows)})

    assert likeness(made) is None
