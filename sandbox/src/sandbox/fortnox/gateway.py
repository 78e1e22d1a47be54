"""What every call passes first: journal, access token, rate limit, planned faults. Bare ASGI around the application."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.fortnox.clock import swedish
from sandbox.fortnox.faults import Fault
from sandbox.fortnox.journal import Entry
from sandbox.fortnox.oauth.tokens import Caller
from sandbox.fortnox.wire import answers, errors
from sandbox.fortnox.world import World

NO_ANSWER_SECONDS = 3600.0  # a timeout without a time of its own: longer than any caller waits


@dataclass(slots=True)
class Answered:
    """An answer held back: the call has been carried out, its answer not been sent."""

    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


class Gateway:
    """The outermost application."""

    def __init__(self, inner: ASGIApp, world: World) -> None:
        self._inner, self._world = inner, world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").rstrip("/")  # a trailing slash is accepted without redirect (fact 14)
        if scope["type"] != "http" or path.startswith("/_sim"):
            await self._inner(scope, receive, send)
            return
        scope = {**scope, "path": path}
        there, back = self._latency()
        if there:
            await asyncio.sleep(there)
        query = scope["query_string"].decode("latin-1")
        moment = swedish(self._world.clock.now())
        entry = self._world.journal.opened(scope["method"], path, query, moment)

        async def recording(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._world.journal.closed(entry, message["status"])
                if back:
                    await asyncio.sleep(back)
            await send(message)

        with suppress(_Gone):
            await self._pass(_Exchange(scope, receive, recording, _transport(send)), entry)

    def _latency(self) -> tuple[float, float]:
        """Seconds that this call is on its way, and its answer."""
        both = random.uniform(0, self._world.switches.latency_seconds)
        there = random.uniform(0, both)
        return there, both - there

    async def _pass(self, exchange: _Exchange, entry: Entry) -> None:
        if entry.path.startswith("/3/") or entry.path == "/3":
            refusal = self._admission(exchange, entry)
            if refusal is not None:
                await refusal(exchange.scope, exchange.receive, exchange.send)
                return
        fault = self._world.faults.take(entry.method, entry.path, entry.tenant)
        if fault is None:
            await self._inner(exchange.scope, exchange.receive, exchange.send)
            return
        entry.fault = fault.kind
        await self._meet(fault, exchange)

    def _admission(self, exchange: _Exchange, entry: Entry) -> Response | None:
        """The refusal that the call meets at the door, if any: 401 first, then 429."""
        world = self._world
        caller = self._caller(exchange.scope)
        if caller is None:
            return answers.gateway_unauthorised()
        entry.tenant, entry.client_id = caller.tenant, caller.client_id
        exchange.scope["caller"] = caller
        switches = world.switches
        calls = switches.rate_limit_calls if switches.rate_limit else None
        if world.journal.admit(
            caller.client_id, caller.tenant, entry.at, calls=calls, seconds=switches.rate_limit_seconds
        ):
            return None
        return answers.too_many(switches.retry_after, switches.too_many_body)

    def _caller(self, scope: Scope) -> Caller | None:
        authorisation = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = authorisation.decode("latin-1").partition(" ")
        caller = self._world.grants.mint.read(token) if scheme.lower() == "bearer" else None
        if caller is None or caller.tenant not in self._world.companies:
            return None
        grant = self._world.grants.grants.get((caller.client_id, caller.tenant))
        return caller if grant is not None and caller.epoch >= grant.epoch else None

    async def _meet(self, fault: Fault, exchange: _Exchange) -> None:
        """Does to the call what the fault says."""
        if fault.base == "slow" and not fault.after:
            await exchange.wait(fault.seconds)
        held = Answered()
        if fault.after or fault.base.startswith(("slow", "truncate")):
            await self._inner(exchange.scope, exchange.receive, held.send)
        if fault.base == "timeout":
            await exchange.no_answer(fault.seconds)
        elif fault.base == "reset":
            await exchange.reset()
        elif fault.base == "truncate":
            await exchange.break_off(held)
        else:
            if fault.base == "slow" and fault.after:
                await exchange.wait(fault.seconds)
            await exchange.answer(held if fault.base in {"slow", "truncate-json"} else self._made_up(fault), fault)

    def _made_up(self, fault: Fault) -> Response:
        """The answer that stands in for the real one."""
        if fault.base == "html":
            return answers.outage(fault.status)
        status = int(fault.base.removeprefix("status-"))
        if status == 401:
            return answers.gateway_unauthorised()
        if status == 429:
            return answers.too_many(self._world.switches.retry_after, self._world.switches.too_many_body)
        refusal = errors.system_error()
        refusal.status = status
        return answers.refused(refusal, self._world.switches.error_casing)


class _Gone(Exception):
    """The connection is no more."""


@dataclass(slots=True)
class _Exchange:
    """One request and the connection on which it came; in a test without sockets there is no connection."""

    scope: Scope
    receive: Receive
    send: Send
    transport: asyncio.Transport | None

    async def wait(self, seconds: float) -> None:
        if self.transport is not None:
            await asyncio.sleep(seconds)

    async def no_answer(self, seconds: float) -> None:
        """Nothing comes. Without a socket the caller is told at once what its HTTP library would tell in the end."""
        if self.transport is None:
            raise httpx.ReadTimeout("simulated: no answer")
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds or NO_ANSWER_SECONDS):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        await self._drop(linger=False)

    async def reset(self) -> None:
        if self.transport is None:
            raise httpx.ReadError("simulated: connection reset")
        await self._drop(linger=True)

    async def break_off(self, held: Answered) -> None:
        """Announces the whole body, sends half of it and closes."""
        if self.transport is None:
            raise httpx.RemoteProtocolError("simulated: peer closed connection without sending complete message body")
        await self.send(held.start)
        await self.send({"type": "http.response.body", "body": held.body[: len(held.body) // 2], "more_body": True})
        self.transport.close()
        await self._gone()

    async def answer(self, given: Answered | Response, fault: Fault) -> None:
        if isinstance(given, Response):
            await given(self.scope, self.receive, self.send)
            return
        body = given.body[: len(given.body) // 2] if fault.base == "truncate-json" else given.body
        headers = [(name, value) for name, value in given.start["headers"] if name != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await self.send({**given.start, "headers": [*headers, length]})
        await self.send({"type": "http.response.body", "body": body})

    async def _drop(self, *, linger: bool) -> None:
        assert self.transport is not None
        if linger:  # no orderly goodbye: the peer gets a reset
            connection: socket.socket = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        await self._gone()

    async def _gone(self) -> None:
        """Lets the server notice that the connection is closed, so that it doesn't complain of a missing answer."""
        for _ in range(3):
            await asyncio.sleep(0)
        raise _Gone


def _transport(send: Send) -> asyncio.Transport | None:
    """The connection, which uvicorn's `send` belongs to; ASGI has no word for "reset it"."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    return transport if isinstance(transport, asyncio.Transport) else None
