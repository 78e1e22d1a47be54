"""Failures as HTTP answers: problem details (RFC 9457) with the catalogue's code and both languages.

No answer echoes what was sent: FastAPI's own do.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import Match

from common.database import GONE, is_away
from common.problems import (
    AWAY,
    BODY_TOO_LARGE,
    FORBIDDEN,
    INTERNAL,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOT_JSON,
    UNAUTHENTICATED,
    Problem,
    ProblemError,
)

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
BY_STATUS = {401: UNAUTHENTICATED, 403: FORBIDDEN, 404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: BODY_TOO_LARGE}


class ProblemDetails(BaseModel):
    """What is answered instead, whatever went wrong. `docs/errors.md` lists the codes."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """`urn:bokbrygga:problem:` and the code."""
    title: str
    status: int
    detail: str
    instance: str
    """`urn:bokbrygga:request:` and the request's id."""
    code: str
    """Stays the same for ever: the one to tell cases apart by."""
    swedish: str
    """What has happened, for the accountant."""
    next_step: str
    """What to do about it, in Swedish."""
    english: str
    """For operators."""
    data: dict[str, str]
    """What the sentences are made from."""
    request_id: str
    """To quote to support; in the header X-Request-Id too, and in the log."""


def details(error: ProblemError, request_id: str) -> ProblemDetails:
    problem = error.problem
    return ProblemDetails(
        type=f"urn:bokbrygga:problem:{problem.code}",
        title=problem.code,
        status=problem.status,
        detail=error.english,
        instance=f"urn:bokbrygga:request:{request_id}",
        code=problem.code,
        swedish=error.swedish,
        next_step=error.next_step,
        english=error.english,
        data={name: str(value) for name, value in error.data.items()},
        request_id=request_id,
    )


def headers(problem: Problem) -> dict[str, str]:
    """When to ask again, and how to say who one is."""
    found = {} if problem.retry_after is None else {"retry-after": str(problem.retry_after)}
    return found | ({"www-authenticate": "Bearer"} if problem.status == 401 else {})


def answer(error: ProblemError, request: Request) -> Response:
    request_id = getattr(request.state, "request_id", None) or str(uuid4())
    content = details(error, request_id).model_dump()
    return JSONResponse(content, error.problem.status, headers(error.problem), MEDIA_TYPE)


def handle(app: FastAPI, check_key: Callable[[Request], None]) -> None:
    """Gives an app its answers to failures. Who has no key is told that, and not what else is wrong."""

    async def on_unreadable(request: Request, error: Exception) -> Response:
        """The framework reads a body before it looks at the key."""
        try:
            check_key(request)
        except ProblemError as refused:
            return await _on_problem(request, refused)
        return await (_on_invalid if isinstance(error, RequestValidationError) else _on_http)(request, error)

    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, on_unreadable)
    app.add_exception_handler(HTTPException, on_unreadable)
    for kind in GONE:
        app.add_exception_handler(kind, _on_away)
    app.add_exception_handler(Exception, _on_crash)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    log.info("http.refused", code=error.problem.code, status=error.problem.status)
    return answer(error, request)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Names the fields, never their values."""
    assert isinstance(error, RequestValidationError)
    wrong = error.errors()[:10]
    if any(one["loc"] == ("body",) for one in wrong) and not _is_json(request):
        return await _on_problem(request, NOT_JSON.error())
    fields = ", ".join(f"{_place(one['loc'])} ({one['type']})" for one in wrong)
    return await _on_problem(request, INVALID_REQUEST.error(fields=fields))


async def _on_http(request: Request, error: Exception) -> Response:
    """What the framework refuses. Of its own words nothing is passed on, of its headers what a caller needs."""
    assert isinstance(error, HTTPException)
    known = BY_STATUS.get(error.status_code)
    refused = known.error() if known else INVALID_REQUEST.error(fields="body (unreadable)")
    response = await _on_problem(request, INTERNAL.error() if error.status_code >= 500 else refused)
    if error.status_code == 405:
        response.headers["allow"] = ", ".join(_methods(request))
    return response


async def _on_away(request: Request, error: Exception) -> Response:
    """The database is away: it passes. A wrong call of ours looks alike and doesn't."""
    if not is_away(error):
        return await _on_crash(request, error)
    log.warning("http.away", error=type(error).__name__)
    return answer(AWAY.error(), request)


async def _on_crash(request: Request, error: Exception) -> Response:
    """Runs outside of all middleware: the reference that the caller is given must still be in the log."""
    reference = getattr(request.state, "request_id", None)
    path = getattr(request.scope.get("route"), "path", None)  # as declared: what stands in it may be a secret
    log.error("http.crashed", path=path, request=reference, exc_info=error)
    return answer(INTERNAL.error(), request)


def _methods(request: Request) -> list[str]:
    """All that the address takes: the framework names only those of the first route that has it."""
    address: dict[str, Any] = {"type": "http", "path": request.url.path, "root_path": "", "headers": []}
    routes = request.app.router.routes
    return [one for one in METHODS if any(r.matches(address | {"method": one})[0] is Match.FULL for r in routes)]


def _is_json(request: Request) -> bool:
    """An absent body is missing, not of the wrong kind."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return not has_body or re.fullmatch(r"application/([\w.+-]+\+)?json", kind) is not None


def _place(location: Sequence[Any]) -> str:
    """Where a field is. Its last part may be a name that the caller made up, so it is kept short and plain."""
    return ".".join(re.sub(r"[^\w-]", "?", str(part))[:40] for part in location)
