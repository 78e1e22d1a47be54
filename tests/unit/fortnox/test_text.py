"""Texts become what Fortnox accepts, and what was replaced is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox.text import allowed, clean


@pytest.mark.parametrize(
    "text", ["Årets resultat 2023: 100 % & co (ej moms)", "Café – Köpenhamn, Ærø", "é ü ß", "2³ ½ @ § € £\nrad 2", ""]
)
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    assert allowed(text)
    assert clean(text).text == text
    assert clean(text).replaced == ()


@pytest.mark.parametrize(
    ("text", "cleaned", "replaced"),
    [
        ("Periodisering — hyra [jan]", "Periodisering - hyra (jan)", ("—", "[", "]")),
        ("Bolagets “lån”…", "Bolagets lån...", ("“", "”", "…")),
        ("A|B~C", "A/B-C", ("|", "~")),
        ("a\u202fb\tc", "a b c", ("\u202f", "\t")),
        ("ﬁn ①", "ﬁn 1", ("①",)),
        ("julfest 🎄", "julfest ", ("🎄",)),
        ("<b>", " b ", ("<", ">")),
    ],
)
def test_the_nearest_characters_are_taken(text: str, cleaned: str, replaced: tuple[str, ...]) -> None:
    assert (clean(text).text, clean(text).replaced) == (cleaned, replaced)


def test_letters_are_composed() -> None:
    assert clean("a\u030ar").text == "år"


@given(st.text())
def test_a_cleaned_text_always_fits_and_stays(text: str) -> None:
    once = clean(text)

    assert allowed(once.text)
    assert clean(once.text).text == once.text
