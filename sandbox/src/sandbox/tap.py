"""Taps: TCP ways between one process and its servers that know an effect when they see it, and stop the process there.

An effect is what a server does because of one message: a commit, an HTTP call, a record written to Kafka, an offset
committed. At the chosen one the process is killed, either before the message is passed on, or when the server has
answered and the process hasn't heard it yet.
"""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sandbox.embedded import ports

CHUNK = 1 << 20
PRODUCE, OFFSET_COMMIT = 0, 8  # Kafka's API keys


@dataclass(frozen=True)
class Moment:
    """Where a process dies: at the n-th effect of a kind, counted from 1."""

    effect: str
    number: int
    after: bool
    """Whether the effect has happened."""

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.effect} {self.number}"


@dataclass(frozen=True)
class Said:
    """A message that has an effect; `answer` tells its answer from others on that connection."""

    effect: str
    answer: Callable[[bytes], bool]


Dialect = Callable[[bytes], Iterator[Said]]
"""Finds the effects in what a client sends. Our clients send a message at once, and small ones in one piece."""


def postgres(data: bytes) -> Iterator[Said]:
    """asyncpg ends a transaction with a simple query; what is committed by itself is known by nothing of the sort."""
    if data[:1] == b"Q" and data[5:] == b"COMMIT;\0":
        yield Said("commit", lambda _: True)


def http(name: str) -> Dialect:
    """Calls of a server that is called so: `fortnox POST /3/vouchers`."""

    def calls(data: bytes) -> Iterator[Said]:
        if call := re.match(rb"(GET|POST|PUT|DELETE) (/[^ ?]*)", data):
            method, path = (part.decode() for part in call.groups())
            yield Said(f"{name} {method} {path}", lambda _: True)

    return calls


def kafka(data: bytes) -> Iterator[Said]:
    """Records written and offsets committed; the answer carries the request's correlation id."""
    while len(data) >= 12:
        size, key, correlation = int.from_bytes(data[:4]), int.from_bytes(data[4:6]), data[8:12]
        if key in {PRODUCE, OFFSET_COMMIT}:
            effect = "kafka produce" if key == PRODUCE else "kafka offset commit"
            yield Said(effect, lambda heard, wanted=correlation: heard[4:8] == wanted)  # type: ignore[misc]  # mypy and default arguments
        data = data[4 + size :]


@dataclass
class Taps:
    """All ways of one process."""

    kill: Callable[[], None] = lambda: None
    """Ends it at once."""
    seen: Counter[str] = field(default_factory=Counter)
    """Effects since the aim was taken, by kind."""
    order: list[str] = field(default_factory=list)
    """The same, in their order."""
    killed: asyncio.Event = field(default_factory=asyncio.Event)
    _moment: Moment | None = None
    _ways: set[asyncio.Task[None]] = field(default_factory=set)

    def aim(self, moment: Moment | None) -> None:
        """Counts from here on; None only counts."""
        self._moment = moment
        self.seen.clear()
        self.order.clear()
        self.killed.clear()

    @asynccontextmanager
    async def way(self, dialect: Dialect, address: str) -> AsyncIterator[str]:
        """An address to use in place of a server's own (`host:port`)."""
        host, _, port = address.rpartition(":")
        own = ports.free()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            way = asyncio.current_task()
            assert way is not None
            self._ways.add(way)
            with contextlib.suppress(OSError, asyncio.CancelledError):
                up_reader, up_writer = await asyncio.open_connection(host, int(port))
                await _Way(self, dialect, (reader, writer), (up_reader, up_writer), (int(port), own)).run()
            writer.transport.abort()
            self._ways.discard(way)

        server = await asyncio.start_server(serve, ports.LOOPBACK, own, limit=CHUNK)
        try:
            yield f"{ports.LOOPBACK}:{own}"
        finally:
            server.close()
            self.cut()
            await server.wait_closed()

    def cut(self) -> None:
        """All connections end."""
        for way in self._ways:
            way.cancel()

    def said(self, effect: str) -> Moment | None:
        """Counts an effect; the moment if it is the chosen one."""
        self.seen[effect] += 1
        self.order.append(effect)
        moment = self._moment
        chosen = moment is not None and (moment.effect, moment.number) == (effect, self.seen[effect])
        return moment if chosen else None

    def strike(self) -> None:
        """Nothing that the process has said or should hear is passed on any more."""
        self._moment = None
        self.kill()
        self.killed.set()
        self.cut()


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class _Way:
    """One connection."""

    taps: Taps
    dialect: Dialect
    client: Stream
    server: Stream
    ports: tuple[int, int]
    """The server's own and ours, which stands in its place in what Kafka tells of itself."""
    swallowed: Said | None = None

    async def run(self) -> None:
        both = [asyncio.ensure_future(self._there()), asyncio.ensure_future(self._back())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            self.server[1].close()

    async def _there(self) -> None:
        while data := await self.client[0].read(CHUNK):
            for said in self.dialect(data):
                moment = self.taps.said(said.effect)
                if moment and not moment.after:
                    self.taps.strike()
                    return
                self.swallowed = said if moment else self.swallowed
            self.server[1].write(data)
            await self.server[1].drain()

    async def _back(self) -> None:
        theirs, ours = (ports.LOOPBACK.encode() + port.to_bytes(4) for port in self.ports)
        while data := await self.server[0].read(CHUNK):
            if self.swallowed and self.swallowed.answer(data):
                self.taps.strike()
                return
            self.client[1].write(data.replace(theirs, ours))
            await self.client[1].drain()
