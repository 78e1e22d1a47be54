"""An event loop whose time passes only when nobody has anything to do: it then jumps to the next timer.

Everything that waits by asyncio (sleeps, timeouts, retries, heartbeats) waits in that time without a line of it
knowing. PostgreSQL is real and takes real time, which the loop waits for while its own stands still.
"""

import asyncio
import heapq
import selectors
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextvars import Context
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from sandbox.histories.process import PROCESS, nobody
from sandbox.histories.wires import Traffic

BEGIN = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
GRACE = 0.004  # seconds, real ones: how long PostgreSQL gets to answer before it is looked what holds it up
UNLOCKING = 0.0003  # seconds, real ones: who waited for a lock that is free now needs a moment to notice


PATIENCE = 60.0  # seconds, real ones, without a word from PostgreSQL
LIMIT = 90.0  # seconds, real ones, for one history: about a second is usual, five on a crowded machine


class Stuck(Exception):
    """Everybody waits, and for nothing that time would bring."""


class TakesTooLong(Exception):
    """A history goes on and on: its seed is told, and the next one is played."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs processes (`process.py`) and counts its own time, from 0.

    `_ready` and `_scheduled` are BaseEventLoop's: what runs next, and the heap of timers.
    """

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        self._now = 0.0
        self._heard_at = monotonic()
        self._ends_by = self._heard_at + LIMIT
        self._selecting = _Selector(self)
        super().__init__(self._selecting)
        self.traffic = Traffic(self)
        self.set_exception_handler(lambda _loop, _context: None)  # what the dead left behind is no news

    def time(self) -> float:
        return self._now

    @property
    def moment(self) -> datetime:
        return BEGIN + timedelta(microseconds=round(self._now * 1e6))

    @property
    def microseconds(self) -> int:
        """The time of day, since 1970."""
        return round(BEGIN.timestamp()) * 1_000_000 + round(self._now * 1e6)

    def call_soon(  # type: ignore[override]  # typeshed wants each callback's own argument types
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(  # type: ignore[override]  # likewise
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = _Timer(when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # noqa: SLF001  (what BaseEventLoop's own call_at does)
        return timer

    def begin_anew(self) -> None:
        """Time is 0 again, and what was to come is forgotten: all whom it concerned are dead."""
        self._scheduled.clear()
        self._now = 0.0
        self._ends_by = monotonic() + LIMIT
        self.traffic.time_passed()

    def put_back(self, handles: Iterable[asyncio.Handle]) -> None:
        """What a process that stood still has left to do."""
        self._ready.extend(handles)

    def create_task(self, coro: Any, *, name: Any = None, context: Context | None = None) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = super().create_task(coro, name=name, context=context)
        process = PROCESS.get() if context is None else context.get(PROCESS)
        if process:
            process.began(task)
        return task

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """At once: a thread would run by itself."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (whatever it is, it belongs to the caller)
            future.set_exception(error)
        return future

    async def create_connection(self, protocol_factory: Any, *args: Any, **more: Any) -> Any:
        """A process's connections, which are to PostgreSQL, are wires."""
        if PROCESS.get() is None:
            return await super().create_connection(protocol_factory, *args, **more)
        inner = protocol_factory()
        wire = self.traffic.open(inner)
        try:
            await self.create_task(super().create_connection(lambda: wire, *args, **more), context=nobody())
        except BaseException:
            self.traffic.gone(wire)
            raise
        if wire.severed:
            raise ConnectionResetError
        return wire.held, inner

    def check_limit(self) -> None:
        """Asked at each turn of the loop."""
        if monotonic() > self._ends_by:
            raise TakesTooLong(f"more than {LIMIT:.0f} s")

    def idle(self, until: float | None) -> list[Any]:
        """Nothing is ready in this loop: waits for PostgreSQL, or lets time pass."""
        if self.traffic.busy:
            found = self._selecting.wait(GRACE * 2 ** min(self.traffic.looks, 7))
            if found:
                self._heard_at = monotonic()
            elif monotonic() > self._heard_at + PATIENCE:
                raise Stuck
            else:
                self.traffic.suspect()
            return found
        if self.traffic.locked and (found := self._selecting.wait(UNLOCKING)):
            return found
        if until is None:
            raise Stuck
        self._heard_at = monotonic()
        self._now = max(self._now, self._scheduled[0].when())
        self.traffic.time_passed()
        return []


class _Handle(asyncio.Handle):
    """A callback of a process runs only while the process does."""

    __slots__ = ()

    def _run(self) -> None:
        process = self._context.get(PROCESS)  # type: ignore[attr-defined]
        if process is None or process.may_run(self):
            super()._run()


class _Timer(asyncio.TimerHandle):
    """Likewise."""

    __slots__ = ()
    if TYPE_CHECKING:
        _scheduled: bool

    def _run(self) -> None:
        process = self._context.get(PROCESS)  # type: ignore[attr-defined]
        if process is None or process.may_run(self):
            super()._run()


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        self._loop.check_limit()
        found = self.wait(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        return self._loop.idle(timeout)

    def wait(self, seconds: float) -> list[Any]:
        """For real."""
        return super().select(seconds)


class VirtualClock:
    """`common.clock.Clock` by the loop's time."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        return self._loop.moment

    def boottime(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
