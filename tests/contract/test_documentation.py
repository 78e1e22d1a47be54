"""What is written about the code is what the code says."""

import re
from pathlib import Path

import pytest

from common.problems import CATALOGUE
from sandbox import documentation

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_page_of_errors_is_up_to_date() -> None:
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == documentation.errors(), "run make docs"


def test_every_problem_speaks_both_languages_and_says_what_to_do() -> None:
    documentation.errors()

    incomplete = [one.code for one in CATALOGUE.values() if not (one.swedish and one.next_step and one.english)]

    assert incomplete == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
