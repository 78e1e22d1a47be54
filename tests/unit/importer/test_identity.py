"""The right company and the right year, or a refusal that names both sides."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

import fortnox
import sie
from common.events import FinancialYear
from common.problems import ProblemError
from importer.fetch.books import check_number, check_whose, find_year, same_number, shown_number
from importer.result import Result

YEAR = FinancialYear(from_date=date(2025, 5, 1), to_date=date(2026, 4, 30))


def a_year(from_date: date, to_date: date, **more: Any) -> fortnox.FinancialYear:
    return fortnox.FinancialYear(**{"id": 7, "from_date": from_date, "to_date": to_date, **more})


@pytest.mark.parametrize("number", ["556677-8899", "5566778899", " 556677 8899", "16556677-8899"])
def test_numbers_are_compared_by_their_digits(number: str) -> None:
    assert same_number(number, "556677-8899")


def test_another_company_is_refused_with_both_numbers_named() -> None:
    company = fortnox.CompanyInformation(database_number=1, company_name="Annat AB", organisation_number="556600-0001")

    with pytest.raises(ProblemError) as raised:
        check_number("556677-8899", company.company_name, company.organisation_number)

    assert raised.value.problem.code == "import.wrong-company"
    for named in ("Annat AB", "556600-0001", "556677-8899"):
        assert named in raised.value.swedish
        assert named in raised.value.english


def test_a_natural_person_s_number_is_never_shown() -> None:
    for number in ("640823-3234", "19640823-3234"):
        assert "640823" not in shown_number(number)


@pytest.mark.parametrize("missing", [None, ""])
def test_a_company_without_a_number_is_not_refused(missing: str | None) -> None:
    check_number("556677-8899", None, missing)


def test_a_broken_year_is_found_by_its_first_day() -> None:
    assert find_year(YEAR, [a_year(date(2025, 5, 1), date(2026, 4, 30))]).id == 7


@pytest.mark.parametrize(
    ("from_date", "to_date"),
    [
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2025, 5, 1), date(2026, 6, 30)),
        (date(2025, 4, 1), date(2026, 4, 30)),
    ],
)
def test_a_year_that_begins_or_ends_on_another_day_is_refused_with_both_named(from_date: date, to_date: date) -> None:
    with pytest.raises(ProblemError) as raised:
        find_year(YEAR, [a_year(from_date, to_date)])

    assert raised.value.problem.code == "import.wrong-financial-year"
    assert f"{from_date}–{to_date}" in raised.value.swedish
    assert "2025-05-01–2026-04-30" in raised.value.swedish


def test_a_year_that_fortnox_does_not_have_is_refused() -> None:
    with pytest.raises(ProblemError) as raised:
        find_year(YEAR, [])

    assert raised.value.problem.code == "import.no-financial-year"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("#ORGNR 556677-8899", "#ORGNR 556600-0001", "556600-0001"),
        ("#ORGNR 556677-8899\n#KPTYP", "#KPTYP", "#FNR 123456"),
    ],
)
async def test_a_file_of_another_company_is_refused_with_both_named(
    books: Callable[..., sie.Document], a_result: Callable[..., Result], old: str, new: str, named: str
) -> None:
    company = a_result().company.model_copy(update={"tenant": 654321})

    with pytest.raises(ProblemError) as raised:
        check_whose(books(old, new).header, company)

    assert raised.value.problem.code == "import.sie-of-another-company"
    assert named in raised.value.swedish
    assert "556677-8899" in raised.value.swedish


def test_where_the_organisation_numbers_agree_fnr_alone_refuses_nothing(
    books: Callable[..., sie.Document], a_result: Callable[..., Result]
) -> None:
    check_whose(books("#FNR 123456", "#FNR 1").header, a_result().company)
