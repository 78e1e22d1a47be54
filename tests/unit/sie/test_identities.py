"""What a SIE file must keep (facts 5), account by account: what breaks it is found; what the standard allows is not."""

from collections.abc import Iterator

import pytest

import sie

HEAD = """\
#FLAGGA 0
#PROGRAM "P" 1
#FORMAT PC8
#GEN 20260101
#SIETYP 4
#FNAMN "Bolaget AB"
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
"""
ACCOUNTS = """\
#KONTO 1930 "Bank"
#SRU 1930 7281
#KONTO 2081 "Aktiekapital"
#SRU 2081 7301
#KONTO 3001 "Försäljning"
#SRU 3001 7410
"""
OPENING = "#IB 0 1930 50\n#IB 0 2081 -50\n"
CLOSING = "#UB 0 1930 150\n#UB 0 2081 -50\n#RES 0 3001 -100\n"
PERIODS = "#PSALDO 0 202503 1930 {} 100\n#PSALDO 0 202503 3001 {} -100\n"
VOUCHER = '#VER A 1 20250301 "Ett"\n{\n#TRANS 1930 {} 100\n#TRANS 3001 {} -100\n}\n'
LATER = '#VER A 2 20250801 "Två"\n{\n#TRANS 1930 {} 7\n#TRANS 3001 {} -7\n}\n'


def found(*parts: str, head: str = HEAD) -> Iterator[str]:
    """Each finding as `code account`, of what is wrong at all."""
    document = sie.read((head + ACCOUNTS + "".join(parts)).encode("cp437"))
    assert not document.problems
    for finding in sie.check(document):
        yield f"{finding.code} {finding.account}".strip()


def of_type(kind: int) -> str:
    return HEAD.replace("#SIETYP 4", f"#SIETYP {kind}\n#OMFATTN 20251231" if kind > 1 else "#SIETYP 1")


def test_sound_books() -> None:
    assert list(found(OPENING, CLOSING, PERIODS, VOUCHER)) == []


# balance accounts and result accounts


def test_a_result_of_a_balance_account() -> None:
    closing = CLOSING.replace("#UB 0 1930", "#RES 0 1930")

    assert list(found(OPENING, closing, VOUCHER)) == ["closing-balance 1930", "result-of-balance-account 1930"]


def test_a_closing_balance_of_a_result_account() -> None:
    closing = CLOSING.replace("#RES 0 3001", "#UB 0 3001")

    assert list(found(OPENING, closing, VOUCHER)) == ["balance-of-result-account 3001"]


def test_an_opening_balance_of_a_result_account_is_not_hidden_by_its_result() -> None:
    opening, closing = OPENING.replace("2081", "3001"), "#UB 0 1930 150\n#RES 0 3001 -150\n"

    assert list(found(opening, closing, VOUCHER)) == ["result 3001", "balance-of-result-account 3001"]


def test_the_type_of_an_account_says_what_it_is() -> None:
    types = '#KONTO 4900 "Eget"\n#SRU 4900 1\n#KTYP 4900 T\n#KTYP 3001 I\n#KTYP 2081 X\n'
    closing = CLOSING.replace("1930 150", "4900 150")

    assert list(found(types, OPENING.replace("1930", "4900"), closing, VOUCHER.replace("1930", "4900"))) == [
        "account-type-unknown 2081"
    ]


def test_an_account_whose_type_says_otherwise_than_its_records() -> None:
    assert list(found("#KTYP 1930 K\n", OPENING, CLOSING, VOUCHER)) == ["account-type 1930"] * 2


def test_another_chart_than_bas_is_legal() -> None:
    head = HEAD.replace("#FNAMN", "#KPTYP EGEN\n#FNAMN")
    closing = CLOSING.replace("#RES 0 3001", "#UB 0 3001")

    assert list(found(OPENING, closing, VOUCHER, head=head)) == []


# what may be left out, and what not


def test_no_closing_balances_is_said_once() -> None:
    assert list(found(OPENING, VOUCHER)) == ["closing-missing"]
    assert list(found(OPENING, PERIODS, head=of_type(2))) == ["closing-missing"]
    assert list(found(OPENING, "#RES 0 3001 -100\n", VOUCHER)) == ["closing-missing", "closing-total"]


