"""Drives a coroutine await by await, so that a test can stop it, or let its process die, at any of them."""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
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
