"""The connector's interface for the other services and for the product's server: JSON, keys with scopes."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response

from common.events import ConnectionState, FinancialYear
from common.http import Access
from common.leases import HandBackRequest, Lease, LeaseRequest
from common.openapi import problem_responses
from common.problems import INVALID_REQUEST
from common.service import Runtime, current_runtime
from connector import problems, repeated
from connector.grants import Registry
from connector.leases import Leasing
from connector.lookups import Lookups
from connector.lookups.answers import CompanyAnswer, FinancialYears, LockedPeriod, VoucherSeries
from connector.opening import Opening
from connector.settings import ConnectorSettings
from connector.wishes import Begun, ConnectRequest, SessionState

router = APIRouter(prefix="/v1")

Current = Annotated[Runtime[ConnectorSettings], Depends(current_runtime)]
USE = problem_responses(problems.UNKNOWN, problems.LOST, problems.FORTNOX_AWAY)


class Parts:
    """What the routes talk to."""

    def __init__(self, runtime: Runtime[ConnectorSettings]) -> None:
        self.leasing: Leasing = runtime.parts[Leasing]
        self.opening: Opening = runtime.parts[Opening]
        self.registry: Registry = runtime.parts[Registry]
        self.lookups: Lookups = runtime.parts[Lookups]


async def having(runtime: Current) -> Parts:
    """The parts. A coroutine function, since FastAPI would hand a plain one, or a class, to a thread each time."""
    return Parts(runtime)


Having = Annotated[Parts, Depends(having)]


def only(scope: str) -> list[Any]:
    """For callers whose key has the scope."""
    return [Depends(Access(scope))]


@router.post("/leases", response_model=Lease, dependencies=only("leases"), responses=USE)
async def lease(request: LeaseRequest, parts: Having) -> Response:
    """An access token and slots for so many calls. Asking again with the same `lease_id` gives the same lease.

    Without slots, ask again after `wait_seconds`, with the same `lease_id`: it keeps its place in the queue.
    """
    lease = await parts.leasing.lease(request)
    return Response(lease.model_dump_json(), media_type="application/json")  # valid as it is: not checked once more


@router.post("/leases/hand-back", status_code=204, dependencies=only("leases"))
async def hand_back(request: HandBackRequest, parts: Having) -> None:
    """Hands slots back without wanting more."""
    await parts.leasing.hand_back(request)


@router.post(
    "/connect-sessions",
    status_code=201,
    responses=problem_responses(
        problems.UNKNOWN, problems.REMOVED, problems.ORIGIN_NOT_ALLOWED, problems.REUSED_IDEMPOTENCY_KEY
    ),
)
async def begin(
    request: ConnectRequest,
    parts: Having,
    caller: Annotated[str, Depends(Access("connect"))],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Begun:
    """Begins to connect a company: open the one-time `url` in a popup.

    The same `Idempotency-Key` with the same wish gives the same session again, should the answer be lost.
    """
    return await parts.opening.begin(request, repeated.session_id(caller, idempotency_key))


@router.get(
    "/connect-sessions/{session_id}",
    dependencies=only("connect"),
    responses=problem_responses(problems.SESSION_UNKNOWN),
)
async def session(session_id: UUID, parts: Having) -> SessionState:
    """How far it has come: so that a popup that can't tell loses nothing."""
    return await parts.opening.state(session_id)


@router.get(
    "/connections/{connection_id}",
    dependencies=only("connect"),
    responses=problem_responses(problems.UNKNOWN, problems.REMOVED),
)
async def connection(connection_id: UUID, parts: Having) -> ConnectionState:
    """The connection's full state, as its newest event has it."""
    return await parts.registry.state(connection_id)


@router.delete(
    "/connections/{connection_id}",
    status_code=204,
    dependencies=only("connect"),
    responses=problem_responses(problems.UNKNOWN),
)
async def disconnect(connection_id: UUID, parts: Having) -> None:
    """Disconnects. The consent at Fortnox is revoked with the company's last connection."""
    await parts.registry.disconnect(connection_id)


@router.get("/connections/{connection_id}/company", dependencies=only("lookups"), responses=USE)
async def company(connection_id: UUID, parts: Having) -> CompanyAnswer:
    """Who the company is, from Fortnox."""
    return await parts.lookups.company(connection_id)


@router.get("/connections/{connection_id}/financial-years", dependencies=only("lookups"), responses=USE)
async def financial_years(
    connection_id: UUID,
    parts: Having,
    from_date: Annotated[date | None, Query(alias="from")] = None,
    to_date: Annotated[date | None, Query(alias="to")] = None,
) -> FinancialYears:
    """The financial years. With the first and last day of the product's own: which of them it is, or what differs."""
    return await parts.lookups.financial_years(connection_id, _wished(from_date, to_date))


@router.get("/connections/{connection_id}/voucher-series", dependencies=only("lookups"), responses=USE)
async def voucher_series(
    connection_id: UUID, parts: Having, financial_year: Annotated[int, Query(ge=1, le=2**31 - 1)]
) -> VoucherSeries:
    """The voucher series of a year (by Fortnox's id of it): those that can be booked in first.

    The others say why not, and what to do about it.
    """
    return await parts.lookups.voucher_series(connection_id, financial_year)


@router.get("/connections/{connection_id}/locked-period", dependencies=only("lookups"), responses=USE)
async def locked_period(connection_id: UUID, parts: Having) -> LockedPeriod:
    """Up to when the books are locked for everybody. A user's personal lock isn't told by Fortnox."""
    return await parts.lookups.locked_period(connection_id)


def _wished(from_date: date | None, to_date: date | None) -> FinancialYear | None:
    """Both days or none."""
    if from_date is None and to_date is None:
        return None
    if from_date is None or to_date is None:
        raise INVALID_REQUEST.error(fields=f"query.{'from' if from_date is None else 'to'} (missing)")
    if from_date > to_date:
        raise INVALID_REQUEST.error(fields="query.to (before_from)")
    return FinancialYear(from_date=from_date, to_date=to_date)