def test_a_built_document_without_closing_balances() -> None:
    document = sie.DocumentBuilder(sie.Header(kind=4)).balance("IB", 1930, 50).build()

    assert "closing-balance" in {finding.code for finding in sie.check(document)}


def test_no_vouchers() -> None:
    assert list(found(OPENING, CLOSING)) == ["closing-balance 1930", "result 3001"]


def test_a_year_in_which_nothing_moved() -> None:
    assert list(found(OPENING, OPENING.replace("IB", "UB"))) == []


def test_a_result_alone() -> None:
    assert list(found("#RES 0 3001 -100\n")) == ["closing-missing", "opening-missing", "result 3001", "closing-total"]


def test_a_first_year_opens_with_nothing() -> None:
    head = HEAD.replace("#RAR -1 20240101 20241231\n", "")

    assert list(found("#UB 0 1930 100\n#RES 0 3001 -100\n", VOUCHER, head=head)) == []


def test_the_previous_years_closing_balances_may_stand_for_the_opening_ones() -> None:
    assert list(found(OPENING.replace("IB 0", "UB -1"), CLOSING, VOUCHER)) == []


def test_results_of_the_previous_year_alone() -> None:
    assert list(found("#RES -1 3001 -7\n", OPENING, CLOSING, VOUCHER)) == []


def test_no_current_year() -> None:
    head = HEAD.replace("#RAR 0 20250101 20251231\n", "")

    assert list(found(OPENING, CLOSING, VOUCHER, head=head)) == ["year-missing"]


@pytest.mark.parametrize("kind", [2, 3])
def test_periods_explain_the_year_where_no_vouchers_do(kind: int) -> None:
    missing = [f"closing-balance-periods {account}" for account in ("1930",)] + ["result-periods 3001"]

    assert list(found(OPENING, CLOSING, PERIODS, head=of_type(kind))) == []
    assert list(found(OPENING, CLOSING, head=of_type(kind))) == missing
    assert list(found(OPENING, CLOSING, head=of_type(1))) == []


def test_the_previous_years_periods() -> None:
    closing = "#UB -1 1930 50\n#UB -1 2081 -50\n"
    opening = "#IB -1 1930 40\n#IB -1 2081 -40\n#PSALDO -1 202403 1930 {} 10\n"

    assert list(found(opening, "#PSALDO -1 202403 2081 {} -10\n", closing, OPENING, CLOSING, VOUCHER)) == []
    assert list(found(opening, closing.replace("1930 50", "1930 51"), OPENING, CLOSING, VOUCHER)) == [
        "closing-balance-periods 1930", "closing-total", "opening-against-closing 1930",
    ]  # fmt: skip
    assert list(found(opening, closing, OPENING, CLOSING, PERIODS, head=of_type(2))) == ["closing-balance-periods 2081"]


# periods are optional in type 4E


def test_periods_of_some_accounts_only() -> None:
    assert list(found(OPENING, CLOSING, PERIODS.splitlines()[1] + "\n", VOUCHER)) == []
    assert list(found(OPENING, CLOSING, PERIODS.splitlines()[1] + "\n")) == []


def test_periods_of_objects_only() -> None:
    a, b = "#PSALDO 0 202503 3001 {6 A} -60\n", "#PSALDO 0 202503 3001 {6 B} -40\n"

    assert list(found(PROJECTS, OPENING, CLOSING, a, b, BY_PROJECT)) == []
    assert list(found(PROJECTS, OPENING, CLOSING, a, BY_PROJECT)) == ["period-object 3001"]


def test_periods_of_the_previous_year_of_objects_only() -> None:
    closing = "#UB -1 1930 50\n#UB -1 2081 -50\n"
    opening = "#OBJEKT 6 A a\n#IB -1 1930 40\n#IB -1 2081 -40\n#PSALDO -1 202403 1930 {6 A} 10\n"

    assert list(found(opening, closing, OPENING, CLOSING, VOUCHER)) == []


# the previous year's result


@pytest.mark.parametrize("movement", [VOUCHER, PERIODS])
def test_without_opening_balances_the_previous_years_result_may_be_carried_over_too(movement: str) -> None:
    before = "#UB -1 1930 50\n#UB -1 2081 -30\n#RES -1 3001 -20\n"
    equity = "#KONTO 2099 Resultat\n#SRU 2099 1\n"
    closing = "#UB 0 1930 150\n#UB 0 2081 -30\n#UB 0 2099 -20\n#RES 0 3001 -100\n"

    assert list(found(equity, before, closing, movement)) == ["result-carried 2099"] * (movement == VOUCHER)
    assert list(found(equity, before, closing.replace("2099 -20", "2099 -21"), VOUCHER)) == [
        "closing-balance 2099", "closing-total",
    ]  # fmt: skip


