"""What every HTTP interface has: callers' keys, problem details (RFC 9457), request ids, health and metrics."""

import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request, Response, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.responses import JSONResponse
from fastapi.security.base import SecurityBase
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common import openapi, problem_details
from common.problems import FORBIDDEN, UNAUTHENTICATED
from common.settings import Caller

LARGEST_BODY = 256 * 1024  # bytes; a lease of 25 slots handed back takes 3 kB
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class Access(SecurityBase):
    """A dependency that lets only callers in whose key has the scope, or any caller; gives the caller's name.

    Keys are compared in constant time; all of them are looked at, so that timing tells nothing.
    """

    def __init__(self, scope: str | None = None) -> None:
        self._scope = scope
        self.scheme_name = "key"
        self.model = HTTPBearer(description="A caller's key. Two may be valid at once, for rotation.")

    async def __call__(self, request: Request) -> str:
        return self.caller(request)

    def caller(self, request: Request) -> str:
        """Raises ProblemError."""
        callers: dict[str, Caller] = request.app.state.callers
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        caller = _caller(callers, key) if scheme.lower() == "bearer" else None
        if caller is None:
            raise UNAUTHENTICATED.error()
        if self._scope is not None and self._scope not in callers[caller].scopes:
            raise FORBIDDEN.error()
        return caller


def only(scope: str) -> Any:
    """The dependency that lets in whose key has the scope, and says so in OpenAPI."""
    return Security(Access(scope), scopes=[scope])


def _caller(callers: dict[str, Caller], key: str) -> str | None:
    found = None
    for name, caller in callers.items():
        for valid in caller.keys:
            if hmac.compare_digest(valid.get_secret_value().encode(), key.encode()):
                found = name
    return found


def prepare(app: FastAPI, callers: dict[str, Caller]) -> None:
    """Gives an app its callers, its answers to failures, its request ids and, for who has a key, its description."""
    app.state.callers = callers
    problem_details.handle(app, _check_key)
    app.add_middleware(Edge)
    openapi.describe(app)

    @app.get("/openapi.json", include_in_schema=False, dependencies=[Security(Access())])
    async def description() -> JSONResponse:
        return JSONResponse(app.openapi())


def _check_key(request: Request) -> None:
    """Raises ProblemError where the route asks for a key that isn't there."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    for one in dependant.dependencies if dependant else ():
        if isinstance(one.call, Access):
            one.call.caller(request)


def add_health(app: FastAPI, missing: Callable[[], Awaitable[list[str]]]) -> None:
    """`/health/live` says that the process runs, `/health/ready` names what is missing, `/metrics` is Prometheus's."""

    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> Response:
        lacking = await missing()
        content = {"status": "waiting" if lacking else "ready", "missing": lacking}
        return JSONResponse(content, status_code=503 if lacking else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Edge:
    """What every request passes first; bare ASGI, for it is on every call's way.

    Each gets an id, the caller's own where that is sane, which its log lines and its answer carry. No body is read
    beyond what a call can need.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wished = Headers(scope=scope).get("x-request-id", "")
        request_id = wished if REQUEST_ID.fullmatch(wished) else str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            await self._app(scope, _limited(receive), send_named)


def _limited(receive: Receive) -> Receive:
    read = 0

    async def receive_some() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            raise HTTPException(413)
        return message

    return receive_some
