"""The connector's interface for the other services and for the product's server: JSON, keys with scopes."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response

from common.http import only
from common.leases import HandBackRequest, Lease, LeaseRequest
from common.openapi import examples, problem_responses
from common.service import Runtime, current_runtime
from connector import examples as ex
from connector import problems, repeated
from connector.ending import Ending
from connector.leases import Leasing
from connector.lookups import Lookups
from connector.lookups import problems as lookup_problems
from connector.lookups.answers import CompanyAnswer, FinancialYears, LockedPeriod, VoucherSeries
from connector.lookups.years import Day, wished_year
from connector.opening import Opening
from connector.settings import ConnectorSettings
from connector.views import ConnectionPage, ConnectionView, Views
from connector.wishes import PRINTABLE, Begun, ConnectRequest, SessionState

router = APIRouter(prefix="/v1", generate_unique_id_function=lambda route: route.name)


IN_USE = (
    problems.UNKNOWN,
    problems.REMOVED,
    problems.LOST,
    problems.LICENCE_GONE,
    problems.MISCONFIGURED,
    problems.KEY_MISSING,
    problems.FORTNOX_AWAY,
    problems.UNREADABLE,
)


class Parts:
    """What the routes talk to."""

    def __init__(self, runtime: Runtime[ConnectorSettings]) -> None:
        self.leasing: Leasing = runtime.parts[Leasing]
        self.opening: Opening = runtime.parts[Opening]
        self.ending: Ending = runtime.parts[Ending]
        self.views: Views = runtime.parts[Views]
        self.lookups: Lookups = runtime.parts[Lookups]


async def having(request: Request) -> Parts:
    """The parts. A coroutine function, since FastAPI would hand a plain one, or a class, to a thread each time."""
    return Parts(await current_runtime(request))


def shown(value: object) -> dict[str, Any]:
    """An example of a parameter."""
    return {"example": {"value": value if isinstance(value, int) else str(value)}}


def bodies(**models: Any) -> dict[str, Any]:
    """Examples of a request's body."""
    return {name: {"value": ex.sent(model)} for name, model in models.items()}


Having = Annotated[Parts, Depends(having)]
ConnectionId = Annotated[UUID, Path(openapi_examples=shown(ex.CONNECTION_ID))]
SessionId = Annotated[UUID, Path(openapi_examples=shown(ex.SESSION_ID))]


@router.post(
    "/leases",
    response_model=Lease,
    dependencies=[only("leases")],
    responses=problem_responses(*IN_USE) | examples(200, given=ex.LEASE, waiting=ex.WAITING),
    tags=["between services"],
)
async def lease(
    request: Annotated[LeaseRequest, Body(openapi_examples=bodies(an_import=ex.LEASE_WISH))], parts: Having
) -> Response:
    """An access token and slots for so many calls. Asking again with the same `lease_id` gives the same lease.

    Without slots, ask again after `wait_seconds`, with the same `lease_id`: it keeps its place in the queue.
    """
    lease = await parts.leasing.lease(request)
    return Response(lease.model_dump_json(), media_type="application/json")  # valid as it is: not checked once more


@router.post("/leases/hand-back", status_code=204, dependencies=[only("leases")], tags=["between services"])
async def hand_back(
    request: Annotated[HandBackRequest, Body(openapi_examples=bodies(one=ex.HANDED_BACK))], parts: Having
) -> None:
    """Hands slots back without wanting more."""
    await parts.leasing.hand_back(request)


@router.post(
    "/connect-sessions",
    status_code=201,
    responses=problem_responses(
        problems.UNKNOWN, problems.REMOVED, problems.ORIGIN_NOT_ALLOWED, problems.REUSED_IDEMPOTENCY_KEY
    )
    | examples(201, begun=ex.BEGUN),
    tags=["connecting"],
)
async def begin(
    request: Annotated[
        ConnectRequest,
        Body(openapi_examples=bodies(popup=ex.WISH, link_to_forward=ex.FORWARDED, reconnecting=ex.RECONNECTING)),
    ],
    parts: Having,
    caller: Annotated[str, only("connect")],
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=200, openapi_examples=shown("uppdrag-4711/2026-01-12/1"))
    ] = None,
) -> Begun:
    """Begins to connect a company: open the one-time `url` in a popup.

    The same `Idempotency-Key` with the same wish gives the same session again, should the answer be lost.
    """
    return await parts.opening.begin(request, repeated.session_id(caller, idempotency_key))


