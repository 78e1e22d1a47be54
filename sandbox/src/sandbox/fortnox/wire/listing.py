"""Lists: the envelope, pages, filters by substring, `lastmodified`, sorting (facts 3 and 14)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from starlette.responses import Response

from sandbox.fortnox import clock
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.answers import answer
from sandbox.fortnox.wire.call import Call

DEFAULT_LIMIT, MOST = 100, 500

T = TypeVar("T")
Record = dict[str, Any]


class Modified(Protocol):
    """Anything that knows when it last changed."""

    @property
    def modified(self) -> datetime: ...


M = TypeVar("M", bound=Modified)


def page(call: Call, key: str, records: Sequence[T], render: Callable[[T], Record]) -> Response:
    """The page that was asked for. Beyond the end the true total is not told; an offset leaves the page number at 1."""
    limit = _bounded(call, "limit", DEFAULT_LIMIT)
    number, offset = max(call.integer("page") or 1, 1), max(call.integer("offset") or 0, 0)
    start = offset + (number - 1) * limit
    chosen = records[start : start + limit]
    if not chosen:
        return answer({"MetaInformation": _meta(0, 0, 1), key: []})
    meta = _meta(len(records), math.ceil(len(records) / limit), number)
    return answer({"MetaInformation": meta, key: [hide(call, key, render(record)) for record in chosen]})


def whole(call: Call, key: str, records: Sequence[T], render: Callable[[T], Record]) -> Response:
    """A list that knows no pages."""
    meta = _meta(len(records), 1 if records else 0, 1)
    return answer({"MetaInformation": meta, key: [hide(call, key, render(record)) for record in records]})


def single(call: Call, key: str, record: Record, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    return answer({key: hide(call, key, record)}, status, more)


def hide(call: Call, key: str, record: Record) -> Record:
    """Fields to which a right or licence is missing come as the string API_NORIGHT (fact 14)."""
    for name in call.company.profile.hidden_fields:
        resource, _, field = name.partition(".")
        if key in {resource, resource + "s"} and field in record:
            record[field] = "API_NORIGHT"
    return record


def _meta(total: int, pages: int, current: int) -> Record:
    return {"@TotalResources": total, "@TotalPages": pages, "@CurrentPage": current}


def _bounded(call: Call, name: str, default: int) -> int:
    """A limit outside 1–500 is moved inside: the meta data tells the true pages, so that a pager still works."""
    value = call.integer(name)
    return default if value is None else min(max(value, 1), MOST)


def matching(call: Call, records: Iterable[T], texts: Mapping[str, Callable[[T], str]]) -> list[T]:
    """Records whose texts contain what was asked for, case-insensitively (fact 3: `ILIKE '%x%'`)."""
    wanted = [(texts[name], value.casefold()) for name, value in call.query.items() if name in texts and value]
    if not call.world.switches.filters_combined:
        wanted = wanted[:1]
    found = list(records)
    for text, value in wanted:
        found = [record for record in found if value in text(record).casefold()]
    return found


def modified_since(call: Call, records: Iterable[M]) -> list[M]:
    """Narrowed by `lastmodified`, which is Swedish local time (facts 3 and 14)."""
    asked = call.query.get("lastmodified")
    if not asked:
        return list(records)
    try:
        since = clock.from_swedish(asked)
    except ValueError:
        raise errors.bad_parameter() from None
    return [record for record in records if record.modified >= since]


def between(
    call: Call, records: Iterable[T], day: Callable[[T], date | None], first: str = "fromdate", last: str = "todate"
) -> list[T]:
    """Narrowed to a period; records without a date are in none."""
    start, end = call.day(first) or date.min, call.day(last) or date.max
    if (start, end) == (date.min, date.max):
        return list(records)
    return [record for record in records if start <= (day(record) or date.max) <= end and day(record)]


def in_order(call: Call, records: list[T], keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """Sorted as `sortby` and `sortorder` say; an order that isn't known is not an error, it is not there."""
    descending = call.query.get("sortorder") == "descending"
    key = keys.get(call.query.get("sortby", ""))
    if key is None:
        return records[::-1] if descending else records
    return sorted(records, key=key, reverse=descending)
