"""Answers as bytes: JSON with escaped slashes and \\uXXXX, Fortnox's headers, both casings of its errors."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from sandbox.fortnox.wire.errors import Refusal


def encode(body: Any) -> bytes:
    r"""JSON as Fortnox writes it: `\/` for slashes and `\uXXXX` for everything outside ASCII (fact 3)."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def headers() -> dict[str, str]:
    """What comes with nearly every answer; there are no rate-limit headers (fact 3)."""
    return {
        "server": "Fortnox",
        "x-uid": secrets.token_hex(4),
        "x-rack-responsetime": str(20 + secrets.randbelow(60)),
        "x-build": "8f3c1d2a",
    }


def answer(body: Any, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    return Response(encode(body), status, {**headers(), **(more or {})}, "application/json")


def octets(body: bytes, content_type: str) -> Response:
    """Bytes that are no JSON: a SIE file, with no charset added to its type."""
    return Response(body, 200, {**headers(), "content-type": content_type})


def refused(refusal: Refusal, casing: str = "recorded") -> Response:
    """The error envelope; 404 and most others are recorded in Pascal case, 400 in lower case (fact 7)."""
    lower = casing == "lower" or (casing == "recorded" and refusal.status == 400)
    names = ("error", "message", "code") if lower else ("Error", "Message", "Code")
    values = (1, refusal.message, refusal.code)
    return answer({"ErrorInformation": dict(zip(names, values, strict=True))}, refusal.status)


def gateway_unauthorised() -> Response:
    """A dead or missing access token meets the gateway, which knows no envelope (fact 0.4)."""
    return Response(b'{"message":"unauthorized"}', 401, {"server": "Fortnox"}, "application/json")


def too_many(retry_after: int, body: str) -> Response:
    more = {"retry-after": str(retry_after)} if retry_after else {}
    return Response(body.encode(), 429, {"server": "Fortnox", **more}, "text/plain")


def outage(status: int) -> Response:
    """The page that stands before Fortnox when it is away (fact 7)."""
    page = (
        '<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8"><title>Driftstopp</title></head>'
        "<body><h1>Fortnox är tillfälligt otillgängligt</h1><p>Vi arbetar på att lösa problemet.</p></body></html>"
    )
    return Response(page.encode(), status, {"server": "Fortnox"}, "text/html; charset=UTF-8")
