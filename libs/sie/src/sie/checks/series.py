"""Voucher numbers, dates and the rows of vouchers."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from sie import values
from sie.document import Document
from sie.findings import Finding, finding


def numbers(document: Document) -> Iterator[Finding]:
    """Each series is unbroken, without repeats and in rising order. A cancelled voucher keeps its number (facts 6)."""
    columns = document.vouchers.columns
    by_series: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for series, number, line in zip(columns.series, columns.number, columns.line, strict=True):
        if number.isdecimal() and number.isascii() and len(number) < 19:
            by_series[series].append((int(number), line))
    for series, found in by_series.items():
        yield from _repeats(series, found)
        yield from _order(series, found)
        if not document.is_import:
            yield from _gaps(series, sorted({number for number, _ in found}))


def dates(document: Document) -> Iterator[Finding]:
    """Vouchers and rows are dated inside the financial year."""
    if 0 not in document.years:
        return
    first, last = values.to_days(document.years[0].start), values.to_days(document.years[0].end)
    columns, rows = document.vouchers.columns, document.rows
    for i, days in enumerate(columns.date):
        if days != values.NO_DATE and not first <= days <= last:
            yield finding("voucher-date", found=_day(days), voucher=_name(document, i), line=columns.line[i])
    for i, days in enumerate(rows.date):
        if days != values.NO_DATE and not first <= days <= last and days != columns.date[rows.voucher[i]]:
            yield finding("row-date", found=_day(days), voucher=_name(document, rows.voucher[i]), line=rows.line[i])


def rows(document: Document) -> Iterator[Finding]:
    """Vouchers without rows, and added rows without their twin."""
    columns = document.vouchers.columns
    for i in range(len(columns)):
        if columns.first_row[i] == columns.first_row[i + 1]:
            is_cancelled = columns.first_struck[i] < columns.first_struck[i + 1]
            code = "voucher-cancelled" if is_cancelled else "voucher-empty"
            yield finding(code, voucher=_name(document, i), line=columns.line[i])
        if columns.first_added[i] < columns.first_added[i + 1]:
            yield from _without_twin(document, i)


def _repeats(series: str, found: list[tuple[int, int]]) -> Iterator[Finding]:
    lines = dict(found)
    for number, times in Counter(number for number, _ in found).items():
        if times > 1:
            yield finding(
                "voucher-repeated", expected=1, found=times, voucher=f"{series} {number}".strip(), line=lines[number]
            )


def _order(series: str, found: list[tuple[int, int]]) -> Iterator[Finding]:
    for (before, _), (number, line) in pairwise(found):
        if number < before:
            name = f"{series} {number}".strip()
            yield finding("voucher-order", expected=before, found=number, voucher=name, series=series, line=line)
            return


def _gaps(series: str, ordered: list[int]) -> Iterator[Finding]:
    if ordered[0] > 1:
        yield finding("series-start", expected=1, found=ordered[0], series=series)
    for before, number in pairwise(ordered):
        if number > before + 1:
            missing = f"{before + 1}" if number == before + 2 else f"{before + 1}–{number - 1}"
            yield finding("voucher-gap", expected=missing, series=series)


def _without_twin(document: Document, voucher: int) -> Iterator[Finding]:
    """Twins are alike in account, objects and amount; date and signature differ in real files (facts 6)."""
    columns, booked, added = document.vouchers.columns, document.rows, document.added
    twins = Counter(
        (booked.account.codes[i], booked.objects.codes[i], booked.amount[i])
        for i in range(columns.first_row[voucher], columns.first_row[voucher + 1])
    )
    for i in range(columns.first_added[voucher], columns.first_added[voucher + 1]):
        key = (added.account.codes[i], added.objects.codes[i], added.amount[i])
        twins[key] -= 1
        if twins[key] < 0:
            yield finding(
                "added-without-twin", account=added.account[i], voucher=_name(document, voucher), line=added.line[i]
            )


def _name(document: Document, voucher: int) -> str:
    columns = document.vouchers.columns
    return f"{columns.series[voucher]} {columns.number[voucher]}".strip()


def _day(days: int) -> str:
    return str(values.to_date(days))
