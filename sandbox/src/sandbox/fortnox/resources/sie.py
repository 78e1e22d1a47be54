"""`/3/sie/{type}`: the books as a SIE file, bytes as they are (fact 4)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fortnox.books.export import Wish, compose
from sandbox.fortnox.books.model import FinancialYear
from sandbox.fortnox.wire import answers, errors
from sandbox.fortnox.wire.call import Call, get

MOST_EXPORTS = 6  # composed files that are kept per company


def export(call: Call) -> Response:
    """The file as the books are now; composed once as long as nothing changes."""
    if call.path["kind"] not in {"1", "2", "3", "4"}:
        raise errors.no_such_route()
    if "application/octet-stream" in call.headers.get("accept", ""):
        raise errors.response_type()  # fact 0.7
    year = call.year()
    wish = _wish(call, year)
    company, switches, today = call.company, call.world.switches, call.world.clock.today()
    style = (switches.sie_encoding, switches.sie_program_version, switches.sie_escapes_backslash)
    key = (year.id, wish, today, *style, *company.books.version(company.profile.years))
    if key not in company.exports:
        if len(company.exports) >= MOST_EXPORTS:
            company.exports.clear()
        company.exports[key] = compose(company, year, wish, today, switches)
    return answers.octets(company.exports[key], switches.sie_content_type)


def _wish(call: Call, year: FinancialYear) -> Wish:
    start, end = call.day("fromdate") or year.start, call.day("todate") or year.end
    if not year.contains(start):
        raise errors.start_outside_year()
    unused = {"true": True, "false": False, "": None}.get(call.query.get("exportall", ""))
    return Wish(int(call.path["kind"]), start, min(end, year.end), _selection(call), unused)


def _selection(call: Call) -> tuple[tuple[str, int, int], ...]:
    """`A,20,24;B,5,9`; an incomplete interval is an error."""
    chosen = []
    for part in filter(None, call.query.get("selection", "").split(";")):
        fields = part.split(",")
        if len(fields) != 3 or not (fields[1].isdecimal() and fields[2].isdecimal()):
            raise errors.bad_parameter()
        chosen.append((fields[0], int(fields[1]), int(fields[2])))
    return tuple(chosen)


ENDPOINTS = [get("sie/{kind}", "bookkeeping", export)]
