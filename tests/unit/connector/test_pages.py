"""The page that the popup ends on."""

import base64
import hashlib
import re

from common.problems import CATALOGUE, Problem
from connector import problems
from connector.pages import HEADERS, Page

HOSTILE = '"><script>alert(1)</script>'


def test_what_comes_from_outside_is_only_text() -> None:
    html = Page(HOSTILE, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), {"x": HOSTILE}, HOSTILE).html()

    assert "<script>alert" not in html
    assert html.count("<script>") == 1


def test_only_its_own_script_and_style_may_run() -> None:
    html = Page("Titel", "Text", "Nästa steg").html()

    for element in ("script", "style"):
        inside = re.search(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
        assert inside
        digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in HEADERS["content-security-policy"]
    assert "default-src 'none'" in HEADERS["content-security-policy"]
    assert "http" not in html.replace("http-equiv", "")


def test_without_an_opener_it_reads_well_by_itself() -> None:
    html = Page("Anslutningen blev inte av", "Du avböjde.", "Försök igen.", "connect.declined").html()

    text = re.sub(r"<(script|style|title)>.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    assert " ".join(text.split()) == (
        "Anslutningen blev inte av Du avböjde. Försök igen. Felkod: connect.declined Stäng fönstret"
    )


def test_every_problem_can_be_told_without_naming_an_organisation_number() -> None:
    ours = [problem for problem in vars(problems).values() if isinstance(problem, Problem)]

    assert len(ours) > 25
    for problem in ours:
        assert CATALOGUE[problem.code] is problem
        assert problem.next_step.endswith(".")
        assert "organisation_number" not in problem.english + problem.swedish
