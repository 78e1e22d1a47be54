"""One request on the wire: a permit, one try, and an answer or the reason why there is none.

No redirects, no proxies, no transport retries: one permit is one request (Design 5).
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx

from fortnox._answers import Answer
from fortnox._errors import NotSent
from fortnox._permits import Boottime, Permit, boottime

CONNECT_TIMEOUT = 5.0  # seconds
LATE, MOMENT = 0.5, 1.0  # seconds: a timer that is so late rings again after a moment
TCP_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only


@dataclass(frozen=True)
class Call:
    """A request before it has a token. Query and body stay out of `repr`."""

    method: str
    path: str
    timeout: float  # seconds for the whole call, connecting included
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    start_by: float | None = None  # by `boottime()`: later it isn't sent at all

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class AnswerLost(Exception):
    """The request may have arrived, and no whole answer came back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def reading_transport() -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(verify=_trusted(), retries=0)


def writing_transport(timeout: float) -> httpx.AsyncHTTPTransport:
    """Each request on a connection of its own, which doesn't outlive us.

    A kept connection may be half closed, and then nobody knows whether the request was read. With a linger
    of zero a dead process's kernel resets the connection instead of delivering what was left to send.
    """
    options: list[tuple[int, int, Any]] = [(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))]
    if TCP_USER_TIMEOUT is not None:
        options.append((socket.IPPROTO_TCP, TCP_USER_TIMEOUT, round(timeout * 1000)))
    alone = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(verify=_trusted(), retries=0, limits=alone, socket_options=options)


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we trust, read once: it takes 20 ms, in which nothing else runs."""
    return httpx.create_ssl_context()


async def exchange(http: httpx.AsyncClient, call: Call, permit: Permit, now: Boottime) -> Answer:
    """Sends the call once with the permit. Raises `NotSent`, or `AnswerLost` when it may have arrived."""

    def heard(status: int) -> None:
        permit.answered()
        if status == httpx.codes.TOO_MANY_REQUESTS:
            permit.too_many()

    headers = {"Authorization": f"Bearer {permit.access_token}", **call.headers}
    timeout = min(call.timeout, permit.deadline - now())
    # As a time of day as well: who is stopped in between must not send when the slot is somebody else's.
    start_by = permit.deadline if call.start_by is None else min(call.start_by, permit.deadline)
    try:
        answer = await transmit(http, replace(call, headers=headers, timeout=timeout, start_by=start_by), heard, now)
    except NotSent:
        permit.answered()
        raise
    return replace(answer, tenant=permit.tenant)


async def transmit(
    http: httpx.AsyncClient, call: Call, heard: Callable[[int], None], now: Boottime = boottime
) -> Answer:
    """Sends the call once; `heard` is told the status as soon as it is there, before the body."""
    progress = _Progress(call, now)
    try:
        async with _limited(call.timeout):
            progress.check_start(call.timeout)
            return await _send(http, call, heard, progress)
    except (httpx.RequestError, TimeoutError, _TooLate) as error:
        reason = type(error).__name__.lstrip("_")
        unsent = progress.certainly_unsent_after(error)
    # Outside the except block: httpx's errors hold the request with its token, which must not travel along.
    if unsent:
        raise NotSent(str(call), reason=reason)
    raise AnswerLost(reason)


@asynccontextmanager
async def _limited(seconds: float) -> AsyncIterator[None]:
    """A timeout that never fires on the stroke of waking up.

    Whoever was stopped (SIGSTOP, a suspended machine) first gets a moment to read what has come meanwhile: it may be
    the only live token.
    """
    loop, seconds = asyncio.get_running_loop(), max(0.0, seconds)
    timer: asyncio.TimerHandle | None = None
    async with asyncio.timeout(None) as limit:

        def ring_in(seconds: float) -> None:
            nonlocal timer
            timer = loop.call_later(seconds, ring, loop.time() + seconds)

        def ring(due: float) -> None:
            if loop.time() > due + LATE:
                ring_in(MOMENT)
            else:
                limit.reschedule(loop.time())

        ring_in(seconds)
        try:
            yield
        finally:
            assert timer is not None
            timer.cancel()


async def _send(http: httpx.AsyncClient, call: Call, heard: Callable[[int], None], progress: "_Progress") -> Answer:
    request = http.build_request(
        call.method,
        call.path,
        params=call.query,
        content=call.body,
        headers=call.headers,
        # TCP and TLS have this each, and end before the whole call does: cut in a handshake, httpcore leaks the socket.
        # The rest is cut by `_limited` alone.
        timeout=httpx.Timeout(None, connect=min(CONNECT_TIMEOUT, call.timeout / 3)),
        extensions={"trace": progress.trace},
    )
    response = await http.send(request, stream=True, follow_redirects=False)
    try:
        heard(response.status_code)
        body = await response.aread()
    finally:
        await response.aclose()
    return Answer(
        call=str(call),
        status=response.status_code,
        body=body,
        request_id=response.headers.get("x-uid"),
        retry_after=_seconds(response.headers.get("retry-after")),
    )


def _seconds(retry_after: str | None) -> float | None:
    """Only the form in seconds; a date would need Fortnox's clock."""
    return float(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) < 6 else None


class _TooLate(Exception):
    """The call would start after it may."""


class _Progress:
    """How far a request has come on the wire, told by httpcore's trace events.

    Other transports (in tests) tell nothing; then only the kind of the error says that nothing was sent.
    """

    def __init__(self, call: Call, now: Boottime) -> None:
        self._start_by = call.start_by
        self._body = call.body is not None
        self._now = now
        self._connecting = False
        self._sending = False

    def check_start(self, time_left: float = 1.0) -> None:
        if time_left <= 0 or (self._start_by is not None and self._now() > self._start_by):
            raise _TooLate

    async def trace(self, event: str, info: object) -> None:
        if event == "connection.connect_tcp.started":
            self._connecting = True
        if event == "http11.send_request_headers.started":
            self.check_start()
            self._sending = True
        if event == "http11.send_request_body.started" and self._body:
            self.check_start()  # stopped since the headers: without its body nobody carries it out

    def certainly_unsent_after(self, error: Exception) -> bool:
        if self._sending:
            return False
        never_connected = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | _TooLate)
        return never_connected or self._connecting
