"""Which of Fortnox's years is the product's, and what differs when none is."""

from datetime import date

import pytest

from common.events import FinancialYear
from connector.lookups.answers import Year
from connector.lookups.years import compared


def year(number: int, begins: str, ends: str) -> Year:
    return Year(
        id=number, from_date=date.fromisoformat(begins), to_date=date.fromisoformat(ends), accounting_method="ACCRUAL"
    )


def wished(begins: str, ends: str) -> FinancialYear:
    return FinancialYear(from_date=date.fromisoformat(begins), to_date=date.fromisoformat(ends))


YEARS = [
    year(1, "2023-03-15", "2023-12-31"),
    year(3, "2025-01-01", "2025-12-31"),
    year(2, "2024-01-01", "2024-12-31"),
]


def test_the_ids_are_no_calendar_years() -> None:
    found = compared(YEARS, wished("2024-01-01", "2024-12-31"))

    assert [one.id for one in found.years] == [3, 2, 1]
    assert (found.matching, found.trouble) == (2, None)


@pytest.mark.parametrize(
    ("begins", "ends", "code", "swedish"),
    [
        (
            "2023-01-01",
            "2023-12-31",
            "lookup.year-starts-otherwise",
            "Räkenskapsåret börjar 2023-03-15 i Fortnox men 2023-01-01 i uppdraget.",
        ),
        (
            "2025-01-01",
            "2026-06-30",
            "lookup.year-ends-otherwise",
            "Räkenskapsåret slutar 2025-12-31 i Fortnox men 2026-06-30 i uppdraget.",
        ),
        (
            "2024-07-01",
            "2025-06-30",
            "lookup.year-differs",
            "Räkenskapsåret 2024-07-01–2025-06-30 i uppdraget stämmer inte med Fortnox, som har {all_years}.",
        ),
        (
            "2026-01-01",
            "2026-12-31",
            "lookup.year-missing",
            "Räkenskapsåret 2026-01-01–2026-12-31 finns inte i Fortnox.",
        ),
    ],
)
def test_what_differs(begins: str, ends: str, code: str, swedish: str) -> None:
    found = compared(YEARS, wished(begins, ends))

    assert found.matching is None
    assert found.trouble is not None
    assert found.trouble.code == code
    assert found.trouble.swedish == swedish.format(all_years="2024-01-01–2024-12-31, 2025-01-01–2025-12-31")
    assert found.trouble.next_step


def test_a_company_without_any_year() -> None:
    found = compared([], wished("2025-01-01", "2025-12-31"))

    assert found.trouble is not None
    assert found.trouble.code == "lookup.year-missing"


def test_without_a_wish_nothing_is_missing() -> None:
    assert compared(YEARS, None).trouble is None
