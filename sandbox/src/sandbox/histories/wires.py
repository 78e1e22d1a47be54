"""Connections to PostgreSQL as the event loop sees them: one statement at a time, and none while time passes.

That makes a history the same whenever it is run: statements come to the server one after another in an order that
depends on nothing but the history. Who waits for a lock lets the next one go.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import asyncpg

from sandbox.histories.process import PROCESS, Process, Stand, nobody

if TYPE_CHECKING:
    from sandbox.histories.loop import VirtualLoop

READY = b"Z\x00\x00\x00\x05"  # ReadyForQuery, with which each answer ends; one byte of status follows
BACKEND = b"K\x00\x00\x00\x0c"  # BackendKeyData: the process id follows
CANCEL = b"\x04\xd2\x16\x2e"  # CancelRequest: not to wait for what it is to cancel
IN_TRANSACTION = ord("T")
CLOCK = "virtual_clock"
ALONE = (  # what a loop that failed left open may hold locks
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)
FOLLOW = f"""
    create sequence if not exists {CLOCK} minvalue 0;
    create or replace function clock() returns timestamptz language sql volatile as
        $$ select timestamptz 'epoch' + last_value * interval '1 microsecond' from {CLOCK} $$
"""  # noqa: S608


class Wire(asyncio.Protocol):
    """Stands between an asyncpg connection and its socket."""

    def __init__(self, traffic: "Traffic", inner: asyncio.Protocol) -> None:
        self.process = PROCESS.get()
        self.pid: int | None = None
        self.status = 0
        self._tail = b""
        """The last bytes that came: an answer may be cut anywhere, also in the middle of its end."""
        self._traffic, self._inner = traffic, inner
        self._context = nobody()
        self._context.run(PROCESS.set, self.process)
        self.severed = False
        self._transport: Any = None
        if self.process:
            self.process.wires[self] = None

    @property
    def stands_still(self) -> bool:
        """Whether nobody is there who would go on with what has been begun."""
        return self.process is not None and self.process.stand is not Stand.RUNS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if self.severed:
            self._transport.abort()
        else:
            self.held = Held(self, transport)
            self._tell(self._inner.connection_made, self.held)

    def data_received(self, data: bytes) -> None:
        if self.pid is None and (at := data.find(BACKEND)) >= 0:
            (self.pid,) = struct.unpack_from("!i", data, at + len(BACKEND))
        if not self.severed:
            self._tell(self._inner.data_received, data)
        self._tail = (self._tail + data[-6:])[-6:]
        if self._tail[:-1] == READY:
            self.status = self._tail[-1]
            self._traffic.ready(self)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        if self.process:
            self.process.wires.pop(self, None)
        self._tell(self._inner.connection_lost, error)
        self._traffic.gone(self)

    def write(self, data: bytes) -> None:
        """What the process sends; it leaves when it is its turn."""
        if not self.severed:
            self._traffic.send(self, bytes(data))

    def flush(self, data: bytes) -> None:
        if not self.severed:
            self._transport.write(data)

    def sever(self) -> None:
        """The connection breaks; what has been sent is still carried out."""
        if not self.severed:
            self.severed = True
            self._traffic.cut_off(self)
            if self._transport:
                nobody().run(self._transport.abort)  # also for one who is dead before the loop comes to it

    def _tell(self, what: Callable[..., object], argument: object) -> None:
        self._traffic.loop.call_soon(what, argument, context=self._context)


class Held:
    """The transport as asyncpg sees it."""

    def __init__(self, wire: Wire, transport: Any) -> None:
        self._wire, self._transport = wire, transport

    def write(self, data: bytes) -> None:
        self._wire.write(data)

    def writelines(self, chunks: list[bytes]) -> None:
        self._wire.write(b"".join(chunks))

    def abort(self) -> None:
        self._wire.sever()

    def close(self) -> None:
        self._wire.sever()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Traffic:
    """All wires: whose statement is under way, who waits for its turn, and who for a lock."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self.loop = loop
        self._opening: set[Wire] = set()
        self._running: Wire | None = None
        self._queue: deque[tuple[Wire, bytes]] = deque()
        self._locked: set[Wire] = set()
        self._dying: set[int] = set()
        self._watching: asyncio.Task[None] | None = None
        self._time_is_new = True
        self.looks = 0
        """How often it was looked around in vain; each time PostgreSQL gets twice as long until the next."""
        self._watcher: asyncpg.Connection[Any] | None = None

    async def watch(self, dsn: str, schema: str) -> None:
        """Opens the watcher's own connection, and lets the database's clock follow the loop."""
        self._watching = asyncio.current_task()
        self._watcher = await asyncpg.connect(dsn, server_settings={"search_path": schema})
        await self._watcher.execute(ALONE)
        await self._watcher.execute(FOLLOW)
        self._set = await self._watcher.prepare(f"select setval('{CLOCK}', $1)")
        self._look = await self._watcher.prepare(
            "select pid, wait_event_type as waits_for from pg_stat_activity where pid = any($1::int[])"
        )
        self._watching = None

    @property
    def watcher(self) -> "asyncpg.Connection[Any]":
        assert self._watcher is not None
        return self._watcher

    @property
    def busy(self) -> bool:
        """Whether the server has something to do, so that time stands still."""
        opening = any(not one.stands_still for one in self._opening)
        return bool(self._running or self._queue or opening or self._dying or self._watching)

    @property
    def locked(self) -> bool:
        return bool(self._locked)

    def time_passed(self) -> None:
        self._time_is_new = True

    def open(self, inner: asyncio.Protocol) -> Wire:
        wire = Wire(self, inner)
        self._opening.add(wire)
        return wire

    def send(self, wire: Wire, data: bytes) -> None:
        self._opening.discard(wire)
        if wire is self._running or data[4:8] == CANCEL:
            wire.flush(data)
            return
        self._queue.append((wire, data))
        self._release()

    def ready(self, wire: Wire) -> None:
        """Its statement has been answered."""
        self._locked.discard(wire)
        if wire is self._running:
            self._running = None
            self.looks = 0
        self._release()

    def cut_off(self, wire: Wire) -> None:
        self._queue = deque((one, data) for one, data in self._queue if one is not wire)
        if wire.pid is not None:
            self._dying.add(wire.pid)
        self.gone(wire)

    def gone(self, wire: Wire) -> None:
        self._opening.discard(wire)
        self._locked.discard(wire)
        if wire is self._running:
            self._running = None
        self._release()

    def suspect(self) -> None:
        """Nothing comes: is it a lock that is waited for? And are the dead gone?"""
        if self._watching is None and (self._running or self._dying):
            self._start(self._look_around())

    def _release(self) -> None:
        """Lets the next statement go, once the database's clock is right."""
        if self._running or not self._queue or self._watching or self._dying:
            return
        self.looks = 0
        if self._time_is_new:
            self._start(self._set_clock())
            return
        wire = self._queue[0][0]
        data = b"".join(data for one, data in self._queue if one is wire)
        self._queue = deque((one, data) for one, data in self._queue if one is not wire)
        if wire.process and wire.process.stand is Stand.DEAD:
            self._release()
            return
        self._running = wire
        wire.flush(data)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._watching = self.loop.create_task(work, context=nobody())

    async def _set_clock(self) -> None:
        self._time_is_new = False
        await self._set.fetchval(self.loop.microseconds)
        self._watching = None
        self._release()

    async def _look_around(self) -> None:
        running = self._running
        pids = [*self._dying, *([running.pid] if running and running.pid else [])]
        found = {row["pid"]: row["waits_for"] for row in await self._look.fetch(pids)}
        self._watching = None
        self.looks += 1
        self._dying -= {pid for pid in pids if found.get(pid, "Lock") == "Lock"}  # gone, or held up by others
        if running is not None and running is self._running:
            waits_for = found.get(running.pid)
            if waits_for == "Lock":
                self._locked.add(running)
            left_alone = running.pid is None or waits_for == "Client"  # in the middle of what it asks
            if waits_for == "Lock" or (running.stands_still and left_alone):
                self._running = None
        self._release()


def cut(process: Process, *, only_in_transaction: bool = False) -> int:
    """Breaks a process's connections to the database, or those that hold a transaction open; returns how many."""
    found = [one for one in process.wires if not only_in_transaction or one.status == IN_TRANSACTION]
    for wire in found:
        wire.sever()
    return len(found)
