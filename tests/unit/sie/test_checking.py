"""Sound books have no findings; each thing that can be wrong has its own."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import sie

SOUND = """\
#FLAGGA 0
#PROGRAM "P" 1
#FORMAT PC8
#GEN 20260101
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Bolaget AB"
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
#KONTO 1930 "Bank"
#SRU 1930 7281
#KONTO 2081 "Aktiekapital"
#SRU 2081 7301
#KONTO 3001 "Försäljning"
#SRU 3001 7410
#DIM 6 "Projekt"
#OBJEKT 6 "P1" "Bygget"
#UB -1 1930 100
#IB 0 1930 100
#UB 0 1930 150.50
#UB -1 2081 -100
#IB 0 2081 -100
#UB 0 2081 -100
#PSALDO 0 202503 1930 {} 50.50
#PSALDO 0 202503 3001 {} -50.50
#PSALDO 0 202503 3001 {6 "P1"} -50.50
#RES 0 3001 -50.50
#VER A 1 20250301 "Ett"
{
#TRANS 1930 {} 25.25
#TRANS 3001 {6 "P1"} -25.25
}
#VER A 2 20250302 "Två"
{
#TRANS 1930 {} 25.25
#TRANS 3001 {6 "P1"} -25.25
}
"""


def books(*changes: tuple[str, str]) -> sie.Document:
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return sie.read(text.encode("cp437"))


def test_sound_books_have_no_findings() -> None:
    assert sie.check(books()) == []


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("#TRANS 1930 {} 25.25", "#TRANS 1930 {} 25.26", {"voucher-unbalanced", "closing-balance", "period"}),
        ("#UB 0 1930 150.50", "#UB 0 1930 150.49", {"closing-balance", "closing-total"}),
        ("#UB 0 1930 150.50\n", "", {"closing-balance", "closing-total"}),
        ("#RES 0 3001 -50.50", "#RES 0 3001 -50", {"result", "closing-total"}),
        ("#RES 0 3001 -50.50\n", "", {"result", "closing-total"}),
        ("#IB 0 1930 100", "#IB 0 1930 99", {"opening-total", "closing-balance", "opening-against-closing"}),
        ("#UB -1 1930 100", "#UB -1 1930 90", {"opening-against-closing", "closing-total"}),
        ("1930 {} 50.50", "1930 {} 50", {"period"}),
        ("#PSALDO 0 202503 1930 {} 50.50\n", "", set()),
        ("#PSALDO 0 202503 1930 {} 50.50", "#PSALDO 0 202504 1930 {} 0", {"period"}),
        ('{6 "P1"} -50.50', '{6 "P1"} -50', {"period-object"}),
        ("#RES 0", '#OUB 0 3001 {6 "P1"} -50.50\n#RES 0', set()),
        ("#RES 0", '#OIB 0 3001 {6 "P1"} 1\n#OUB 0 3001 {6 "P1"} -50.50\n#RES 0', {"object-balance"}),
        ("#VER A 2", "#VER A 4", {"voucher-gap"}),
        ("#VER A 2", "#VER A 1", {"voucher-repeated"}),
        ("#VER A 1", "#VER A 3", {"voucher-order", "series-start"}),
        ("#VER A 2 20250302", "#VER A 2 20260302", {"voucher-date", "period", "period-object"}),
        ("#TRANS 1930 {} 25.25", "#TRANS 1930 {} 25.25 20240101", {"row-date"}),
        ('#KONTO 1930 "Bank"\n', "", {"account-undeclared"}),
        ("#SRU 1930 7281\n", "", {"account-without-sru"}),
        ('#OBJEKT 6 "P1" "Bygget"\n', "", {"object-undeclared"}),
        ('#DIM 6 "Projekt"\n', "", set()),
        ('#TRANS 3001 {6 "P1"}', '#TRANS 3001 {6 "P1" 33 "x"}', {"dimension-undeclared", "object-undeclared"}),
        ("#GEN 20260101\n", "", {"record-missing"}),
        ("#SIETYP 4", "#SIETYP 2", {"record-not-allowed", "record-missing"}),
        ("#FLAGGA 0\n", "", {"record-missing"}),
        ("#FLAGGA 0\n#PROGRAM \"P\" 1\n", "#PROGRAM \"P\" 1\n#FLAGGA 0\n", {"order"}),
        ("#FLAGGA 0", "#FLAGGA 1", {"already-imported"}),
        ("20250101 20251231", "20250101 20270101", {"year-long"}),
        ("20240101 20241231", "20240101 20241130", {"years-apart"}),
        ("#IB 0 1930 100", "#IB 0 1930 100\n#IB 0 1930 100", {"balance-repeated"}),
        ("#PSALDO 0 202503 1930", "#PBUDGET 0 202603 1930 {} 1\n#PSALDO 0 202503 1930", {"period-outside-year"}),
        ("#TRANS 1930 {} 25.25", "#RTRANS 1930 {} 1\n#TRANS 1930 {} 25.25", {"added-without-twin"}),
        ("#TRANS 1930 {} 25.25", "#RTRANS 1930 {} 25.25\n#TRANS 1930 {} 25.25", set()),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_and_nothing_else(old: str, new: str, codes: set[str]) -> None:
    findings = sie.check(books((old, new)))

    assert {finding.code for finding in findings} == codes


def test_a_finding_says_what_was_expected_what_was_found_and_where() -> None:
    (finding,) = [f for f in sie.check(books(("150.50", "1150.49"))) if f.code == "closing-balance"]

    assert (finding.account, finding.expected, finding.found) == ("1930", Decimal("150.50"), Decimal("1150.49"))
    assert finding.difference == Decimal("999.99")
    assert "150,50" in finding.swedish
    assert "1\N{NO-BREAK SPACE}150,49" in finding.swedish
    assert "1,150.49" in finding.english


def test_balances_that_cover_a_part_of_the_year_are_held_against_that_part() -> None:
    document = books(
        ("#KONTO 1930", "#OMFATTN 20250301\n#KONTO 1930"),
        ("#UB 0 1930 150.50", "#UB 0 1930 125.25"), ("#RES 0 3001 -50.50", "#RES 0 3001 -25.25"),
    )  # fmt: skip

    assert sie.check(document) == []


def test_periods_are_held_against_the_balances_where_there_are_no_vouchers() -> None:
    without = SOUND[: SOUND.index("#VER")].replace("#SIETYP 4", "#SIETYP 3\n#OMFATTN 20251231")

    sound = sie.check(sie.read(without.encode("cp437")))
    wrong = sie.check(sie.read(without.replace("1930 {} 50.50", "1930 {} 49.50").encode("cp437")))

    assert sound == []
    assert [(finding.code, finding.difference) for finding in wrong] == [("closing-balance-periods", Decimal(1))]


def test_the_previous_years_closing_balances_are_held_against_this_years_opening_ones() -> None:
    then = books(("20250101 20251231", "20240101 20241231"), ("#RAR -1 20240101 20241231\n", ""))
    now = books(("#UB -1 1930 100", "#UB -1 1930 150.50"))

    findings = [finding for finding in sie.check(now, then) if "previous" in finding.code]

    assert [(f.code, f.account, f.expected, f.found) for f in findings] == [
        ("opening-against-previous-file", "1930", Decimal("150.50"), Decimal("100.00")),
    ]


def test_a_result_that_the_opening_balance_carries_over_is_only_noted() -> None:
    then = books(("20250101 20251231", "20240101 20241231"), ("#RAR -1 20240101 20241231\n", ""))
    now = books(
        ("#UB -1 1930 100", "#UB -1 1930 150.50"), ("#IB 0 1930 100", "#IB 0 1930 150.50"),
        ("#IB 0 2081 -100", "#IB 0 2081 -150.50\n#RES -1 3001 -50.50"),
        ("#UB 0 1930 150.50", "#UB 0 1930 201"), ("#UB 0 2081 -100", "#UB 0 2081 -150.50"),
    )  # fmt: skip

    assert [(f.code, f.account, f.found) for f in sie.check(now, then)] == [
        ("result-carried", "2081", Decimal("-50.50"))
    ] * 2


def test_another_company_and_another_year_are_told() -> None:
    other = books(("556677-8899", "556677-0000"))

    codes = {finding.code for finding in sie.check(books(), other)}

    assert codes == {"company-mismatch", "previous-year-mismatch"}


def test_import_files_need_neither_balances_nor_accounts() -> None:
    start = SOUND.index("#VER")
    head = '#FLAGGA 0\n#PROGRAM "P" 1\n#FORMAT PC8\n#GEN 20260101\n#SIETYP 4\n#FNAMN "Bolaget AB"\n'

    assert sie.check(sie.read((head + SOUND[start:]).encode("cp437"))) == []


VOUCHER_LABELS = {"VER", "TRANS", "RTRANS", "BTRANS"}
OBJECT_LABELS = {"DIM", "UNDERDIM", "OBJEKT", "OIB", "OUB"}
BALANCE_LABELS = {"IB", "UB", "RES", "OIB", "OUB", "PSALDO", "PBUDGET"}
EVERY_RECORD = """\
#FLAGGA 0\n#PROGRAM P 1\n#FORMAT PC8\n#GEN 20260101\n#FNAMN X\n#PROSA x\n#FTYP AB\n#FNR 1\n#ORGNR 556677-8899
#BKOD 1\n#ADRESS a b c d\n#TAXAR 2026\n#OMFATTN 20251231\n#KPTYP BAS95\n#VALUTA SEK\n#RAR 0 20250101 20251231
#KONTO 1930 Bank\n#KTYP 1930 T\n#ENHET 1930 st\n#SRU 1930 7281\n#DIM 6 Projekt\n#UNDERDIM 21 Del 6\n#OBJEKT 6 A A
#IB 0 1930 0\n#UB 0 1930 0\n#RES 0 1930 0\n#OIB 0 1930 {6 A} 0\n#OUB 0 1930 {6 A} 0\n#PSALDO 0 202501 1930 {} 0
#PBUDGET 0 202501 1930 {} 0\n#VER A 1 20250301\n{\n#BTRANS 1930 {} 0\n#RTRANS 1930 {} 0\n#TRANS 1930 {} 0\n}
"""


@pytest.mark.parametrize(
    ("kind", "name", "forbidden"),
    [
        (1, "x.se", VOUCHER_LABELS | OBJECT_LABELS | {"PSALDO", "PBUDGET", "OMFATTN"}),
        (2, "x.se", VOUCHER_LABELS | OBJECT_LABELS),
        (3, "x.se", VOUCHER_LABELS),
        (4, "x.se", set()),
        (4, "x.si", BALANCE_LABELS | {"OMFATTN", "BKOD"}),
    ],
)
def test_which_records_a_type_may_have(kind: int, name: str, forbidden: set[str], tmp_path: Path) -> None:
    """§6, as read off the standard's table (facts 3)."""
    path = tmp_path / name
    path.write_text(EVERY_RECORD.replace("#FNAMN", f"#SIETYP {kind}\n#FNAMN"))

    findings = sie.check(sie.read(path))

    assert {str(f.found).removeprefix("#") for f in findings if f.code == "record-not-allowed"} == forbidden
    assert "record-missing" not in {finding.code for finding in findings}


