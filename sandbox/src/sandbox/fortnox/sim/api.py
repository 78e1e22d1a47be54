"""The control interface. There is no authentication: the simulator listens on the loopback only, with made-up books."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError, validate_call
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import sie
from sandbox.fortnox.books.model import Voucher
from sandbox.fortnox.founding import Wanted, found
from sandbox.fortnox.ledger import oracle
from sandbox.fortnox.ledger.model import Kind
from sandbox.fortnox.oauth.grants import Application
from sandbox.fortnox.sim import edits, ledger_edits, misdeeds, truth
from sandbox.fortnox.world import World

Action = Callable[[World, Request, bytes], Any]

EDITS: dict[str, Callable[..., Any]] = {
    edit.__name__: validate_call(config={"arbitrary_types_allowed": True})(edit)
    for edit in (
        edits.anonymise,
        edits.book_voucher,
        edits.carry_balances,
        edits.change_account,
        edits.change_licence,
        edits.change_object,
        edits.change_series,
        edits.correct_voucher,
        edits.delete_last_voucher,
        edits.describe_voucher,
        edits.hide_field,
        edits.kill_access_tokens,
        edits.lock_period,
        edits.preset_account,
        edits.revoke_consent,
        edits.strike_voucher,
        ledger_edits.book_invoice,
        ledger_edits.book_payment,
        ledger_edits.cancel_invoice,
        ledger_edits.create_invoice,
        ledger_edits.delete_payment,
        ledger_edits.pay_invoice,
        ledger_edits.settle,
        misdeeds.bring_over,
        misdeeds.change_opening,
        misdeeds.misbook,
        misdeeds.move_to_next_year,
        misdeeds.pay_without_booking,
    )
}


def routes(world: World) -> list[Route]:
    """Everything under /_sim."""
    table: list[tuple[str, str, Action]] = [
        ("GET", "", _about),
        ("GET", "companies", lambda w, *_: [truth.company(c) for c in w.companies.values()]),
        ("POST", "companies", _add_company),
        ("GET", "applications", lambda w, *_: sorted(w.grants.applications)),
        ("POST", "applications", _add_application),
        ("GET", "clock", lambda w, *_: _clock(w)),
        ("POST", "clock", _move_clock),
        ("GET", "switches", lambda w, *_: asdict(w.switches)),
        ("PUT", "switches", _switch),
        ("GET", "faults", lambda w, *_: [asdict(fault) for fault in w.faults.plans]),
        ("POST", "faults", lambda w, _, body: asdict(w.faults.plan(**json.loads(body)))),
        ("DELETE", "faults", lambda w, *_: w.faults.clear()),
        ("GET", "calls", _calls),
        ("DELETE", "calls", lambda w, *_: w.journal.clear()),
        ("GET", "rate", lambda w, *_: _rate(w)),
        ("GET", "vouchers", _vouchers),
        ("GET", "ledger", _ledger),
        ("POST", "edits/{name}", _edit),
    ]
    return [_route(world, *entry) for entry in table]


def _route(world: World, method: str, path: str, action: Action) -> Route:
    async def serve(request: Request) -> Response:
        try:
            return JSONResponse(action(world, request, await request.body()))
        except ValidationError as error:
            return JSONResponse({"error": error.errors(include_url=False, include_context=False)}, 400)
        except (LookupError, TypeError, ValueError, sie.SieError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return Route(f"/_sim/{path}".rstrip("/"), serve, methods=[method])


def _about(world: World, *_: object) -> Any:
    return {"simulator": "fortnox", "companies": sorted(world.companies), "now": world.clock.now().isoformat()}


def _add_company(world: World, request: Request, body: bytes) -> Any:
    """The body is the SIE file; what is wanted besides stands in the query (`invoices` as JSON)."""
    query: dict[str, Any] = dict(request.query_params)
    if "invoices" in query:
        query["invoices"] = json.loads(query["invoices"])
    return truth.company(found(world, body, TypeAdapter(Wanted).validate_python(query)))


def _add_application(world: World, _: Request, body: bytes) -> Any:
    application = TypeAdapter(Application).validate_json(body)
    world.grants.register(application)
    return {"id": application.id}


def _clock(world: World) -> Any:
    return {"now": world.clock.now().isoformat(), "offset_seconds": world.clock.offset.total_seconds()}


def _move_clock(world: World, _: Request, body: bytes) -> Any:
    wish = json.loads(body)
    if "set" in wish:
        world.clock.set(datetime.fromisoformat(wish["set"]))
    world.clock.advance(wish.get("advance", 0))
    world.keep_settings()
    return _clock(world)


def _switch(world: World, _: Request, body: bytes) -> Any:
    for name, value in json.loads(body).items():
        world.switches.set(name, value)
    world.keep_settings()
    return asdict(world.switches)


def _calls(world: World, request: Request, _: bytes) -> Any:
    return [asdict(entry) for entry in world.journal.since(int(request.query_params.get("since", 0)))]


def _rate(world: World) -> Any:
    """By company, over all clients; the largest window is that of one client, as Fortnox counts."""
    figures: dict[str, dict[str, int]] = {}
    for (_, tenant), rate in world.journal.rates.items():
        of = figures.setdefault(str(tenant), dict.fromkeys(_RATE_FIGURES, 0))
        of["calls"] += rate.arrived.calls
        of["too_many_requests"] += rate.refused.calls
        of["largest_window"] = max(of["largest_window"], rate.arrived.largest)
        of["largest_accepted_window"] = max(of["largest_accepted_window"], rate.accepted.largest)
    return figures


_RATE_FIGURES = ("calls", "largest_window", "largest_accepted_window", "too_many_requests")


def _vouchers(world: World, request: Request, _: bytes) -> Any:
    query = request.query_params
    company = world.companies[int(query["tenant"])]
    year, series = query.get("financial_year"), query.get("series")

    def asked(voucher: Voucher) -> bool:
        return year in {None, str(voucher.year)} and series in {None, voucher.series}

    gone = [(v, at) for v, at in company.books.gone if asked(v)] if query.get("gone") == "true" else []
    return truth.vouchers(filter(asked, company.books), gone)


def _ledger(world: World, request: Request, _: bytes) -> Any:
    query: Mapping[str, str] = request.query_params
    company = world.companies[int(query["tenant"])]
    return oracle.as_of(company, Kind(query["kind"]), date.fromisoformat(query["date"]))


def _edit(world: World, request: Request, body: bytes) -> Any:
    """Another person's doing; the arguments as JSON, the company among them."""
    arguments = json.loads(body)
    company = world.companies[int(arguments.pop("tenant"))]
    edit = EDITS.get(request.path_params["name"])
    if edit is None:
        raise LookupError(f"no such edit; there are {', '.join(EDITS)}")
    return edit(world, company, **arguments)
