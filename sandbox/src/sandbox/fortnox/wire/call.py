"""One call as a resource sees it, and the declaration of resources."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.responses import Response

from sandbox.fortnox.books.model import FinancialYear
from sandbox.fortnox.company import Company
from sandbox.fortnox.wire import errors
from sandbox.fortnox.world import World


@dataclass(slots=True)
class Call:
    """A call that has passed the gateway."""

    world: World
    company: Company
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str

    def json(self, wrapper: str) -> dict[str, Any]:
        """The record inside its wrapper, as `{"Voucher": {...}}`."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise errors.content_type()
        try:
            body = json.loads(self.body)
        except ValueError:
            raise errors.broken_json() from None
        record = body.get(wrapper) if isinstance(body, dict) else None
        if not isinstance(record, dict):
            raise errors.wrong_data()
        return record

    def integer(self, name: str) -> int | None:
        value = self.query.get(name)
        if value is None or value == "":
            return None
        if not value.lstrip("-").isdecimal():
            raise errors.not_numeric(name)
        return int(value)

    def day(self, name: str) -> date | None:
        value = self.query.get(name)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise errors.bad_parameter() from None

    def year(self) -> FinancialYear:
        """The year asked for by `financialyear` (an Id) or `financialyeardate`, else the current one."""
        return self.asked_year() or self.company.current_year(self.world.clock.today())

    def asked_year(self) -> FinancialYear | None:
        """The year asked for, if one is; an Id that doesn't exist is refused, as is a date without a year."""
        years = self.company.profile.years
        number, day = self.integer("financialyear"), self.day("financialyeardate")
        if number is not None:
            if number not in years:
                switches = self.world.switches
                raise errors.Refusal(
                    switches.unknown_year_status, switches.unknown_year_code, "A valid identifier was not provided."
                )
            return years[number]
        if day is not None:
            year = self.company.year_of(day)
            if year is None:
                raise errors.no_year_for_date()
            return year
        return None

    def url(self, path: str) -> str:
        """The `@url` of a record."""
        return f"{self.base_url}/3/{path}"


Handler = Callable[[Call], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method and path under /3/, and the scope that it needs (fact 2)."""

    method: str
    path: str
    scope: str
    handler: Handler


def get(path: str, scope: str, handler: Handler) -> Endpoint:
    return Endpoint("GET", path, scope, handler)
