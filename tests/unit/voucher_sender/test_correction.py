"""The reversing voucher: its id, its text, its rows."""

from datetime import date

import pytest

from common.events import FinancialYear
from voucher_sender.correcting.correction import description, reversing_id


def test_reversing_ids_never_change() -> None:
    """By its id a reversing voucher is found again, whatever becomes of our database."""
    assert reversing_id(4711, "v-1") == "e1e22d3c-0be8-5f56-84f4-b143f1057d1e"
    assert len({reversing_id(4711, "v-1"), reversing_id(4712, "v-1"), reversing_id(4711, "v-2")}) == 3


@pytest.mark.parametrize(
    ("text", "year", "wanted"),
    [
        ("Avskrivningar", None, "Ändringsverifikation avseende I 12: Avskrivningar"),
        ("", None, "Ändringsverifikation avseende I 12"),
        ("x" * 164, None, "Ändringsverifikation avseende I 12: " + "x" * 164),
        ("x" * 165, None, "Ändringsverifikation avseende I 12"),
        ("Hyra", (2024, 2024), "Ändringsverifikation avseende I 12 (räkenskapsåret 2024): Hyra"),
        ("Hyra", (2024, 2025), "Ändringsverifikation avseende I 12 (räkenskapsåret 2024/2025): Hyra"),
    ],
)
def test_the_text_points_to_the_original(text: str, year: tuple[int, int] | None, wanted: str) -> None:
    other = FinancialYear(from_date=date(year[0], 5, 1), to_date=date(year[1], 12, 30)) if year else None

    assert description("I 12", text, other) == wanted
    assert len(wanted) <= 200