@pytest.mark.parametrize(
    ("kind", "name", "compulsory"),
    [
        (1, "x.se", {"RAR", "KONTO", "SRU"}),
        (2, "x.se", {"RAR", "KONTO", "SRU", "OMFATTN"}),
        (3, "x.se", {"RAR", "KONTO", "OMFATTN"}),
        (4, "x.se", {"RAR", "KONTO"}),
        (4, "x.si", set()),
    ],
)
def test_which_records_a_type_must_have(kind: int, name: str, compulsory: set[str], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(f"#SIETYP {kind}\n")

    findings = sie.check(sie.read(path))

    missing = {str(f.expected).removeprefix("#") for f in findings if f.code == "record-missing"}
    assert missing == compulsory | {"FLAGGA", "PROGRAM", "FORMAT", "GEN", "FNAMN"}
    assert ("balances-missing" in {finding.code for finding in findings}) == (name == "x.se")


def test_rows_in_another_month_than_their_voucher_count_in_the_vouchers() -> None:
    """The standard leaves it open (facts 10); #PSALDO is the change of vouchers dated in the month (facts 5)."""
    assert sie.check(books(("#TRANS 1930 {} 25.25", "#TRANS 1930 {} 25.25 20250401"))) == []


def test_the_balance_of_a_day() -> None:
    document = books()

    assert document.balance(1930, date(2024, 12, 31)) == Decimal(100)
    assert document.balance("1930", date(2025, 3, 1)) == Decimal("125.25")
    assert document.balance("1930", date(2025, 12, 31)) == Decimal("150.50")
    assert document.balance("3001", date(2025, 12, 31)) == Decimal("-50.50")
    assert document.balance("9999", date(2025, 12, 31)) == 0
    with pytest.raises(ValueError, match="outside"):
        document.balance(1930, date(2026, 1, 1))


def test_a_row_counts_on_its_own_date_where_it_has_one() -> None:
    document = books(("#TRANS 1930 {} 25.25", "#TRANS 1930 {} 25.25 20250401"))

    assert document.balance(1930, date(2025, 3, 31)) == Decimal("125.25")
