"""OpenAPI of our HTTP interfaces: FastAPI's, with the problems that each call can answer and an example of each."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from common import problem_details
from common.problem_details import MEDIA_TYPE, ProblemDetails
from common.problems import (
    AWAY,
    BODY_TOO_LARGE,
    FORBIDDEN,
    INTERNAL,
    INVALID_REQUEST,
    NOT_JSON,
    NOT_READY,
    UNAUTHENTICATED,
    Problem,
    ProblemError,
)

Described = dict[str, Any]

REQUEST_ID = "5f0c3b0e-7f6b-4d55-9c1e-2a1d5f1d9b3a"  # in examples
DESCRIPTION = """\
Every call needs a key, sent as a bearer token; what the key must open stands with the call. Whatever goes wrong is
answered as problem details (RFC 9457) with a code that stays the same, what has happened and what to do about it in
Swedish for the accountant, and a sentence in English for operators; `docs/errors.md` lists them all. An answer with
`Retry-After` may be asked for again. Every answer carries `X-Request-Id`: the caller's own, if it sent one of 8 to 64
letters, digits, dots, hyphens and underscores.
"""
SCHEMA = {"$ref": "#/components/schemas/ProblemDetails"}
JSON = "application/json"
METHODS = ("get", "put", "post", "delete", "patch")
ANYWHERE = (INTERNAL.error(), AWAY.error(), NOT_READY.error(missing="kafka"))
WITH_A_KEY = (UNAUTHENTICATED.error(), FORBIDDEN.error())
WITH_INPUT = (INVALID_REQUEST.error(fields="body.reference (missing)"),)
WITH_A_BODY = (BODY_TOO_LARGE.error(), NOT_JSON.error())


def problem_responses(*problems: Problem | ProblemError) -> dict[int | str, Described]:
    """What a call can answer instead, by status, for a route's `responses`. A problem with data comes as an error."""
    return {int(status): described for status, described in _responses(problems).items()}


def examples(status: int, **models: BaseModel) -> dict[int | str, Described]:
    """Examples of what a call answers, for a route's `responses`.

    As text, which `_complete` reads: on the way FastAPI would leave nulls out.
    """
    values = {name: {"value": model.model_dump_json()} for name, model in models.items()}
    return {status: {"content": {JSON: {"examples": values}}}}


def document(title: str, routers: Iterable[APIRouter]) -> Described:
    """OpenAPI of these routes, without a running service."""
    app = FastAPI(title=title)
    for router in routers:
        app.include_router(router)
    return _completed(app)


def describe(app: FastAPI) -> None:
    """Makes `app.openapi()` tell of the problems that any call can answer as well."""

    def openapi() -> Described:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to change it


def _completed(app: FastAPI) -> Described:
    described = get_openapi(title=app.title, version="1", description=DESCRIPTION, routes=app.routes)
    for path in described.get("paths", {}).values():
        for method, operation in path.items():
            if method in METHODS:
                _complete(operation)
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return described


def _complete(operation: Described) -> None:
    problems = [*ANYWHERE, *(WITH_A_KEY if "security" in operation else ())]
    if "requestBody" in operation:
        problems += WITH_A_BODY
    if "requestBody" in operation or "parameters" in operation:
        problems += WITH_INPUT
    for parameter in operation.get("parameters", ()):
        _say_what_may_be_sent(parameter)
    responses = operation["responses"]
    for response in responses.values():
        for example in response.get("content", {}).get(JSON, {}).get("examples", {}).values():
            example["value"] = json.loads(example["value"])
    for status, added in _responses(problems).items():
        ours = responses.get(status)
        if ours is None or MEDIA_TYPE not in ours.get("content", {}):
            responses[status] = added
        else:
            ours["content"][MEDIA_TYPE]["examples"] |= added["content"][MEDIA_TYPE]["examples"]
            ours["description"] = _list(ours["content"][MEDIA_TYPE]["examples"])
    operation["responses"] = dict(sorted(responses.items()))


def _say_what_may_be_sent(parameter: Described) -> None:
    """One that may be left out can't be sent as null."""
    alternatives = parameter["schema"].get("anyOf", [])
    if {"type": "null"} in alternatives:
        del parameter["schema"]["anyOf"]
        parameter["schema"] |= next(one for one in alternatives if one != {"type": "null"})


def _responses(problems: Iterable[Problem | ProblemError]) -> dict[str, Described]:
    found: dict[str, list[ProblemError]] = defaultdict(list)
    for problem in problems:
        error = problem if isinstance(problem, ProblemError) else problem.error()
        found[str(error.problem.status)].append(error)
    return {status: _response(errors) for status, errors in found.items()}


def _response(errors: list[ProblemError]) -> Described:
    examples = {
        error.problem.code: {
            "summary": error.english,
            "value": problem_details.details(error, REQUEST_ID).model_dump(),
        }
        for error in errors
    }
    headers = sorted({name for error in errors for name in problem_details.headers(error.problem)})
    content = {MEDIA_TYPE: {"schema": SCHEMA, "examples": examples}}
    described: Described = {"description": _list(examples), "content": content}
    if headers:
        described["headers"] = {name.title(): {"schema": {"type": "string"}} for name in headers}
    return described


def _list(examples: Mapping[str, Described]) -> str:
    return "\n".join(f"- `{code}`: {one['summary']}" for code, one in examples.items())
