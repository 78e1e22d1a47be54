"""Reads lists page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from fortnox._answers import Answer, content_of
from fortnox._errors import UnreadableAnswer
from fortnox._resources import Resource
from fortnox._wire import Integer, Wire, parse_record

SWEDEN = ZoneInfo("Europe/Stockholm")
QueryValue = str | int | bool | date | datetime | None

T = TypeVar("T", bound=Wire)


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, and what Fortnox said about the whole when it was read.

    Beyond the end `total` and `pages` are 0, whatever the list holds (fact 14). A `total` that differs
    from another page's means that the list changed in between: records may be missing or twice.
    """

    items: list[T]
    number: int
    total: int
    pages: int

    @property
    def last(self) -> bool:
        return self.number >= self.pages


class _MetaInformation(Wire):
    total_resources: Integer = Field(alias="@TotalResources")
    total_pages: Integer = Field(alias="@TotalPages")


def query_of(resource: Resource[Any], number: int, limit: int, query: Mapping[str, QueryValue]) -> dict[str, str]:
    """The query as Fortnox reads it. Raises `TypeError` for a parameter that the list doesn't know."""
    if unknown := query.keys() - resource.queries:
        raise TypeError(f"{resource.path} has no {', '.join(sorted(unknown))}")
    if not 1 <= limit <= 500 or number < 1:
        raise ValueError("limit is 1 to 500, pages start at 1 (Fortnox fact 3)")
    words = {name: written(value) for name, value in query.items() if value is not None}
    return words | {"limit": str(limit), "page": str(number)} if resource.paged else words


def written(value: QueryValue) -> str:
    """A query value; times are Swedish local time to the second (fact 14)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(SWEDEN).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)


def page_of(resource: Resource[T], answer: Answer, number: int, limit: int) -> Page[T]:
    """The page in an answer; raises `UnreadableAnswer` or `NotAllowed` naming the field."""
    content = content_of(answer)
    found = {name.lower(): value for name, value in content.items()}
    rows = found.get(resource.key.lower())
    if not isinstance(rows, list):
        raise UnreadableAnswer(answer.call, field=resource.key, **answer.known())
    items = [
        parse_record(resource.model, row, call=answer.call, where=f"{resource.key}.{position}", **answer.known())
        for position, row in enumerate(rows)
    ]
    if "metainformation" not in found:
        if resource.paged and len(items) >= limit:
            raise UnreadableAnswer(answer.call, field="MetaInformation", **answer.known())
        return Page(items, number, total=len(items), pages=1)
    meta = parse_record(
        _MetaInformation, found["metainformation"], call=answer.call, where="MetaInformation", **answer.known()
    )
    return Page(items, number, total=meta.total_resources, pages=meta.total_pages)
