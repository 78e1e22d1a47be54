"""What every HTTP interface has: callers' keys, problem details (RFC 9457), request ids, health and metrics."""

import hmac
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.problems import FORBIDDEN, INTERNAL, INVALID_REQUEST, NOT_FOUND, UNAUTHENTICATED, Problem, ProblemError
from common.settings import Caller

log = structlog.get_logger()

BY_STATUS = {401: UNAUTHENTICATED, 403: FORBIDDEN, 404: NOT_FOUND, 405: NOT_FOUND}


class Access:
    """A dependency that lets only callers in whose key has the scope; gives the caller's name.

    Keys are compared in constant time; all of them are looked at, so that timing tells nothing.
    """

    def __init__(self, scope: str) -> None:
        self._scope = scope

    async def __call__(self, request: Request) -> str:
        callers: dict[str, Caller] = request.app.state.callers
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        caller = _caller(callers, key) if scheme.lower() == "bearer" else None
        if caller is None:
            raise UNAUTHENTICATED.error()
        if self._scope not in callers[caller].scopes:
            raise FORBIDDEN.error()
        return caller


def _caller(callers: dict[str, Caller], key: str) -> str | None:
    found = None
    for name, caller in callers.items():
        for valid in caller.keys:
            if hmac.compare_digest(valid.get_secret_value().encode(), key.encode()):
                found = name
    return found


def prepare(app: FastAPI, callers: dict[str, Caller]) -> None:
    """Gives an app its callers, its answers to failures and its request ids."""
    app.state.callers = callers
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_crash)
    app.add_middleware(RequestIds)


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


def problem_details(error: ProblemError, request: Request) -> JSONResponse:
    """RFC 9457, with the catalogue's code and both languages."""
    return JSONResponse(
        {
            "type": f"urn:bokbrygga:problem:{error.problem.code}",
            "title": error.problem.code,
            "status": error.problem.status,
            "detail": error.english,
            "instance": f"urn:uuid:{getattr(request.state, 'request_id', uuid4())}",
            "code": error.problem.code,
            "english": error.english,
            "swedish": error.swedish,
            "next_step": error.next_step,
        },
        status_code=error.problem.status,
        media_type="application/problem+json",
    )


def problem_responses(*problems: Problem) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the problems that a call can answer."""
    return {
        problem.status: {"description": problem.english, "content": {"application/problem+json": {}}}
        for problem in problems
    }


class RequestIds:
    """Gives each request an id, which its log lines and its answer carry; bare ASGI, for it is on every call's way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            await self._app(scope, receive, send_named)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_details(error, request)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Names the fields, never their values: FastAPI's own answer echoes the input."""
    assert isinstance(error, RequestValidationError)
    fields = ", ".join(f"{_place(one['loc'])} ({one['type']})" for one in error.errors()[:10])
    return problem_details(INVALID_REQUEST.error(fields=fields), request)


def _place(location: Sequence[Any]) -> str:
    """Where a field is. Its last part may be a name that the caller made up, so it is kept short and plain."""
    return ".".join(re.sub(r"[^\w-]", "?", str(part))[:40] for part in location)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = BY_STATUS.get(error.status_code, INVALID_REQUEST if error.status_code < 500 else INTERNAL)
    return problem_details(problem.error(fields=error.status_code), request)


async def _on_crash(request: Request, error: Exception) -> Response:
    """Runs outside of all middleware: the reference that the caller is given must still be in the log."""
    reference = getattr(request.state, "request_id", None)
    log.error("http.crashed", path=request.url.path, request=reference, exc_info=error)
    return problem_details(INTERNAL.error(), request)
