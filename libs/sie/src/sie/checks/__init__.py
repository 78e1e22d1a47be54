"""Checks the books in a document: every identity that a SIE file must keep (facts 5), to the öre."""

from collections.abc import Iterator

from sie.checks import closing, declared, form, periods, series, totals
from sie.checks.books import Books
from sie.checks.previous import against
from sie.document import Document
from sie.findings import Finding, Findings


def check(document: Document, previous: Document | None = None) -> Findings:
    """What is found, of each kind the first hundred; nothing but notes for sound books in a conforming file.

    With the previous year's document, its closing balances are held against this year's opening ones.
    """
    return Findings(_all(Books(document), previous))


def _all(books: Books, previous: Document | None) -> Iterator[Finding]:
    document, used = books.document, declared.used_accounts(books)
    yield from form.records(books)
    yield from form.balances(books)
    yield from form.order(document)
    yield from form.years(document)
    yield from totals.vouchers(document)
    yield from closing.accounts(books)
    yield from closing.previous_year(books)
    yield from closing.classes(books)
    yield from periods.months(books)
    yield from periods.objects(books)
    yield from totals.years(books)
    yield from totals.opening(books)
    yield from totals.repeated(document)
    yield from series.numbers(document)
    yield from series.dates(document)
    yield from series.rows(document)
    yield from declared.accounts(document, used)
    yield from declared.codes(document, used)
    yield from declared.types(document)
    yield from declared.parents(document)
    yield from declared.objects(document)
    if previous is not None:
        yield from against(books, previous)
