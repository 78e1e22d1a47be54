"""For tests: permits without limits, and a transport that answers as it was told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from fortnox._permits import Boottime, Permit, boottime


@dataclass
class FreePermit:
    """A permit that remembers what was reported to it."""

    access_token: str = field(repr=False)
    tenant: int | None
    deadline: float
    answers: int = 0
    too_many_requests: int = 0

    def answered(self) -> None:
        self.answers += 1

    def too_many(self) -> None:
        self.too_many_requests += 1


class FreePermits:
    """Permits with a fixed token; each further token is handed out when the one before was refused."""

    def __init__(
        self,
        *access_tokens: str,
        tenant: int | None = None,
        seconds: float = 60,
        boottime: Boottime = boottime,
    ) -> None:
        self._tokens = list(access_tokens)
        self._tenant = tenant
        self._seconds = seconds
        self._now = boottime
        self.given: list[FreePermit] = []
        self.refusals = 0

    async def acquire(self) -> FreePermit:
        permit = FreePermit(self._tokens[0], self._tenant, self._now() + self._seconds)
        self.given.append(permit)
        return permit

    async def refused(self, permit: Permit) -> None:
        self.refusals += 1
        if len(self._tokens) > 1 and permit.access_token == self._tokens[0]:
            self._tokens.pop(0)


@dataclass(frozen=True)
class Said:
    """One prepared answer; `content` is written as JSON unless it is bytes."""

    status: int
    content: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> httpx.Response:
        body = self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()
        return httpx.Response(self.status, content=body, headers=self.headers)


class Script(httpx.AsyncBaseTransport):
    """Answers requests in turn with what was prepared, the last one for ever, and keeps the requests."""

    def __init__(self, *steps: Said | Exception) -> None:
        self._steps: Iterator[Said | Exception] = iter(steps)
        self._step: Said | Exception | None = None
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self._step = next(self._steps, self._step)
        if isinstance(self._step, Exception):
            raise self._step
        assert self._step is not None, "nothing was prepared"
        return self._step.response()
