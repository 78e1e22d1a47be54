"""What differs between two files of the same books."""

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import sie

OLD = """\
#FLAGGA 0
#SIETYP 4
#RAR 0 20250101 20251231
#KONTO 1930 "Bank"
#KONTO 1910 "Kassa"
#KONTO 3001 "Försäljning"
#IB 0 1930 100
#UB 0 1930 150.50
#IB 0 1910 0
#VER A 1 20250301 "Ett"
{
#TRANS 1930 {} 25
#TRANS 3001 {} -25
}
#VER A 2 20250302 "Två"
{
#TRANS 1930 {} 25.50
#TRANS 3001 {} -25.50
}
"""


def books(*changes: tuple[str, str]) -> sie.Document:
    text = OLD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return sie.read(text.encode("cp437"))


def test_the_same_books_in_other_words_are_alike() -> None:
    other = books(
        ("#KONTO 1930", "\n\n#KONTO   1930"), ("#IB 0 1910 0\n", ""), ("100", "100.00"),
        ("#TRANS 1930 {} 25\n#TRANS 3001 {} -25\n", "#TRANS 3001 {} -25\n#TRANS 1930 {} 25.00\n"),
    )  # fmt: skip

    comparison = sie.compare(books(), other)

    assert not comparison
    assert comparison.same_year


def test_vouchers_new_changed_and_gone() -> None:
    new = books(("#VER A 2", "#VER A 3"), ('"Ett"', '"Ett!"'), ("1930 {} 25\n", "1910 {} 25\n"))

    comparison = sie.compare(books(), new)

    assert [voucher.name for voucher in comparison.new_vouchers] == ["A 3"]
    assert [voucher.name for voucher in comparison.gone_vouchers] == ["A 2"]
    (changed,) = comparison.changed_vouchers
    assert (changed.old.name, changed.what) == ("A 1", ("text", "rows"))
    assert (changed.old.rows[0].account, changed.new.rows[0].account) == ("1930", "1910")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("20250301", "20250302", "date"), ('"Ett"', '"Ett" 20250303', "registered"),
        ('"Ett"', '"Ett" 20250303 NN', "registered signature"),
        ("#TRANS 1930 {} 25\n", "#TRANS 1930 {6 A} 25\n", "rows"),
        ("#TRANS 1930 {} 25\n", "#TRANS 1930 {} 25\n#BTRANS 1930 {} 1\n", "struck"),
        ("#TRANS 1930 {} 25\n", "#RTRANS 1930 {} 25\n#TRANS 1930 {} 25\n", "added"),
    ],
)  # fmt: skip
def test_what_changed_in_a_voucher_is_named(old: str, new: str, what: str) -> None:
    (changed,) = sie.compare(books(), books((old, new))).changed_vouchers

    assert " ".join(changed.what) == what


def test_accounts_and_balances() -> None:
    new = books(
        ('#KONTO 1910 "Kassa"', '#KONTO 1920 "Plusgiro"'), ('3001 "Försäljning"', '3001 "Intäkter"'),
        ("150.50", "150.49"),
    )  # fmt: skip

    comparison = sie.compare(books(), new)

    assert [account.number for account in comparison.new_accounts] == ["1920"]
    assert [account.number for account in comparison.gone_accounts] == ["1910"]
    assert [(c.old.name, c.new.name, c.what) for c in comparison.changed_accounts] == [
        ("Försäljning", "Intäkter", ("name",))
    ]
    (moved,) = comparison.moved_balances
    assert (moved.kind, moved.account, moved.difference) == ("UB", "1930", Decimal("-0.01"))


def test_numbers_that_occur_several_times_are_compared_one_by_one(sample: Callable[[str], Path]) -> None:
    """BL Administration repeats the number of its automatic vouchers."""
    document = sie.read(sample("vendors/BL0001_typ4.SE"))

    assert not sie.compare(document, document)


def test_two_large_files_take_seconds() -> None:
    builder = sie.DocumentBuilder(sie.Header(kind=4))
    for number in range(10_000):
        amount = Decimal(number % 977)
        builder.voucher(
            sie.Voucher("A", str(number), date(2025, 1, 1), f"Text {number}",
                        (sie.Row("1930", amount), sie.Row("3001", -amount), sie.Row("3740", Decimal(0))))
        )  # fmt: skip
    data = sie.write(builder.build())
    old, new = sie.read(data), sie.read(data.replace(b'Text 77"', b'Text 78"'))

    started = time.process_time()
    comparison = sie.compare(old, new)

    assert [change.what for change in comparison.changed_vouchers] == [("text",)]
    assert time.process_time() - started < 3  # 0.1 s as measured