@router.get(
    "/connect-sessions/{session_id}",
    dependencies=[only("connect")],
    responses=problem_responses(problems.SESSION_UNKNOWN) | examples(200, connected=ex.CONNECTED, failed=ex.FAILED),
    tags=["connecting"],
)
async def session(session_id: SessionId, parts: Having) -> SessionState:
    """How far it has come: so that a popup that can't tell loses nothing."""
    return await parts.opening.state(session_id)


@router.get("/connections", dependencies=[only("connect")], responses=examples(200, page=ex.PAGE), tags=["connections"])
async def connections(
    parts: Having,
    reference: Annotated[
        str | None, Query(min_length=1, max_length=200, pattern=PRINTABLE, openapi_examples=shown(ex.REFERENCE))
    ] = None,
    after: Annotated[UUID | None, Query(openapi_examples=shown(ex.CONNECTION_ID))] = None,
    limit: Annotated[int, Query(ge=1, le=200, openapi_examples=shown(50))] = 50,
) -> ConnectionPage:
    """The connections that are not removed: all of them, or those with the product's own reference."""
    return await parts.views.page(reference, after, limit)


@router.get(
    "/connections/{connection_id}",
    dependencies=[only("connect")],
    responses=problem_responses(problems.UNKNOWN, problems.REMOVED, problems.KEY_MISSING)
    | examples(200, without_payments=ex.VIEW),
    tags=["connections"],
)
async def connection(connection_id: ConnectionId, parts: Having) -> ConnectionView:
    """The connection's full state, as its newest event has it, and how it fares."""
    return await parts.views.one(connection_id)


@router.delete(
    "/connections/{connection_id}",
    status_code=204,
    dependencies=[only("connect")],
    responses=problem_responses(problems.UNKNOWN),
    tags=["connections"],
)
async def disconnect(connection_id: ConnectionId, parts: Having) -> None:
    """Disconnects; again, nothing happens.

    With the company's last connection our tokens are revoked at Fortnox and deleted. A service account's consent may
    outlive that: it is tried, and if so `connection.removed` is told once more, with `consent` `remains` and in
    `trouble` what the company can do.
    """
    await parts.ending.disconnect(connection_id)


looking_up = APIRouter(
    prefix="/connections/{connection_id}",
    dependencies=[only("lookups")],
    responses=problem_responses(
        *IN_USE,
        *(error.error(**ex.ABOUT) for error in lookup_problems.REFUSALS.values()),
        lookup_problems.SLOW.error(seconds=20),
    ),
    tags=["look-ups"],
)


@looking_up.get("/company", responses=examples(200, company=ex.COMPANY))
async def company(connection_id: ConnectionId, parts: Having) -> CompanyAnswer:
    """Who the company is, from Fortnox."""
    return await parts.lookups.company(connection_id)


@looking_up.get("/financial-years", responses=examples(200, found=ex.YEARS, other_days=ex.OTHER_YEARS))
async def financial_years(
    connection_id: ConnectionId,
    parts: Having,
    from_date: Annotated[Day | None, Query(alias="from", openapi_examples=shown(ex.FIRST))] = None,
    to_date: Annotated[Day | None, Query(alias="to", openapi_examples=shown(ex.LAST))] = None,
) -> FinancialYears:
    """The financial years. With the first and last day of the product's own: which of them it is, or what differs."""
    return await parts.lookups.financial_years(connection_id, wished_year(from_date, to_date))


@looking_up.get("/voucher-series", responses=examples(200, series=ex.SERIES))
async def voucher_series(
    connection_id: ConnectionId,
    parts: Having,
    financial_year: Annotated[int, Query(ge=1, le=2**31 - 1, openapi_examples=shown(ex.YEAR))],
) -> VoucherSeries:
    """The voucher series of a year (by Fortnox's id of it): those that can be booked in first.

    The others say why not, and what to do about it.
    """
    return await parts.lookups.voucher_series(connection_id, financial_year)


@looking_up.get("/locked-period", responses=examples(200, locked=ex.LOCK))
async def locked_period(connection_id: ConnectionId, parts: Having) -> LockedPeriod:
    """Up to when the books are locked for everybody. A user's personal lock isn't told by Fortnox."""
    return await parts.lookups.locked_period(connection_id)


router.include_router(looking_up)
