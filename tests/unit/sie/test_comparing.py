"""What differs between two files of the same books."""

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


def voucher(name: str, amount: int, text: str = "") -> str:
    return f'#VER {name} 20250301 "{text}"\n{{\n#TRANS 1930 {{}} {amount}\n#TRANS 3001 {{}} -{amount}\n}}\n'


def of_vouchers(*vouchers: str) -> sie.Document:
    return sie.read(("#FLAGGA 0\n#SIETYP 4\n" + "".join(vouchers)).encode())


UNNUMBERED = [voucher('"" ""', amount) for amount in (10, 20, 30)]
SAME_NUMBER = [voucher("A 1", amount) for amount in (10, 20, 30)]


@pytest.mark.parametrize("vouchers", [UNNUMBERED, SAME_NUMBER])
def test_vouchers_without_a_number_of_their_own_are_told_apart_by_what_they_say(vouchers: list[str]) -> None:
    one_first = sie.compare(of_vouchers(*vouchers), of_vouchers(vouchers[0].replace("10", "5"), *vouchers))
    first_gone = sie.compare(of_vouchers(*vouchers), of_vouchers(*vouchers[1:]))
    turned = sie.compare(of_vouchers(*vouchers), of_vouchers(*reversed(vouchers)))

    assert [v.rows[0].amount for v in one_first.new_vouchers] == [Decimal(5)]
    assert (one_first.changed_vouchers, one_first.gone_vouchers) == ([], [])
    assert [v.rows[0].amount for v in first_gone.gone_vouchers] == [Decimal(10)]
    assert (first_gone.changed_vouchers, first_gone.new_vouchers) == ([], [])
    assert not turned


def test_what_changed_in_vouchers_without_a_number_of_their_own() -> None:
    other_text = sie.compare(of_vouchers(*UNNUMBERED), of_vouchers(voucher('"" ""', 10, "Nytt"), *UNNUMBERED[1:]))
    other_sum = sie.compare(of_vouchers(voucher('"" ""', 1, "Hyra")), of_vouchers(voucher('"" ""', 2, "Hyra")))
    another = sie.compare(of_vouchers(voucher('"" ""', 1, "Hyra")), of_vouchers(voucher('"" ""', 2, "Lön")))
    numbered = sie.compare(of_vouchers(*SAME_NUMBER), of_vouchers(voucher("A 1", 99, "Nytt"), *SAME_NUMBER[1:]))

    assert [change.what for change in other_text.changed_vouchers] == [("text",)]
    assert [change.what for change in other_sum.changed_vouchers] == [("rows",)]
    assert (len(another.new_vouchers), len(another.gone_vouchers)) == (1, 1)
    assert [change.what for change in numbered.changed_vouchers] == [("text", "rows")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{} 25 "" "" 1\n', '{} 25 "" "" 1.00\n'), ('{} 25 "" "" 0\n', "{} 25\n"), ("{} 25\n", "{} 25 20250301\n"),
        ("{1 A 6 B} 25\n", "{6 B 1 A} 25\n"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_the_same(old: str, new: str) -> None:
    before, after = books(("{} 25\n", old)), books(("{} 25\n", new))
    after_changed = books(("{} 25\n", new), ("3001 {} -25\n", "3001 {} -26\n"))

    (change,) = sie.compare(before, after_changed).changed_vouchers

    assert not sie.compare(before, after)
    assert [row.account for row in change.rows_gone()] == ["3001"]
    assert [row.amount for row in change.rows_new()] == [Decimal(-26)]


def test_particulars_years_and_objects() -> None:
    old = books(("#SIETYP 4\n", "#SIETYP 4\n#ORGNR 556677-8899\n#VALUTA SEK\n#DIM 6 Projekt\n#OBJEKT 6 A Bil\n"))
    new = books(
        ("#SIETYP 4\n", "#SIETYP 4\n#ORGNR 165566778899\n#FNAMN Nytt\n#DIM 6 Objekt\n#OBJEKT 6 B Bil\n"),
        ("#RAR 0 20250101 20251231\n", "#RAR 0 20250101 20251231\n#RAR -1 20240101 20241231\n"),
    )  # fmt: skip

    comparison = sie.compare(old, new)

    assert [(field.name, field.old, field.new) for field in comparison.changed_header] == [("company_name", "", "Nytt")]
    assert [(year.index, year.old) for year in comparison.changed_years] == [(-1, None)]
    assert [(c.dimension, c.number, c.old, c.new) for c in comparison.changed_objects] == [
        ("6", "", "Projekt", "Objekt"), ("6", "A", "Bil", None), ("6", "B", None, "Bil"),
    ]  # fmt: skip
    assert comparison


def test_quantities_of_balances() -> None:
    old, new = books(("150.50", "150.50 5")), books(("150.50", "150.50 6"))

    (moved,) = sie.compare(old, new).moved_balances

    assert (moved.difference, moved.old_quantity, moved.new_quantity) == (Decimal(0), Decimal(5), Decimal(6))
    assert not sie.compare(old, books(("150.50", "150.5 5.0")))


def test_numbers_that_occur_several_times_are_compared_one_by_one(sample: Callable[[str], Path]) -> None:
    """BL Administration repeats the number of its automatic vouchers."""
    document = sie.read(sample("vendors/BL0001_typ4.SE"))

    assert not sie.compare(document, document)


def test_one_change_in_two_large_files() -> None:
    builder = sie.DocumentBuilder(sie.Header(kind=4))
    for number in range(10_000):
        amount = Decimal(number % 977)
        builder.voucher(
            sie.Voucher("A", str(number), date(2025, 1, 1), f"Text {number}",
                        (sie.Row("1930", amount), sie.Row("3001", -amount), sie.Row("3740", Decimal(0))))
        )  # fmt: skip
    data = sie.write(builder.build())
    old, new = sie.read(data), sie.read(data.replace(b'Text 77"', b'Text 78"'))

    assert [change.what for change in sie.compare(old, new).changed_vouchers] == [("text",)]