# what the standard leaves open


@pytest.mark.parametrize("day", ["19700101", "20241231", "20260101"])
def test_a_day_outside_the_year_covers_nothing_in_particular(day: str) -> None:
    head = HEAD.replace("#SIETYP 4", f"#SIETYP 4\n#OMFATTN {day}")

    assert list(found(OPENING, CLOSING, PERIODS, VOUCHER, head=head)) == ["covers-outside-year"]
    assert list(found(OPENING, OPENING.replace("IB", "UB"), PERIODS, head=head)) == [
        "covers-outside-year", "closing-balance-periods 1930", "result-periods 3001",
    ]  # fmt: skip


def test_a_voucher_after_the_day_that_the_balances_cover() -> None:
    head = HEAD.replace("#SIETYP 4", "#SIETYP 4\n#OMFATTN 20250630")
    august = "#PSALDO 0 202508 1930 {} 7\n#PSALDO 0 202508 3001 {} -7\n"

    assert list(found(OPENING, CLOSING, PERIODS, VOUCHER, LATER, head=head)) == []
    assert list(found(OPENING, CLOSING, PERIODS, august, VOUCHER, LATER, head=head)) == []
    assert list(found(OPENING, CLOSING, PERIODS, august.replace("7\n", "8\n"), VOUCHER, LATER, head=head)) == [
        "period 1930", "period 3001",
    ]  # fmt: skip


@pytest.mark.parametrize("month", ["202503", "202504"])
def test_rows_may_belong_to_the_month_of_their_own_date(month: str) -> None:
    voucher = VOUCHER.replace("100\n", "100 20250401\n")

    assert list(found(OPENING, CLOSING, PERIODS.replace("202503", month), voucher)) == []
    assert list(found(OPENING, CLOSING, PERIODS.replace("202503", "202505"), voucher)) == [
        "period 1930", "period 3001", "period 1930", "period 3001",
    ]  # fmt: skip


def test_rows_with_dates_of_their_own_and_no_period_at_all() -> None:
    voucher, periods = VOUCHER.replace("100\n", "100 20250401\n"), PERIODS.splitlines(keepends=True)

    assert list(found(OPENING, CLOSING, periods[0], "#PSALDO 0 202507 3001 {} 0\n", voucher)) == ["period 3001"]


def test_objects_of_a_sub_dimension_are_put_together_with_their_parents() -> None:
    dimensions = '#DIM 1 "Ställe"\n#UNDERDIM 21 "Del" 1\n#OBJEKT 1 A "a"\n#OBJEKT 21 01 "s"\n'
    periods = PERIODS + '#PSALDO 0 202503 3001 {21 "A01"} -100\n#PSALDO 0 202503 3001 {1 A} -100\n'
    voucher = VOUCHER.replace("3001 {}", "3001 {1 A 21 01}")

    assert list(found(dimensions, OPENING, CLOSING, periods, voucher)) == []
    assert list(found(dimensions, OPENING, CLOSING, periods.replace("A01", "B01"), voucher)) == ["object-undeclared"]


# objects

PROJECTS = '#DIM 6 "Projekt"\n#OBJEKT 6 A "a"\n#OBJEKT 6 B "b"\n'
BY_PROJECT = VOUCHER.replace("#TRANS 3001 {} -100", "#TRANS 3001 {6 A} -60\n#TRANS 3001 {6 B} -40")


def test_an_object_without_its_period() -> None:
    a, b = "#PSALDO 0 202503 3001 {6 A} -60\n", "#PSALDO 0 202503 3001 {6 B} -40\n"

    assert list(found(PROJECTS, OPENING, CLOSING, PERIODS, a, b, BY_PROJECT)) == []
    assert list(found(PROJECTS, OPENING, CLOSING, PERIODS, a, BY_PROJECT)) == ["period-object 3001"]


