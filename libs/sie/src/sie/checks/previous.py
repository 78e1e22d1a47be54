"""This year's document against the previous year's."""

from collections.abc import Iterator
from datetime import timedelta

from sie.checks import ledger
from sie.checks.sums import carried, differing
from sie.document import Document
from sie.findings import Finding, finding


def against(document: Document, previous: Document) -> Iterator[Finding]:
    """The other file's closing balances are this one's opening ones, and its year is this one's previous year."""
    mine, other = (_digits(each.header.organisation_number) for each in (document, previous))
    if mine and other and mine[-10:] != other[-10:]:
        yield finding("company-mismatch", expected=other, found=mine)
    if 0 in document.years and 0 in previous.years:
        start, end = document.years[0].start, previous.years[0].end
        if end + timedelta(days=1) != start:
            yield finding("previous-year-mismatch", expected=str(end), found=str(start))
            return
    closed, results = ledger.balances(previous, "UB"), ledger.balances(previous, "RES")
    yield from carried("opening-against-previous-file", closed, results, ledger.balances(document, "IB"))
    for kind in ("UB", "RES"):
        then = ledger.balances(document, kind, -1)
        if then:
            yield from differing("previous-year-changed", ledger.balances(previous, kind), then)


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
