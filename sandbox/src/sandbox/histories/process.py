"""Processes within this one: each can be stopped, be continued and die, as by SIGSTOP, SIGCONT and SIGKILL.

What belongs to a process is told by the context in which the event loop runs it: its tasks, their callbacks and timers,
and what comes in on its connections. Of a stopped process nothing runs; of a dead one nothing ever does.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from sandbox.histories.loop import VirtualLoop
    from sandbox.histories.wires import Wire

Task = asyncio.Task[Any]


MOST_AWAITS = 30  # in what cleans up after a coroutine


class Stand(Enum):
    RUNS = "runs"
    STOPPED = "stopped"
    DEAD = "dead"


class Process:
    """One process; `name` is for the trace."""

    def __init__(self, loop: "VirtualLoop", name: str) -> None:
        self.name = name
        self.stand = Stand.RUNS
        self.steps = 0
        """How often something of it has run, which is what a moment of its life is told by."""
        self.wires: dict[Wire, None] = {}
        self._loop = loop
        self._context = Context()
        self._context.run(PROCESS.set, self)
        self._tasks: WeakSet[Task] = WeakSet()
        self._remains: list[Task] = []
        self._backlog: list[asyncio.Handle] = []
        self._at: dict[int, Callable[[], None]] = {}

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> Task:
        """A task of the process."""
        return self._loop.create_task(coroutine, context=self._context.copy())

    def after(self, steps: int, action: Callable[[], None]) -> None:
        """Does something when so many steps more have been taken, before the next one."""
        self._at[self.steps + steps] = action

    def stop(self) -> None:
        if self.stand is Stand.RUNS:
            self.stand = Stand.STOPPED

    def go_on(self) -> None:
        if self.stand is Stand.STOPPED:
            self.stand = Stand.RUNS
            held, self._backlog = self._backlog, []
            self._loop.put_back(held)

    def kill(self) -> None:
        """Nothing of it runs any more, and its connections break."""
        self.stand = Stand.DEAD
        self._backlog.clear()
        self._remains = list(self._tasks)  # kept: a task that is thrown away would still clean up after itself
        for wire in list(self.wires):
            wire.sever()

    def bury(self) -> None:
        """Clears away what a dead process left here."""
        for task in self._remains:
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
            self._context.copy().run(_close, task.get_coro())
        self._remains.clear()

    # What the event loop tells.

    def began(self, task: Task) -> None:
        self._tasks.add(task)

    def may_run(self, handle: asyncio.Handle) -> bool:
        """Whether a callback of the process may run now; if not, it is kept for when the process goes on."""
        if self.stand is Stand.RUNS:
            self.steps += 1
            if self._at and (action := self._at.pop(self.steps, None)):
                action()
        if self.stand is Stand.STOPPED:
            self._backlog.append(handle)
        return self.stand is Stand.RUNS


def _close(coroutine: Any) -> None:
    """Until it has given up cleaning up: each time it is thrown out of the await at which it does."""
    for _ in range(MOST_AWAITS):
        try:
            coroutine.close()
        except BaseException:  # noqa: BLE001, S112  (nobody is there any more whom it would concern)
            continue
        return


PROCESS: ContextVar[Process | None] = ContextVar("PROCESS", default=None)


def nobody() -> Context:
    """A context of no process: of Fortnox, of other people, of the one who watches."""
    return Context()