def test_closing_balances_of_objects() -> None:
    voucher = BY_PROJECT.replace("1930 {}", "1930 {6 A}")
    opening, a = OPENING + "#OIB 0 1930 {6 A} 10\n", "#OUB 0 1930 {6 A} 110\n"

    assert list(found(PROJECTS, opening, CLOSING, a, voucher)) == []
    assert list(found(PROJECTS, opening, CLOSING, voucher)) == ["object-closing-missing"]
    assert list(found(PROJECTS, opening, CLOSING, a.replace("A", "B"), voucher)) == ["object-balance 1930"] * 2


def test_closing_balances_of_objects_are_explained_by_periods_in_a_file_without_vouchers() -> None:
    periods = PERIODS + "#PSALDO 0 202503 1930 {6 A} 100\n"
    objects = "#OIB 0 1930 {6 A} 10\n#OUB 0 1930 {6 A} 110\n"

    assert list(found(PROJECTS, OPENING, CLOSING, periods, objects, head=of_type(3))) == []
    assert list(found(PROJECTS, OPENING, CLOSING, periods, objects.replace("110", "111"), head=of_type(3))) == [
        "object-balance 1930"
    ]


# declarations and vouchers


def test_a_sub_dimension_of_nothing() -> None:
    assert list(found("#UNDERDIM 21 Del 33\n", OPENING, CLOSING, VOUCHER)) == ["dimension-undeclared"]
    assert list(found("#UNDERDIM 21 Del 1\n", OPENING, CLOSING, VOUCHER)) == []


def test_an_added_row_stands_directly_before_its_twin() -> None:
    apart = VOUCHER.replace("#TRANS 1930", "#RTRANS 3001 {} -100\n#TRANS 1930")
    together = VOUCHER.replace("#TRANS 3001", "#RTRANS 3001 {} -100\n#TRANS 3001")

    assert list(found(OPENING, CLOSING, apart)) == ["added-apart 3001"]
    assert list(found(OPENING, CLOSING, together)) == []


def test_numbers_that_are_texts_and_none() -> None:
    texts = VOUCHER.replace("A 1", "A 1B") * 2 + VOUCHER.replace("A 1", 'A ""')
    closing = CLOSING.replace("150", "350").replace("-100", "-300")

    assert list(found(OPENING, closing, texts)) == ["voucher-repeated", "voucher-unnumbered"]


# where

BROKEN = HEAD + ACCOUNTS + OPENING.replace("1930 50", "1930 51") + CLOSING.replace("150", "160")


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("opening-total", "#IB 0 1930 51"), ("closing-total", "#UB 0 1930 160"), ("closing-balance", "#UB 0 1930 160"),
        ("opening-against-closing", "#IB 0 1930 51"), ("period", "#PSALDO 0 202503 1930 {} 99"),
        ("voucher-gap", "#VER A 3 20250301"), ("object-undeclared", "#TRANS 1930 {6 X} 0"),
        ("years-apart", "#RAR -1 20240101 20241130"), ("account-type-unknown", '#KONTO 2081 "Aktiekapital"'),
        ("dimension-undeclared", "#UNDERDIM 22 Del 34"), ("covers-outside-year", "#OMFATTN 19700101"),
        ("year-long", "#RAR -2 20200101 20231231"),
        ("already-imported", "#FLAGGA 1"), ("object-balance", "#OUB 0 1930 {6 X} 1"),
    ],
)  # fmt: skip
def test_a_finding_says_at_which_line(code: str, shown: str) -> None:
    text = (
        BROKEN.replace("#FLAGGA 0", "#FLAGGA 1").replace("20241231", "20241130") + "#UB -1 1930 50\n#UB -1 2081 -50\n"
        "#OUB 0 1930 {6 X} 1\n#PSALDO 0 202503 1930 {} 99\n#PSALDO 0 202503 3001 {} -100\n"
        "#KTYP 2081 X\n#DIM 33 a\n#UNDERDIM 21 Del 33\n#UNDERDIM 22 Del 34\n#OMFATTN 19700101\n"
        "#RAR -2 20200101 20231231\n"
        + VOUCHER + "#VER A 3 20250301\n{\n#TRANS 1930 {6 X} 0\n}\n"
    )  # fmt: skip

    findings = {finding.code: finding for finding in reversed(sie.check(sie.read(text.encode("cp437"))))}

    assert text.splitlines()[findings[code].line - 1] == shown
