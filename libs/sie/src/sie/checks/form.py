"""Whether the file has the records that its type wants, in their order (§5.12, §6)."""

from collections.abc import Iterator
from datetime import timedelta

from sie.checks.books import Books, first_line
from sie.document import Document
from sie.findings import Finding, finding
from sie.headers import HEADERS
from sie.kinds import ALLOWED, COMPULSORY
from sie.values import month_of

_GROUPS = (
    ("FLAGGA",),
    tuple(label for label in (*HEADERS, "RAR") if label != "FLAGGA"),
    ("KONTO", "KTYP", "ENHET", "SRU", "DIM", "UNDERDIM", "OBJEKT"),
    ("IB", "UB", "RES", "OIB", "OUB", "PSALDO", "PBUDGET", "VER"),
)
_MAY_BE_ZERO = frozenset({"IB", "UB", "RES", "PSALDO", "PBUDGET", "OIB", "OUB"})
"""Zero balances may be left out, so that none of these can be missed by itself (§5.17)."""
_LONGEST_YEAR = timedelta(days=550)
"""18 months (Bokföringslagen 3 kap. 3 §)."""


def records(books: Books) -> Iterator[Finding]:
    """Only for a document that was read: a built one gets its compulsory records when it is written."""
    document, kind = books.document, books.kind
    if not document.counts:
        return
    present = document.counts.keys()
    for label in sorted(COMPULSORY[kind] - present - _MAY_BE_ZERO):
        yield finding("record-missing", expected=f"#{label}", label=label, kind=kind)
    for label in sorted(present - ALLOWED[kind]):
        yield finding("record-not-allowed", found=f"#{label}", label=label, kind=kind, line=first_line(document, label))
    if document.years and 0 not in document.years and books.demands("RAR"):
        yield finding("year-missing", expected="#RAR 0", kind=kind, line=first_line(document, "RAR"))
    if document.header.flag == "1":
        yield finding("already-imported", expected="0", found="1", line=first_line(document, "FLAGGA"))


def balances(books: Books) -> Iterator[Finding]:
    """#UB of the year must exist, and of #IB and the previous year's #UB one, if there was a previous year (§5.16)."""
    ledger, kind = books.ledger, books.kind
    if not books.document.counts or not books.demands("UB"):
        return
    if ledger.is_empty():
        yield finding("balances-missing", kind=kind)
        return
    if books.lacks_closing:
        yield finding("closing-missing", expected="#UB 0", kind=kind)
    if -1 in books.document.years and not ledger.opening():
        yield finding("opening-missing", expected="#IB 0", kind=kind)


def order(document: Document) -> Iterator[Finding]:
    """Flag, identification, accounts, then balances and vouchers; the order inside a group is free."""
    places = document.places
    last_line, last_label = 0, ""
    for group in _GROUPS:
        found = {label: places[label] for label in group if label in places}
        if not found:
            continue
        earliest = min(found, key=lambda label: found[label][0])
        if found[earliest][0] < last_line:
            yield finding("order", found=last_label, label=earliest, line=found[earliest][0])
        latest = max(found, key=lambda label: found[label][1])
        if found[latest][1] > last_line:
            last_line, last_label = found[latest][1], latest


def years(document: Document) -> Iterator[Finding]:
    for year in document.years.values():
        span = f"{year.start}–{year.end}"
        if year.end < year.start:
            yield finding("year-impossible", expected=span, year=year.index, line=year.line)
        elif year.end - year.start > _LONGEST_YEAR:
            yield finding("year-long", found=span, year=year.index, line=year.line)
    this, previous = document.years.get(0), document.years.get(-1)
    if this and previous and (expected := this.start - timedelta(days=1)) != previous.end:
        yield finding("years-apart", expected=str(expected), found=str(previous.end), line=previous.line)
    covers_to = document.header.covers_to
    if this and covers_to and not this.start <= covers_to <= this.end:
        yield finding("covers-outside-year", found=str(covers_to), line=first_line(document, "OMFATTN"))
    yield from _periods(document)


def _periods(document: Document) -> Iterator[Finding]:
    """Months of #PSALDO and #PBUDGET that are not of their year, said once per account and month."""
    columns = document.balances
    seen = set[tuple[str, int]]()
    for i, period in enumerate(columns.period):
        year = document.years.get(columns.year[i])
        if period and year and not month_of(year.start) <= period <= month_of(year.end):
            key = (columns.account[i], period)
            if key not in seen:
                seen.add(key)
                yield finding("period-outside-year", account=key[0], period=period, line=columns.line[i])
