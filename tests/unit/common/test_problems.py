"""The catalogue of problems: each code once, with words for all that it is told with."""

import string

import pytest

from common.events import Trouble
from common.problems import CATALOGUE, GAVE_UP, INTERNAL, NOT_READY, Problem


def test_a_code_is_defined_once() -> None:
    with pytest.raises(ValueError, match=r"internal\.error"):
        Problem(code=INTERNAL.code, swedish="Något.", next_step="", english="Something.")


def test_data_become_words_at_the_edge() -> None:
    trouble = Trouble.of(GAVE_UP.error(attempts=8))

    assert trouble.code == "internal.gave-up"
    assert "8 times" in trouble.english
    assert trouble.data == {"attempts": "8"}
    assert str(GAVE_UP.error(attempts=8)) == "internal.gave-up"


def test_all_have_words_in_both_languages_and_a_next_step() -> None:
    for problem in CATALOGUE.values():
        assert problem.swedish.endswith(".")
        assert problem.english
        assert problem.next_step


def test_both_languages_are_told_with_the_same_data() -> None:
    assert _names(NOT_READY.english) == {"missing"}
    for problem in CATALOGUE.values():
        assert _names(problem.next_step) <= _names(problem.swedish) | _names(problem.english)


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}
