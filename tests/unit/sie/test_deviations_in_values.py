"""Deviations of amounts, dates, periods and accounts: each is read right and told, or refused and told (README.md)."""

from decimal import Decimal
from unittest.mock import patch

import pytest

import sie
from sie.assembly import Assembly

HEAD = (
    '#FLAGGA 0\n#PROGRAM "P" 1\n#FORMAT PC8\n#GEN 20250101\n#SIETYP 4\n#FNAMN "Företaget"\n#RAR 0 20250101 20251231\n'
)


def read(*lines: str, encoding: str = "cp437", head: str = HEAD) -> sie.Document:
    return sie.read((head + "\n".join(lines) + "\n").encode(encoding))


def codes(document: sie.Document) -> list[str]:
    return [problem.code for problem in document.problems]


def a_voucher(*rows: str, head: str = '#VER A 1 20250301 "Köp"') -> tuple[str, ...]:
    return head, "{", *rows, "}"


# values


def test_iso_dates() -> None:
    document = read(*a_voucher(head="#VER A 1 2025-03-01"))

    assert str(document.vouchers[0].date) == "2025-03-01"
    assert codes(document) == ["date-form"]


@pytest.mark.parametrize("date", ["20250230", "20251301", '""', "nodate", "00000101", "2025030"])
def test_impossible_and_empty_dates(date: str) -> None:
    document = read(*a_voucher("#TRANS 1930 {} 1", head=f'#VER A 1 {date} "Text"'))

    voucher = document.vouchers[0]
    assert (voucher.date, voucher.text, len(voucher.rows)) == (None, "Text", 1)
    assert [problem.code for problem in document.errors] == ["date-unreadable"]


@pytest.mark.parametrize(
    ("written", "amount"), [(".20", "0.20"), ("-,5", "-0.50"), ("+7", "7.00"), ("1,25", "1.25"), ("3.1000", "3.10")]
)
def test_amount_forms(written: str, amount: str) -> None:
    document = read(*a_voucher(f"#TRANS 1930 {{}} {written}"))

    assert str(document.rows[0].amount) == amount
    assert codes(document) == ["amount-form"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('""', "amount-unreadable"), ("1e5", "amount-unreadable"), ("1_000", "amount-unreadable"),
        ('"1 000"', "amount-unreadable"), ("١", "not-in-cp437"), ("0.005", "amount-decimals"),
        ("92233720368547758.08", "amount-too-large"), ("9" * 5000, "amount-too-large"),
    ],
)  # fmt: skip
def test_amounts_that_are_refused(written: str, code: str) -> None:
    if code == "not-in-cp437":
        document = read(*a_voucher(f"#TRANS 1930 {{}} {written}"), encoding="utf-8")
        assert "amount-unreadable" in codes(document)
        return

    document = read(*a_voucher(f"#TRANS 1930 {{}} {written}", "#TRANS 1910 {} 1"))

    assert [row.account for row in document.rows] == ["1910"]
    assert [problem.code for problem in document.errors] == [code]
    assert document.other[0].label == "TRANS"


@pytest.mark.parametrize("written", ["1,000", "1.000", "-12.500", "1 000,00", "1 000", "12 345.50"])
def test_thousands_separators(written: str) -> None:
    """One crown or a thousand: nobody's to guess."""
    document = read(*a_voucher(f"#TRANS 1930 {{}} {written}", "#TRANS 1910 {} 1"))

    assert [row.account for row in document.rows] == ["1910"]
    assert codes(document) == ["amount-ambiguous"]
    assert document.other[0].fields == (f"#TRANS 1930 {{}} {written}",)


def test_thousands_separators_in_balances() -> None:
    """What follows the amount after a blank is legally a quantity, but none has a comma."""
    document = read(
        "#UB 0 1930 12 345,67", "#UB 0 1940 12 345", "#UB 0 1950 1,000", "#UB 0 1960 0,500", "#UB 0 1970 5 1,500"
    )

    assert [(b.account, str(b.amount), b.quantity) for b in document.balances] == [
        ("1940", "12.00", 345), ("1960", "0.50", None), ("1970", "5.00", None),
    ]  # fmt: skip
    assert codes(document) == ["amount-ambiguous", "amount-ambiguous", "amount-form", "quantity-unreadable"]


@pytest.mark.parametrize("written", ["1 234 567.89", "1 234 567", "-12 345 678,90"])
def test_millions_in_balances(written: str) -> None:
    """Nothing may follow the quantity."""
    document = read(f"#UB 0 1930 {written}", f"#OUB 0 1930 {{1 A}} {written}", "#UB 0 1940 12 345 0")

    assert [str(balance.amount) for balance in document.balances] == ["12.00"]
    assert codes(document) == ["amount-ambiguous", "amount-ambiguous", "extra-fields"]


