"""Drives a coroutine await by await, so that a test can stop it, or let its process die, at any of them."""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import Any, TypeVar

import httpx

Result = TypeVar("Result")

Gate = Callable[[int], Coroutine[Any, Any, None]]


class Died(Exception):
    """Raised by a gate: the coroutine is left where it is."""


async def _open(_number: int) -> None:
    """No gate."""


async def stepwise(coroutine: Coroutine[Any, Any, Result], *, under_way: Gate = _open, done: Gate = _open) -> Result:
    """Runs the coroutine; `under_way(n)` runs while what its n-th await has set going is still open.

    `done(n)` runs when that has come to its end, and the coroutine hasn't seen it yet. Give it a task of its own:
    timeouts of a coroutine that is left cancel the task that it ran in.
    """
    return await _drive(coroutine, under_way, done)


@types.coroutine
def _drive(coroutine: Coroutine[Any, Any, Result], under_way: Gate, done: Gate) -> Generator[Any, Any, Result]:
    goes_on: Callable[[], Any] = partial(coroutine.send, None)
    number = 0
    while True:
        try:
            awaited = goes_on()
        except StopIteration as end:
            result: Result = end.value
            return result
        number += 1
        yield from under_way(number).__await__()
        try:
            yield awaited
            goes_on = partial(coroutine.send, None)
        except BaseException as error:  # noqa: BLE001  (whatever it is, it belongs to the coroutine)
            goes_on = partial(coroutine.throw, error)
        yield from done(number).__await__()


async def die_at(coroutine: Coroutine[Any, Any, object], awaits: int) -> bool:
    """Runs the coroutine so many awaits far and then leaves it for ever. True when it came to its end before."""

    async def done(number: int) -> None:
        if number == awaits:
            raise Died

    try:
        await asyncio.create_task(stepwise(coroutine, done=done))
    except Died:
        return False
    return True


class Suspending(httpx.AsyncBaseTransport):
    """A way to an application in this process, with an await before the request arrives and one before its answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        response = await self._inner.handle_async_request(request)
        await asyncio.sleep(0)
        return response


_LIFE: ContextVar["Life | None"] = ContextVar("life", default=None)


class Life:
    """All tasks of a process that lives in this one. It may die after so many of its awaits: none of them goes on.

    What a task began with its last await is still carried out, as what a process has sent is when it is killed. Sockets
    are the owner's to close; then `bury` clears the tasks away.
    """

    def __init__(self, awaits: int | None = None) -> None:
        """Without a number it never dies."""
        self.awaits = 0
        """So far, of all its tasks."""
        self._last = awaits
        self._dead = asyncio.Event()
        self._buried = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def live(self, main: Coroutine[Any, Any, object]) -> bool:
        """Runs the process. True when its main coroutine came to its end, False when it died before."""
        loop = asyncio.get_running_loop()
        before = loop.get_task_factory()
        loop.set_task_factory(_make_task)
        try:
            context = copy_context()
            context.run(_LIFE.set, self)
            running = loop.create_task(main, context=context)
            death = loop.create_task(self._dead.wait())
            await asyncio.wait({running, death}, return_when=asyncio.FIRST_COMPLETED)
            death.cancel()
            if not self._dead.is_set():
                running.result()
            return not self._dead.is_set()
        finally:
            loop.set_task_factory(before)

    async def bury(self) -> None:
        """Clears away what a dead process left: its tasks are cancelled at whatever they would still await."""
        self._buried = True
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    async def task(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """What each of its tasks runs, around the task's own coroutine."""
        try:
            return await self._drive(coroutine)
        except BaseException:
            if self._buried:
                raise asyncio.CancelledError from None
            raise

    def keep(self, task: "asyncio.Task[Any]", coroutine: Coroutine[Any, Any, Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: coroutine.close())  # one that was buried before it began

    @types.coroutine
    def _drive(self, coroutine: Coroutine[Any, Any, Result]) -> Generator[Any, Any, Result]:
        goes_on: Callable[[], Any] = partial(coroutine.send, None)
        while True:
            if self._dead.is_set():
                yield from self._lie_dead().__await__()
                goes_on = partial(coroutine.throw, asyncio.CancelledError())
            try:
                awaited = goes_on()
            except StopIteration as end:
                result: Result = end.value
                return result
            if self._buried:
                continue
            try:
                yield awaited
                goes_on = partial(coroutine.send, None)
            except BaseException as error:  # noqa: BLE001  (whatever it is, it belongs to the coroutine)
                goes_on = partial(coroutine.throw, error)
            self._count()

    def _count(self) -> None:
        if not self._dead.is_set():
            self.awaits += 1
            if self.awaits == self._last:
                self._dead.set()

    async def _lie_dead(self) -> None:
        """Nothing gets a dead process's task to go on, neither what it waits for nor a timeout that cancels it."""
        while not self._buried:
            with suppress(asyncio.CancelledError):
                await asyncio.get_running_loop().create_future()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)  # tasks that wait for each other are cleared away together


def outside(coroutine: Coroutine[Any, Any, Result]) -> "asyncio.Task[Result]":
    """A task that belongs to no Life, whoever asks for it."""
    return asyncio.create_task(coroutine, context=Context())


def _make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, *, context: Context | None = None
) -> "asyncio.Task[Any]":
    life = _LIFE.get() if context is None else context.get(_LIFE)
    if life is None:
        return asyncio.Task(coroutine, loop=loop, context=context)
    task = asyncio.Task(life.task(coroutine), loop=loop, context=context)
    life.keep(task, coroutine)
    return task
