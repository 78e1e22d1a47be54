"""`/3/voucherseries`: the series of one financial year (fact 6.3)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.books.model import FinancialYear, Series
from sandbox.fortnox.wire import errors
from sandbox.fortnox.wire.call import Call, get
from sandbox.fortnox.wire.listing import Record, page, single


def index(call: Call) -> Response:
    year = call.year()
    series = sorted(year.series.values(), key=lambda s: s.code)
    return page(call, "VoucherSeriesCollection", series, lambda s: _item(call, year, s))


def show(call: Call) -> Response:
    year = call.year()
    series = year.series.get(call.path["code"])
    if series is None:
        raise errors.Refusal(404, 2000729, "A valid identifier was not provided.")
    following = call.company.books.next_number(year.id, series.code)
    return single(call, "VoucherSeries", {**_item(call, year, series), "NextVoucherNumber": following})


def _item(call: Call, year: FinancialYear, series: Series) -> Record:
    return {
        "@url": call.url(f"voucherseries/{series.code}?financialyear={year.id}"),
        "Approver": None,
        "Code": series.code,
        "Description": series.name,
        "Manual": series.manual,
        "Year": year.id,
    }


ENDPOINTS = [get("voucherseries", "bookkeeping", index), get("voucherseries/{code}", "bookkeeping", show)]
