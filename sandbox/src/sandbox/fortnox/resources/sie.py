"""`/3/sie/{type}`: the books as a SIE file, bytes as they are (fact 4)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.responses import Response

from sandbox.fortnox.books.export import Wish, compose, written
from sandbox.fortnox.books.model import FinancialYear
from sandbox.fortnox.wire import answers, errors
from sandbox.fortnox.wire.call import Call, get

MOST_EXPORTS = 6  # composed files that are kept per company


async def export(call: Call) -> Response:
    """The file as the books are now; composed once as long as nothing changes."""
    if call.path["kind"] not in {"1", "2", "3", "4"}:
        raise errors.no_such_route()
    if "application/octet-stream" in call.headers.get("accept", ""):
        raise errors.response_type()  # fact 0.7
    year = call.year()
    wish = _wish(call, year)
    kept, state = call.company.exports, _state(call, year, wish)
    if state not in kept:
        data = await _composed(call, year, wish)
        if len(kept) >= MOST_EXPORTS:
            kept.clear()
        state = _state(call, year, wish)
        kept[state] = data
    return answers.octets(kept[state], call.world.switches.sie_content_type)


async def _composed(call: Call, year: FinancialYear, wish: Wish) -> bytes:
    """Composed beside the event loop. If the books changed meanwhile, once more on it, where they can't."""
    before = _state(call, year, wish)
    with suppress(RuntimeError):  # a dictionary that changed while it was gone through
        data = await asyncio.to_thread(_file, call, year, wish)
        if _state(call, year, wish) == before:
            return data
    return _file(call, year, wish)


def _file(call: Call, year: FinancialYear, wish: Wish) -> bytes:
    switches = call.world.switches
    return written(compose(call.company, year, wish, call.world.clock.today(), switches), switches.sie_encoding)


def _state(call: Call, year: FinancialYear, wish: Wish) -> tuple[object, ...]:
    """All that the file depends on."""
    switches, company = call.world.switches, call.company
    style = (switches.sie_encoding, switches.sie_program_version, switches.sie_escapes_backslash)
    return year.id, wish, call.world.clock.today(), *style, *company.books.version(company.profile.years)


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
