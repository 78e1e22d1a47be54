"""What is written about the code is what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.problems import CATALOGUE
from connector.settings import ConnectorSettings
from importer.checks.causes import CAUSES
from importer.ledger.explain import Cause
from importer.settings import ImporterSettings
from sandbox import documentation
from voucher_sender.settings import VoucherSenderSettings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TEST = re.compile(r"def (test_\w+)")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_generated_pages_are_up_to_date(tmp_path: Path) -> None:
    """Written by a process of its own, whose catalogue no test has added to."""
    subprocess.run([sys.executable, "-m", "sandbox", "docs", "--folder", str(tmp_path)], check=True)

    written = {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*")}
    assert written == {name: (DOCS / name).read_text(encoding="utf-8") for name in written}, "run make docs"
    assert Path("errors.md") in written


def test_every_problem_speaks_both_languages_and_says_what_to_do() -> None:
    documentation.errors()

    incomplete = [one.code for one in CATALOGUE.values() if not (one.swedish and one.next_step and one.english)]

    assert incomplete == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_setting_is_documented() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    settings = (ConnectorSettings, ImporterSettings, VoucherSenderSettings)

    undocumented = {name.upper() for one in settings for name in one.model_fields if f"`{name.upper()}`" not in page}

    assert undocumented == set()


def test_every_rule_of_the_ledgers_has_the_test_that_it_names() -> None:
    page = (DOCS / "ledgers.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    written = {*TEST.findall(tests), *(file.stem for file in (ROOT / "tests").rglob("test_*.py"))}

    assert named - written == set()
    assert len(named) > 30


def test_every_cause_of_a_difference_is_described_and_has_words() -> None:
    page = (DOCS / "ledgers.md").read_text(encoding="utf-8")

    assert {cause for cause in Cause if f"| `{cause}` |" not in page} == set()
    assert set(CAUSES) == set(Cause)
