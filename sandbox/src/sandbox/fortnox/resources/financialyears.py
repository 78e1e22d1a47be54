"""`/3/financialyears`: newest first; Ids are no calendar years; a date without a year is an empty list (fact 4)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.books.model import FinancialYear
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, page, single


def index(call: Call) -> Response:
    day = call.day("date")
    years = [year for year in call.company.years if day is None or year.contains(day)]
    return page(call, "FinancialYears", years, lambda year: _record(call, year))


def show(call: Call) -> Response:
    number = call.path["id"]
    year = call.company.profile.years.get(int(number)) if number.isdecimal() else None
    if year is None:
        raise errors.Refusal(404, 2000729, "A valid identifier was not provided.")
    return single(call, "FinancialYear", _record(call, year))


def _record(call: Call, year: FinancialYear) -> Record:
    return {
        "@url": call.url(f"financialyears/{year.id}"),
        "Id": year.id,
        "FromDate": year.start.isoformat(),
        "ToDate": year.end.isoformat(),
        "AccountChartType": call.company.profile.chart,
        "AccountingMethod": call.company.profile.method,
    }


ENDPOINTS = [get("financialyears", "bookkeeping", index), get("financialyears/{id}", "bookkeeping", show)]
