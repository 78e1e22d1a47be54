"""What the popup loads: the one-time address and the callback from Fortnox. HTML, in Swedish, whatever happens."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from common.database import GONE
from common.events import Trouble
from common.problems import INTERNAL, ProblemError
from common.service import Runtime, current_runtime
from connector import binding, pages, problems, texts
from connector.connect import Callback, Connect, Invitation, Outcome
from connector.pages import Page
from connector.settings import ConnectorSettings

log = structlog.get_logger()

FORTNOX_HOSTS = "https://*.fortnox.se"  # where Fortnox's authorise address may send on to, to log in


class PageRoute(APIRoute):
    """A person reads the answer: every failure is a page, and a fault of ours is one too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ProblemError as error:
                log.info("connect.turned-away", reason=error.problem.code)
                return _page(texts.failed(Trouble.of(error)), error.problem.status)
            except GONE as error:
                log.warning("connect.unavailable", error=type(error).__name__)
                return _page(texts.failed(Trouble.of(problems.UNAVAILABLE.error())), problems.UNAVAILABLE.status)
            except Exception as error:
                reference = request.state.request_id
                log.exception("connect.crashed", route=self.path, request=reference, error=type(error).__name__)
                return _page(texts.crashed(Trouble.of(INTERNAL.error()), reference), INTERNAL.status)

        return answer


router = APIRouter(include_in_schema=False, route_class=PageRoute)

Current = Annotated[Runtime[ConnectorSettings], Depends(current_runtime)]
Text = Annotated[str | None, Query()]


class Parts:
    """What the routes talk to."""

    def __init__(self, runtime: Runtime[ConnectorSettings]) -> None:
        self.connect: Connect = runtime.parts[Connect]
        self.public_url = urlsplit(runtime.settings.public_url)
        self._fortnox = urlsplit(runtime.settings.fortnox_auth_url)

    def address(self, invitation: Invitation, more: str = "") -> str:
        """Of the one-time address, or of what stands below it."""
        return f"{self.public_url.geturl()}/connect/{invitation.ticket}{more}"

    def page(self, page: Page, status: int = 200) -> HTMLResponse:
        """Its forms may be sent to us, and on from there to Fortnox."""
        hosts = [FORTNOX_HOSTS] if f".{self._fortnox.hostname}".endswith(".fortnox.se") else []
        return _page(page, status, [f"{self._fortnox.scheme}://{self._fortnox.netloc}", *hosts])

    def bind(self, response: Response, invitation: Invitation) -> None:
        """Gives the browser its cookie: Lax, so that it comes along when Fortnox sends the browser back."""
        response.set_cookie(
            binding.cookie_of(invitation.session),
            invitation.secret,
            expires=invitation.session.expires_at,
            path=f"{self.public_url.path}/connect",
            secure=self.public_url.scheme == "https",
            httponly=True,
            samesite="lax",
        )


async def having(runtime: Current) -> Parts:
    """The parts. A coroutine function, since FastAPI would hand a plain one, or a class, to a thread each time."""
    return Parts(runtime)


Having = Annotated[Parts, Depends(having)]


@router.get("/connect/callback")
async def callback(
    request: Request, parts: Having, code: Text = None, state: Text = None, error: Text = None
) -> Response:
    """Fortnox sends the person back here."""
    return _told(parts, await parts.connect.arrive(Callback(code, state, error), request.cookies))


@router.api_route("/connect/{ticket}", methods=["GET", "HEAD"])
async def invite(request: Request, parts: Having, ticket: str) -> Response:
    """The one-time address: says who asks for what. Mail scanners may load it as often as they like."""
    invited = await parts.connect.invite(ticket, request.cookies)
    if isinstance(invited, Outcome):
        return _told(parts, invited)
    forward = parts.address(invited, "/forward")
    response = parts.page(texts.invitation(invited.session, parts.address(invited), forward))
    parts.bind(response, invited)
    return response


@router.post("/connect/{ticket}")
async def depart(request: Request, parts: Having, ticket: str) -> Response:
    """The page's button: binds the session to the browser and goes to Fortnox."""
    invitation, to_fortnox = await parts.connect.depart(ticket, request.cookies)
    response = RedirectResponse(to_fortnox, 303, headers=pages.headers())
    parts.bind(response, invitation)
    return response


@router.post("/connect/{ticket}/forward")
async def forward(request: Request, parts: Having, ticket: str) -> Response:
    """Somebody else is to approve. A page of its own tells the link, so that it can be loaded again."""
    await parts.connect.forward(ticket, request.cookies)
    return RedirectResponse(f"{parts.public_url.path}/connect/{ticket}/link", 303, headers=pages.headers())


@router.get("/connect/{ticket}/link")
async def link(request: Request, parts: Having, ticket: str) -> Response:
    """The link to send on."""
    invited = await parts.connect.invite(ticket, request.cookies)
    if isinstance(invited, Outcome):
        return _told(parts, invited)
    return parts.page(texts.link_to_forward(invited.session, parts.address(invited)))


@router.api_route("/connect/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def anything_else(path: str) -> Response:
    """Nothing of ours."""
    raise problems.LINK_UNKNOWN.error()


def _told(parts: Parts, outcome: Outcome) -> Response:
    """The page of a finished attempt; the opener is told what it may know of it anyway."""
    again = outcome.again
    addresses = (parts.address(again), parts.address(again, "/forward")) if again else (None, None)
    return parts.page(texts.result(outcome, *addresses))


def _page(page: Page, status: int, form_targets: list[str] | None = None) -> HTMLResponse:
    return HTMLResponse(page.html(), status, headers=pages.headers(form_targets or []))
