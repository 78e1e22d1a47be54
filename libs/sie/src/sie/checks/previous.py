"""This year's document against the previous year's."""

from collections.abc import Iterator
from datetime import timedelta

from sie.booked import covers_part
from sie.checks.books import Books, first_line
from sie.checks.totals import carried, differing
from sie.document import Document
from sie.findings import Finding, finding
from sie.ledger import Ledger
from sie.values import kronor, ten_digits


def against(books: Books, previous: Document) -> Iterator[Finding]:
    """The other file's closing balances are this one's opening ones, and its year is this one's previous year."""
    document = books.document
    mine, other = (ten_digits(each.header.organisation_number) for each in (document, previous))
    if mine and other and mine != other:
        yield finding("company-mismatch", expected=other, found=mine, line=first_line(document, "ORGNR"))
    year, before = document.years.get(0), previous.years.get(0)
    if year and before and before.end + timedelta(days=1) != year.start:
        yield finding("previous-year-mismatch", expected=str(before.end), found=str(year.start), line=year.line)
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
