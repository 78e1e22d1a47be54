"""What the popup loads: the one-time address and the callback from Fortnox. HTML, in Swedish."""

from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.database import GONE
from common.events import Trouble
from common.problems import ProblemError
from common.service import current_runtime
from connector import problems
from connector.connect import SESSION_LIFE, Callback, Connect, Departure, Outcome
from connector.pages import HEADERS, Page

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

Text = Annotated[str | None, Query(max_length=4000)]


@router.get("/connect/callback")
async def callback(request: Request, code: Text = None, state: Text = None, error: Text = None) -> Response:
    """Fortnox sends the person back here."""
    try:
        connect = (await current_runtime(request)).parts[Connect]
        outcome = await connect.arrive(Callback(code, state, error), request.cookies)
    except (ProblemError, *GONE) as failure:
        return _failure(failure)
    return _page(_result(outcome))


@router.get("/connect/{ticket}")
async def open_popup(request: Request, ticket: str) -> Response:
    """The one-time address: goes on to Fortnox."""
    try:
        connect = (await current_runtime(request)).parts[Connect]
        departure = await connect.depart(ticket, request.cookies)
    except (ProblemError, *GONE) as failure:
        return _failure(failure)
    response = RedirectResponse(
        departure.url, 303, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"}
    )
    _bind(response, departure, connect.public_url)
    return response


def _bind(response: Response, departure: Departure, public_url: str) -> None:
    """Lax, so that the cookie comes along when Fortnox sends the browser back."""
    address = urlsplit(public_url)
    response.set_cookie(
        departure.cookie,
        departure.secret,
        max_age=int(SESSION_LIFE.total_seconds()),
        path=f"{address.path}/connect",
        secure=address.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _result(outcome: Outcome) -> Page:
    """The page of a finished attempt; the opener is told what it may know of it anyway."""
    if outcome.session is None:
        assert outcome.trouble is not None
        return _bad(outcome.trouble)
    message = {
        "type": "bokbrygga.connect",
        "session_id": str(outcome.session.id),
        "connection_id": str(outcome.session.connection_id),
        "state": "failed" if outcome.trouble else "connected",
        "code": outcome.trouble.code if outcome.trouble else None,
    }
    if outcome.trouble:
        return _bad(outcome.trouble, message, outcome.session.origin)
    return Page(
        title="Företaget är anslutet till Fortnox",
        text="Anslutningen är klar.",
        next_step="Du kan stänga det här fönstret och fortsätta i programmet.",
        notes=_notes(outcome.missing_scopes),
        message=message,
        origin=outcome.session.origin,
    )


def _notes(missing_scopes: tuple[str, ...]) -> tuple[str, ...]:
    if not missing_scopes:
        return ()
    names = ", ".join(missing_scopes)
    return (
        f"Fortnox gav inte alla behörigheter som programmet bad om: {names}. En del uppgifter kan därför inte läsas.",
    )


def _bad(trouble: Trouble, message: dict[str, str | None] | None = None, origin: str = "") -> Page:
    return Page(
        title="Anslutningen blev inte av",
        text=trouble.swedish,
        next_step=trouble.next_step,
        code=trouble.code,
        message=message,
        origin=origin,
    )


def _failure(error: Exception) -> HTMLResponse:
    """A page, too, where the database is away: a person reads it."""
    problem = error if isinstance(error, ProblemError) else problems.UNAVAILABLE.error()
    if problem is not error:
        log.warning("connect.unavailable", error=type(error).__name__)
    return _page(_bad(Trouble.of(problem)), problem.problem.status)


def _page(page: Page, status: int = 200) -> HTMLResponse:
    return HTMLResponse(page.html(), status, headers=HEADERS)
