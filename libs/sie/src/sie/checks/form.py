"""Whether the file has the records that its type wants, in their order (§5.12, §6)."""

from collections.abc import Iterator
from datetime import date, timedelta

from sie.document import Document
from sie.findings import Finding, finding
from sie.headers import HEADERS
from sie.kinds import ALLOWED, COMPULSORY, Kind

_GROUPS = (
    ("FLAGGA",),
    tuple(label for label in (*HEADERS, "RAR") if label != "FLAGGA"),
    ("KONTO", "KTYP", "ENHET", "SRU", "DIM", "UNDERDIM", "OBJEKT"),
    ("IB", "UB", "RES", "OIB", "OUB", "PSALDO", "PBUDGET", "VER"),
)
_BALANCES = frozenset({"IB", "UB", "RES"})
_MAY_BE_ZERO = _BALANCES | {"PSALDO", "PBUDGET", "OIB", "OUB"}
"""Zero balances may be left out, so that none of these can be missed by itself (§5.17)."""
_LONGEST_YEAR = timedelta(days=550)
"""18 months (Bokföringslagen 3 kap. 3 §)."""


def kind_of(document: Document) -> Kind:
    kinds: dict[int, Kind] = {1: "1", 2: "2", 3: "3", 4: "4I" if document.is_import else "4E"}
    return kinds[document.kind]


def records(document: Document) -> Iterator[Finding]:
    """Only for a document that was read: a built one gets its compulsory records when it is written."""
    if not document.counts:
        return
    kind = kind_of(document)
    present = document.counts.keys()
    for label in sorted(COMPULSORY[kind] - present - _MAY_BE_ZERO):
        yield finding("record-missing", expected=f"#{label}", label=label, kind=kind)
    for label in sorted(present - ALLOWED[kind]):
        yield finding("record-not-allowed", found=f"#{label}", label=label, kind=kind)
    if COMPULSORY[kind] >= _BALANCES and not _BALANCES & present:
        yield finding("balances-missing", kind=kind)
    if document.header.flag == "1":
        yield finding("already-imported", expected="0", found="1")


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
            yield finding("year-impossible", expected=span, year=year.index)
        elif year.end - year.start > _LONGEST_YEAR:
            yield finding("year-long", found=span, year=year.index)
    if 0 in document.years and -1 in document.years:
        expected = document.years[0].start - timedelta(days=1)
        if document.years[-1].end != expected:
            yield finding("years-apart", expected=str(expected), found=str(document.years[-1].end))
    yield from _periods(document)


def _periods(document: Document) -> Iterator[Finding]:
    """Months of #PSALDO and #PBUDGET that are not of their year, said once per account and month."""
    columns = document.balances
    seen = set[tuple[str, int]]()
    for i, period in enumerate(columns.period):
        year = document.years.get(columns.year[i])
        if period and year and not _month(year.start) <= period <= _month(year.end):
            key = (columns.account[i], period)
            if key not in seen:
                seen.add(key)
                yield finding("period-outside-year", account=key[0], period=period, line=columns.line[i])


def _month(day: date) -> int:
    return day.year * 100 + day.month
