"""Checks the books in a document: every identity that a SIE file must keep (facts 5), to the öre."""

from collections.abc import Iterator

from sie.checks import declared, form, series, sums
from sie.checks.booked import Booked
from sie.checks.previous import against
from sie.document import Document
from sie.findings import Finding


def check(document: Document, previous: Document | None = None) -> list[Finding]:
    """All findings; none at all for sound books in a conforming file, but for notes.

    With the previous year's document, its closing balances are held against this year's opening ones.
    """
    return list(_all(document, previous))


def _all(document: Document, previous: Document | None) -> Iterator[Finding]:
    booked = Booked(document)
    used = declared.used_accounts(document, booked)
    yield from form.records(document)
    yield from form.order(document)
    yield from form.years(document)
    yield from sums.vouchers(document)
    yield from sums.accounts(document, booked)
    yield from sums.periods(document, booked)
    yield from sums.objects(document, booked)
    yield from sums.totals(document)
    yield from sums.opening(document)
    yield from sums.repeated(document)
    yield from series.numbers(document)
    yield from series.dates(document)
    yield from series.rows(document)
    yield from declared.accounts(document, used)
    yield from declared.codes(document, used)
    yield from declared.objects(document)
    if previous is not None:
        yield from against(document, previous)
