"""This year's document against the previous year's."""

from collections.abc import Iterator
from datetime import timedelta

from sie.booked import covers_part
from sie.checks.books import Books
from sie.checks.totals import carried, differing
from sie.document import Document
from sie.findings import Finding, finding
from sie.ledger import Ledger
from sie.values import kronor


def against(books: Books, previous: Document) -> Iterator[Finding]:
    """The other file's closing balances are this one's opening ones, and its year is this one's previous year."""
    document = books.document
    mine, other = (_digits(each.header.organisation_number) for each in (document, previous))
    if mine and other and mine[-10:] != other[-10:]:
        yield finding("company-mismatch", expected=other, found=mine, line=_line(document, "ORGNR"))
    if 0 in document.years and 0 in previous.years:
        start, end = document.years[0].start, previous.years[0].end
        if end + timedelta(days=1) != start:
            yield finding("previous-year-mismatch", expected=str(end), found=str(start), line=_line(document, "RAR"))
            return
    if covers_part(previous):
        yield finding("previous-file-partial", found=str(previous.header.covers_to))
        return
    then = Ledger(previous)
    yield from carried(
        "opening-against-previous-file", then.balances("UB"), then.balances("RES"), books.ledger.opening(),
        same_file=False,
    )  # fmt: skip
    for kind in ("UB", "RES"):
        if stated := books.ledger.balances(kind, -1):
            for account, one, now in differing(then.balances(kind), stated):
                expected, found = kronor(one.amount), kronor(now.amount)
                yield finding("previous-year-changed", expected=expected, found=found, account=account, line=now.line)


def _line(document: Document, label: str) -> int:
    return document.places.get(label, (0, 0))[0]


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
