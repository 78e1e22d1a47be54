"""Voucher numbers, dates and the rows of vouchers."""

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sie import values
from sie.document import Document
from sie.findings import Finding, finding
from sie.records import voucher_name

NO_NUMBER = -1
"""Of a voucher whose number is a text, or none."""
TOO_LONG = 19
"""So many digits are a text."""


def numbers(document: Document) -> Iterator[Finding]:
    """Each series is unbroken, without repeats and in rising order. A cancelled voucher keeps its number (facts 6)."""
    columns = document.vouchers.columns
    read = _numbers(columns.number.values)
    by_series: defaultdict[int, list[int]] = defaultdict(list)
    for series, code in zip(columns.series.codes, columns.number.codes, strict=True):
        by_series[series].append(read[code])
    broken = {code for code, every in by_series.items() if every != list(range(1, len(every) + 1))}
    if broken:
        places: defaultdict[int, list[int]] = defaultdict(list)
        for i, code in enumerate(columns.series.codes):
            places[code].append(i)
        for code in by_series:
            if code in broken:
                yield from _broken(document, columns.series.values[code], by_series[code], places[code])


def dates(document: Document) -> Iterator[Finding]:
    """Vouchers and rows are dated inside the financial year."""
    if 0 not in document.years:
        return
    first, last = values.to_days(document.years[0].start), values.to_days(document.years[0].end)
    columns, rows = document.vouchers.columns, document.rows
    for i, days in _outside(columns.date, first, last):
        yield finding("voucher-date", found=_day(days), voucher=columns.name(i), line=columns.line[i])
    for i, days in _outside(rows.date, first, last):
        if days != columns.date[rows.voucher[i]]:
            yield finding("row-date", found=_day(days), voucher=columns.name(rows.voucher[i]), line=rows.line[i])


def rows(document: Document) -> Iterator[Finding]:
    """Vouchers without rows, and added rows without their twin."""
    columns = document.vouchers.columns
    if len(set(columns.first_row)) == len(columns.first_row) and not len(document.added):
        return
    for i in range(len(columns)):
        if columns.first_row[i] == columns.first_row[i + 1]:
            is_cancelled = columns.first_struck[i] < columns.first_struck[i + 1]
            code = "voucher-cancelled" if is_cancelled else "voucher-empty"
            yield finding(code, voucher=columns.name(i), line=columns.line[i])
        if columns.first_added[i] < columns.first_added[i + 1]:
            yield from _without_twin(document, i)


def _numbers(texts: list[str]) -> list[int]:
    """Of distinct texts, the first of which is empty."""
    together = "".join(texts)
    if together.isdecimal() and together.isascii() and len(max(texts, key=len)) < TOO_LONG:
        return [NO_NUMBER, *map(int, texts[1:])]
    return [int(text) if text.isdecimal() and text.isascii() and len(text) < TOO_LONG else NO_NUMBER for text in texts]


def _outside(days: "array[int]", first: int, last: int) -> list[tuple[int, int]]:
    """Index and date of those outside the year; few distinct dates stand in many records."""
    wrong = {day for day in set(days) if day != values.NO_DATE and not first <= day <= last}
    return [(i, day) for i, day in enumerate(days) if day in wrong] if wrong else []


def _broken(document: Document, series: str, every: list[int], places: list[int]) -> Iterator[Finding]:
    """The series' vouchers: their numbers as read, and which vouchers they are."""
    columns = document.vouchers.columns
    found = [(n, columns.line[i]) for n, i in zip(every, places, strict=True) if n != NO_NUMBER]
    texts = [(columns.number[i], columns.line[i]) for n, i in zip(every, places, strict=True) if n == NO_NUMBER]
    yield from _repeats(series, found)
    yield from _repeats(series, [(text, line) for text, line in texts if text])
    yield from _order(series, found)
    if not document.is_import:
        yield from _gaps(series, dict(sorted(found)))
        yield from _unnumbered(series, [line for text, line in texts if not text])


def _repeats(series: str, found: Sequence[tuple[int | str, int]]) -> Iterator[Finding]:
    """Each with the line of its second voucher."""
    seen: defaultdict[int | str, list[int]] = defaultdict(list)
    for number, line in found:
        seen[number].append(line)
    for number, lines in seen.items():
        if len(lines) > 1:
            name = voucher_name(series, number)
            yield finding("voucher-repeated", expected=1, found=len(lines), voucher=name, line=lines[1])


def _unnumbered(series: str, lines: list[int]) -> Iterator[Finding]:
    """Only the receiver of an import file gives the numbers (§8.21)."""
    if lines:
        yield finding("voucher-unnumbered", found=len(lines), series=series, line=lines[0])


def _order(series: str, found: list[tuple[int, int]]) -> Iterator[Finding]:
    for (before, _), (number, line) in pairwise(found):
        if number < before:
            name = voucher_name(series, number)
            yield finding("voucher-order", expected=before, found=number, voucher=name, series=series, line=line)
            return


def _gaps(series: str, lines: Mapping[int, int]) -> Iterator[Finding]:
    """By the numbers in rising order and their lines; a gap is where the next number stands."""
    if lines and (first := next(iter(lines))) > 1:
        yield finding("series-start", expected=1, found=first, series=series, line=lines[first])
    for before, number in pairwise(lines):
        if number > before + 1:
            missing = f"{before + 1}" if number == before + 2 else f"{before + 1}–{number - 1}"
            yield finding("voucher-gap", expected=missing, series=series, line=lines[number])


def _without_twin(document: Document, voucher: int) -> Iterator[Finding]:
    """Twins are alike in account, objects and amount; date and signature differ in real files (facts 6)."""
    columns, added = document.vouchers.columns, document.added
    booked = range(columns.first_row[voucher], columns.first_row[voucher + 1])
    twins = Counter(document.rows.likeness(i) for i in booked)
    at_line = {document.rows.line[i]: document.rows.likeness(i) for i in booked}
    lines = sorted(at_line)
    for i in range(columns.first_added[voucher], columns.first_added[voucher + 1]):
        key, line = added.likeness(i), added.line[i]
        twins[key] -= 1
        code = "added-without-twin" if twins[key] < 0 else "added-apart"
        next_row = bisect_right(lines, line)
        if twins[key] < 0 or (line and (next_row == len(lines) or at_line[lines[next_row]] != key)):
            yield finding(code, account=added.account[i], voucher=columns.name(voucher), line=line)


def _day(days: int) -> str:
    return str(values.to_date(days))
