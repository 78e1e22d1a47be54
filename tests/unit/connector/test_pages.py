"""The page that the popup ends on."""

import base64
import hashlib
import re

from common.problems import CATALOGUE, Problem
from connector import limits, problems
from connector.pages import Action, Page, headers

HOSTILE = '"><script>alert(1)</script>'


def words(html: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<(script|style|title)>.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_what_comes_from_outside_is_only_text() -> None:
    page = Page(
        title=HOSTILE,
        text=HOSTILE,
        next_step=HOSTILE,
        code=HOSTILE,
        reference=HOSTILE,
        details=((HOSTILE, HOSTILE),),
        notes=(HOSTILE,),
        actions=(Action(HOSTILE, HOSTILE, HOSTILE),),
        link=HOSTILE,
        message={"x": HOSTILE},
        origin=HOSTILE,
        goes_on_from=HOSTILE,
    )
    html = page.html()

    assert "<script>alert" not in html
    assert html.count("<script>") == 1


def test_only_its_own_script_and_style_may_run() -> None:
    html = Page("Titel", "Text", "Nästa steg").html()

    for element in ("script", "style"):
        inside = re.search(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
        assert inside
        digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in headers()["content-security-policy"]
    assert "default-src 'none'" in headers()["content-security-policy"]
    assert not re.findall(r"https?:|url\(|src=|@import", html)


def test_forms_go_to_us_and_to_fortnox_only() -> None:
    assert "form-action 'self';" in headers()["content-security-policy"]
    assert (
        "form-action 'self' https://apps.fortnox.se;" in headers(["https://apps.fortnox.se"])["content-security-policy"]
    )


def test_without_an_opener_it_reads_well_by_itself() -> None:
    html = Page("Anslutningen kunde inte göras", "Du avböjde.", "Försök igen.", "connect.declined").html()

    assert (
        words(html) == "Anslutningen kunde inte göras Du avböjde. Försök igen. Felkod: connect.declined Stäng fönstret"
    )


def test_every_problem_can_be_told_without_naming_an_organisation_number() -> None:
    ours = [problem for problem in vars(problems).values() if isinstance(problem, Problem)]

    assert len(ours) > 25
    ours += limits.WITHOUT.values()
    for problem in ours:
        assert CATALOGUE[problem.code] is problem
        assert problem.next_step.endswith(".")
        assert "organisation_number" not in problem.english + problem.swedish