def test_values_that_cant_be_read_are_kept_as_they_are() -> None:
    document = read(
        "#OMFATTN juni", "#KTYP 1930", "#KSUMMA abc x",
        '#VER A 1 2025-3-1 "t" 20251399', "{", '#TRANS 1930 {1 "A" "6 x"} 100 20259999 "x" 3st "Eva"', "}",
        "#VER A 2 20250301 " + "x " * 70, "{", "#TRANS 1930 {" + "1 2 " * 1001 + "} 5", "}",
        head=HEAD.replace("#SIETYP 4", "#SIETYP 5"),
    )  # fmt: skip

    kept = [(other.label, other.fields) for other in document.other]
    assert kept[:10] == [
        ("SIETYP", ("5",)), ("OMFATTN", ("juni",)), ("KTYP", ("#KTYP 1930",)), ("KSUMMA", ("abc",)), ("KSUMMA", ("x",)),
        ("VER", ("2025-3-1",)), ("VER", ("20251399",)),
        ("TRANS", ("6 x",)), ("TRANS", ("20259999",)), ("TRANS", ("3st",)),
    ]  # fmt: skip
    rest = [(label, " ".join(fields)) for label, fields in kept[10:]]
    assert ("VER", "x " * 9) in rest
    assert ("TRANS", "1 2 } 5") in rest
    assert {"date-unreadable", "quantity-unreadable", "type-unreadable", "objects-odd", "objects-too-many"} <= {
        problem.code for problem in document.errors
    }
    assert "too-many-fields" in codes(document)


def test_more_unknown_records_than_are_kept() -> None:
    with patch.object(Assembly, "OTHERS_KEPT", 2):
        document = read("#X 1", "#X 2", "#X 3", "#X 4")

    assert [other.fields for other in document.other] == [("1",), ("2",)]
    assert document.problem_counts["other-too-many"] == 2
    assert document.errors[0].line == 10


def test_large_amounts_are_exact() -> None:
    document = read(*a_voucher("#TRANS 1930 {} 92233720368547758.07", "#TRANS 1910 {} -45035996273704.97"))

    assert [str(row.amount) for row in document.rows] == ["92233720368547758.07", "-45035996273704.97"]


def test_empty_quantity() -> None:
    document = read('#IB 0 1930 5 ""', *a_voucher('#TRANS 1930 {} 1 "" "" ""'))

    assert (document.balances[0].quantity, document.rows[0].quantity) == (None, None)
    assert not document.problems


def test_period_without_object_list() -> None:
    document = read("#PBUDGET 0 202501 1119 -1667.00")

    balance = document.balances[0]
    assert (balance.period, balance.account, balance.amount) == (202501, "1119", Decimal("-1667.00"))
    assert codes(document) == ["objects-missing"]


def test_period_and_account_swapped() -> None:
    """BL Administration leaves the object list out, too."""
    document = read("#PBUDGET 0 1119 202501 {} -1667.00", "#PBUDGET 0 1120 202501 -1667.00")

    assert [(b.period, b.account, b.amount) for b in document.balances] == [
        (202501, "1119", Decimal(-1667)), (202501, "1120", Decimal(-1667)),
    ]  # fmt: skip
    assert codes(document) == ["period-and-account-swapped", "period-and-account-swapped", "objects-missing"]


def test_account_numbers() -> None:
    document = read(*a_voucher("#TRANS DIFF {} 1", "#TRANS 11AF {} 1", "#TRANS 19300001 {} 1"))

    assert [row.account for row in document.rows] == ["DIFF", "11AF", "19300001"]
    assert codes(document) == ["account-not-numeric", "account-not-numeric"]


def test_undeclared_account() -> None:
    document = read("#KONTO 1910 Kassa", *a_voucher("#TRANS 1930 {} 1"))

    undeclared = [finding.account for finding in sie.check(document) if finding.code == "account-undeclared"]
    assert undeclared == ["1930"]


def test_no_blank_around_the_object_list() -> None:
    document = read(*a_voucher("#TRANS 1930 {}100", "#TRANS 3001{1 A} -100", "#TRANS {} 5"), "#OIB 0 1930{1 A} 7")

    assert [(row.account, row.objects, row.amount) for row in document.rows] == [
        ("1930", (), Decimal(100)), ("3001", (("1", "A"),), Decimal(-100)),
    ]  # fmt: skip
    assert (document.balances[0].account, document.balances[0].objects) == ("1930", (("1", "A"),))
    assert codes(document) == ["blank-missing", "blank-missing", "missing-field", "blank-missing"]


def test_names_left_out() -> None:
    document = read("#KONTO 1930", "#DIM 20", "#OBJEKT 20 a", "#UNDERDIM 21 u")

    assert (document.account_name(1930), document.dimensions["20"].objects) == ("", {"a": ""})
    assert codes(document) == ["name-missing"] * 3 + ["parent-missing"]


@pytest.mark.parametrize("kind", ["4I", "4E"])
def test_type_with_its_direction(kind: str) -> None:
    document = read(head=HEAD.replace("#SIETYP 4", f"#SIETYP {kind}"))

    assert document.kind == 4
    assert codes(document) == ["type-form"]


def test_columns_of_problems() -> None:
    document = read("  #TRANS 1930 {} 1", *a_voucher("\t#TRANS 1930  1", "  #KONTO 1930"), "  }")

    assert [(problem.code, problem.column) for problem in document.problems] == [
        ("row-outside-voucher", 3), ("objects-missing", 15), ("record-inside-voucher", 3), ("name-missing", 3),
        ("brace-stray", 3),
    ]  # fmt: skip


def test_account_type_before_its_account() -> None:
    document = read("#KTYP 1930 T", "#KONTO 1930 Bank")

    assert (document.accounts["1930"].name, document.accounts["1930"].type) == ("Bank", "T")
    assert codes(document) == ["account-order"]
