"""Each finding by its name, with where it is, what it says and what to do."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from common.events import FinancialYear
from common.events.voucher_batches import VoucherRow
from common.events.vouchers import Severity
from common.problems import CATALOGUE
from voucher_sender import checks
from voucher_sender.earlier import Known
from voucher_sender.look_alikes import Books
from voucher_sender.registers import USUAL_LEDGER_ACCOUNTS

ERROR, WARNING = Severity.ERROR, Severity.WARNING
NOTHING_KNOWN = Known(UUID(int=1), books=Books())
YEARS_END = date(2025, 12, 31)
NAN_BREAK = "ett\u200btvå"


def seen(findings: Any) -> list[tuple[str, int | None, Severity]]:
    return [(one.code, one.row, one.severity) for one in findings]


def test_a_sound_voucher_has_no_findings(found: Any, voucher: Any) -> None:
    assert found(voucher()) == []


def test_fewer_than_two_rows(found: Any, voucher: Any, row: Any) -> None:
    findings = found(voucher(row(1930, 100)))

    assert ("voucher.too-few-rows", None, ERROR) in seen(findings)


def test_unbalanced_and_by_how_much(found: Any, voucher: Any, row: Any) -> None:
    (finding,) = found(voucher(row(7832, "1250.50"), row(1229, -1250)))

    assert seen([finding]) == [("voucher.unbalanced", None, ERROR)]
    assert finding.swedish == (
        "Verifikationen balanserar inte: debet 1 250,50 kr, kredit 1 250,00 kr, skillnad 0,50 kr."
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"debit": 5, "credit": 5}, "voucher.row-both-sides"),
        ({"debit": None, "credit": None}, "voucher.row-no-amount"),
        ({"debit": 0, "credit": 0}, "voucher.row-no-amount"),
        ({"debit": -100, "credit": None}, "voucher.row-negative"),
        ({"debit": Decimal("99.999"), "credit": None}, "voucher.row-decimals"),
        ({"debit": Decimal("1e30"), "credit": None}, "voucher.row-too-large"),
    ],
)
def test_amounts(found: Any, voucher: Any, row: Any, changes: dict[str, Any], code: str) -> None:
    findings = found(voucher(row(7832, **changes), row(1229, -100)))

    assert (code, 1, ERROR) in seen(findings)


def test_a_date_outside_the_year(found: Any, voucher: Any) -> None:
    assert seen(found(voucher(date=date(2026, 1, 1)))) == [("voucher.date-outside-year", None, ERROR)]


def test_a_locked_period_is_a_warning_since_the_series_may_be_exempt(found: Any, voucher: Any, registers: Any) -> None:
    findings = found(voucher(), registers(locked_until=date(2025, 12, 31)))

    assert seen(findings) == [("voucher.date-locked", None, WARNING)]


@pytest.mark.parametrize(("lockable", "codes"), [(True, ["voucher.period-locked"]), (False, [])])
def test_a_locked_period_where_the_series_is_known(
    found: Any, voucher: Any, registers: Any, lockable: bool, codes: list[str]
) -> None:
    known = replace(NOTHING_KNOWN, series_is_lockable=lockable)

    findings = found(voucher(), registers(locked_until=date(2025, 12, 31)), known)

    assert [one.code for one in findings] == codes


def test_a_year_that_is_not_there_and_then_nothing_else_of_the_registers(
    found: Any, voucher: Any, registers: Any, row: Any
) -> None:
    years = tuple(one for one in registers().years if one.from_date.year == 2026)
    without = registers(years=years, year=None, series={}, accounts={}, cost_centres=None, projects=None)

    (finding,) = found(voucher(row(9998, 1), row(9999, -1)), without)

    assert finding.code == "vouchers.no-financial-year"
    assert "2026-01-01–2026-12-31" in finding.swedish


def test_a_year_that_is_another_in_fortnox(found: Any, voucher: Any, registers: Any) -> None:
    broken = FinancialYear(from_date=date(2025, 7, 1), to_date=date(2026, 6, 30))

    (finding,) = found(voucher(), registers(year=None), financial_year=broken)

    assert seen([finding]) == [("vouchers.different-financial-year", None, ERROR)]
    assert "2025-07-01–2026-06-30" in finding.swedish
    assert "2025-01-01–2025-12-31" in finding.english or "2026-01-01–2026-12-31" in finding.english


def test_a_series_that_is_not_there(found: Any, voucher: Any) -> None:
    (finding,) = found(voucher(), series="Q")

    assert finding.code == "vouchers.no-series"
    assert "A, I" in finding.swedish


def test_a_series_not_for_manual_vouchers_with_those_that_are(found: Any, voucher: Any) -> None:
    (finding,) = found(voucher(), series="B")

    assert finding.code == "vouchers.series-not-manual"
    assert "A, I" in finding.swedish


@pytest.mark.parametrize(
    ("account", "code"),
    [(4999, "voucher.account-missing"), (1299, "voucher.account-inactive"), (193, "voucher.account-number"),
     (19300, "voucher.account-number")],
)  # fmt: skip
def test_accounts(found: Any, voucher: Any, row: Any, account: int, code: str) -> None:
    findings = found(voucher(row(account, 100), row(1229, -100)))

    assert seen(findings) == [(code, 1, ERROR)]


@pytest.mark.parametrize("account", [1510, 1515, 2440])
def test_ledger_accounts_the_usual_and_the_companys_own_are_doubtful(
    found: Any, voucher: Any, row: Any, registers: Any, account: int
) -> None:
    own = registers(ledger_accounts=USUAL_LEDGER_ACCOUNTS | {1515})

    findings = found(voucher(row(account, 100), row(1229, -100)), own)

    assert seen(findings) == [("voucher.ledger-account", 1, WARNING)]


@pytest.mark.parametrize(
    ("account", "amount", "day", "repeats"),
    [
        (1510, 100, YEARS_END, True),
        (2440, -100, YEARS_END, True),
        (1510, -100, YEARS_END, False),
        (2440, 100, YEARS_END, False),
        (1510, 100, YEARS_END - timedelta(days=1), False),
        (1930, 100, YEARS_END, False),
    ],
)
def test_under_the_cash_method_what_books_unpaid_invoices_at_the_years_end_may_repeat_it(
    found: Any, voucher: Any, row: Any, registers: Any, account: int, amount: int, day: date, repeats: bool
) -> None:
    unpaid = voucher(row(account, amount), row(7832, -amount), date=day)

    in_cash = {one.code for one in found(unpaid, registers(method="CASH"))}

    assert ("voucher.cash-method" in in_cash) is repeats
    assert "voucher.cash-method" not in {one.code for one in found(unpaid)}


def test_accounts_with_a_vat_code_are_doubtful(found: Any, voucher: Any, row: Any) -> None:
    findings = found(voucher(row(7832, 100), row(2611, -100)))

    assert seen(findings) == [("voucher.vat-account", 2, WARNING)]


def test_mandatory_cost_centre_and_project(found: Any, voucher: Any, row: Any) -> None:
    findings = found(voucher(row(4010, 100), row(1229, -100)))

    assert seen(findings) == [
        ("voucher.cost-centre-required", 1, ERROR),
        ("voucher.project-required", 1, ERROR),
    ]


def test_forbidden_cost_centre_and_project(found: Any, voucher: Any, row: Any) -> None:
    findings = found(voucher(row(4020, 100, (1, "NORR"), (6, "1005")), row(1229, -100)))

    assert seen(findings) == [
        ("voucher.cost-centre-forbidden", 1, ERROR),
        ("voucher.project-forbidden", 1, ERROR),
    ]


@pytest.mark.parametrize(
    ("dimension", "code"),
    [
        ((1, "SYD"), "voucher.cost-centre-missing"),
        ((1, "GAMMAL"), "voucher.cost-centre-missing"),
        ((6, "1"), "voucher.project-missing"),
        ((6, "2"), "voucher.project-not-open"),
        ((7, "Anna"), "voucher.dimension"),
    ],
)
def test_unknown_objects(found: Any, voucher: Any, row: Any, dimension: tuple[int, str], code: str) -> None:
    findings = found(voucher(row(7832, 100, dimension), row(1229, -100)))

    assert seen(findings) == [(code, 1, ERROR)]


def test_a_project_that_is_completed_may_be_refused(found: Any, voucher: Any, row: Any) -> None:
    findings = found(voucher(row(7832, 100, (6, "3")), row(1229, -100)))

    assert seen(findings) == [("voucher.project-completed", 1, WARNING)]


def test_two_objects_of_a_dimension(found: Any, voucher: Any, row: Any) -> None:
    findings = found(voucher(row(7832, 100, (6, "1005"), (6, "1005")), row(1229, -100)))

    assert seen(findings) == [("voucher.two-objects", 1, ERROR)]


def test_registers_that_are_not_ours_to_read_are_left_to_fortnox_and_to_what_the_books_declare(
    found: Any, voucher: Any, row: Any, registers: Any
) -> None:
    declared = replace(NOTHING_KNOWN, books=Books(objects={1: frozenset({"SYD"})}))
    made = voucher(row(7832, 100, (1, "SYD"), (6, "77")), row(1229, -100, (1, "NORR")))

    findings = found(made, registers(cost_centres=None, projects=None), declared)

    assert seen(findings) == [
        ("voucher.object-not-declared", 2, WARNING),
        ("voucher.object-not-declared", 1, WARNING),
    ]


def test_no_text(found: Any, voucher: Any) -> None:
    assert seen(found(voucher(description=" \u2028 "))) == [("voucher.no-text", None, ERROR)]


def test_a_text_too_long_with_a_proposal(found: Any, voucher: Any) -> None:
    (finding,) = found(voucher(description="x" * 201))

    assert seen([finding]) == [("voucher.text-too-long", None, ERROR)]
    assert finding.proposal == "x" * 200


def test_characters_that_fortnox_refuses_are_replaced_and_said(found: Any, voucher: Any, row: Any) -> None:
    (finding,) = found(voucher(row(7832, 100, text=f"[{NAN_BREAK}]"), row(1229, -100)))

    assert seen([finding]) == [("voucher.text-cleaned", 1, WARNING)]
    assert finding.proposal == "(etttvå)"
    assert "[ U+200B ]" in finding.swedish


def test_a_voucher_id_that_occurs_twice_is_wrong_both_times(batch: Any, voucher: Any, registers: Any) -> None:
    checked = checks.run(batch(voucher(), voucher()), registers(), NOTHING_KNOWN)

    assert [seen(one.findings) for one in checked] == [[("voucher.repeated-id", None, ERROR)]] * 2


def test_all_findings_come_at_once(found: Any, voucher: Any, row: Any) -> None:
    findings = found(voucher(row(4999, 100), row(1299, -50), description="", date=date(2024, 1, 1)))

    assert {one.code for one in findings} == {
        "voucher.account-missing",
        "voucher.account-inactive",
        "voucher.unbalanced",
        "voucher.no-text",
        "voucher.date-outside-year",
    }


def test_every_finding_says_what_it_is_and_what_to_do_in_the_catalogue() -> None:
    ours = [problem for code, problem in CATALOGUE.items() if code.startswith(("voucher.", "vouchers."))]

    assert len(ours) > 40
    for problem in ours:
        assert problem.swedish.endswith(".")
        assert problem.next_step.endswith(".")
        assert problem.english.endswith(".")


@pytest.mark.parametrize("amount", ["1E+99999999", "1E-99999999", "NaN", "Infinity"])
def test_an_amount_of_absurd_length_is_refused_when_it_is_read(amount: str) -> None:
    with pytest.raises(ValidationError):
        VoucherRow.model_validate({"account": 1930, "debit": amount})


def test_that_the_books_could_not_be_read_is_said_once(batch: Any, voucher: Any, registers: Any) -> None:
    vouchers = [voucher(voucher_id=f"v-{number}") for number in (1, 2)]
    outside = voucher(voucher_id="v-0", date=date(2024, 1, 1))

    checked = checks.run(batch(outside, *vouchers), registers(), Known(UUID(int=1)))

    told = [seen(one.findings) for one in checked]
    assert told == [[("voucher.date-outside-year", None, ERROR)], [("voucher.not-compared", None, WARNING)], []]
    assert all(one.passed for one in checked[1:])
