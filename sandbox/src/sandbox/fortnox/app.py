"""The simulator as an ASGI application: `/oauth-v1/*`, `/3/*` and `/_sim/*`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.fortnox.gateway import Gateway
from sandbox.fortnox.oauth.consent import Consent
from sandbox.fortnox.oauth.endpoints import Tokens
from sandbox.fortnox.oauth.tokens import Caller
from sandbox.fortnox.resources import ENDPOINTS
from sandbox.fortnox.sim import api
from sandbox.fortnox.wire import answers, errors
from sandbox.fortnox.wire.call import Call, Endpoint
from sandbox.fortnox.world import World


def create_app(world: World) -> ASGIApp:
    """The whole simulator around a world; for tests also without a socket, by `httpx.ASGITransport`."""
    consent, tokens = Consent(world), Tokens(world)
    routes = [
        Route("/oauth-v1/auth", consent.show, methods=["GET", "HEAD"]),
        Route("/oauth-v1/auth", consent.decide, methods=["POST"]),
        Route("/oauth-v1/token", tokens.token, methods=["POST"]),
        Route("/oauth-v1/revoke", tokens.revoke, methods=["POST"]),
        *(_route(endpoint, world) for endpoint in ENDPOINTS),
        *api.routes(world),
        Route("/{rest:path}", _no_route, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ]
    inner = Starlette(routes=routes)
    inner.router.redirect_slashes = False
    return Gateway(inner, world)


async def _no_route(request: Request) -> Response:
    if request.url.path.startswith("/3"):
        return answers.refused(errors.no_such_route())
    return Response(answers.outage(404).body, 404, media_type="text/html")


def _route(endpoint: Endpoint, world: World) -> Route:
    async def serve(request: Request) -> Response:
        try:
            answer = endpoint.handler(await _call(request, endpoint, world))
            return answer if isinstance(answer, Response) else await answer
        except errors.Refusal as refusal:
            return answers.refused(refusal, world.switches.error_casing)

    return Route(f"/3/{endpoint.path}", serve, methods=[endpoint.method], name=endpoint.path)


async def _call(request: Request, endpoint: Endpoint, world: World) -> Call:
    """The call, once scope, licence and what is accepted are in order."""
    caller: Caller = request.scope["caller"]
    company = world.companies[caller.tenant]
    _check_rights(endpoint.scope, caller, world)
    accept = request.headers.get("accept", "*/*")
    if not any(kind in accept for kind in ("*/*", "application/json", "application/*")) and accept:
        raise errors.response_type()
    query = dict(request.query_params)
    if any(mark in value for value in query.values() for mark in "<>"):
        raise errors.bad_parameter()  # angle brackets are refused even percent-encoded (fact 14)
    body = await request.body()
    base_url = f"{request.url.scheme}://{request.url.netloc}"
    return Call(world, company, request.path_params, query, request.headers, body, base_url)


def _check_rights(scope: str, caller: Caller, world: World) -> None:
    """Rights belong to resources: 403 is no dead token (fact 0.12)."""
    profile, status = world.companies[caller.tenant].profile, world.switches.permission_status
    if not profile.has_integration_licence:
        raise errors.no_api_licence(status)
    if scope not in caller.scopes:
        raise errors.no_scope(status)
    if scope not in profile.licences:
        raise (errors.no_right_to_suppliers if scope == "supplier" else errors.no_licence_for_scope)(status)
