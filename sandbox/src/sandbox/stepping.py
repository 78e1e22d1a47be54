"""Drives a coroutine await by await, so that a test can stop it, or let its process die, at any of them."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, TypeVar

import httpx

Result = TypeVar("Result")

Gate = Callable[[int], Awaitable[None]]


class Died(Exception):
    """Raised by a gate: the coroutine is left where it is."""


@types.coroutine
def stepwise(coroutine: Coroutine[Any, Any, Result], gate: Gate) -> Generator[Any, Any, Result]:
    """Runs the coroutine; what its n-th await has set going is under way, its outcome unseen, while `gate(n)` runs."""
    goes_on: Callable[[], Any] = partial(coroutine.send, None)
    number = 0
    while True:
        try:
            awaited = goes_on()
        except StopIteration as end:
            result: Result = end.value
            return result
        number += 1
        yield from gate(number).__await__()
        try:
            yield awaited
            goes_on = partial(coroutine.send, None)
        except BaseException as error:  # noqa: BLE001  (whatever it is, it belongs to the coroutine)
            goes_on = partial(coroutine.throw, error)


async def die_at(coroutine: Coroutine[Any, Any, object], awaits: int) -> bool:
    """Runs the coroutine so many awaits far and then leaves it for ever. True when it came to its end before."""

    async def gate(number: int) -> None:
        if number == awaits:
            raise Died

    try:
        await stepwise(coroutine, gate)
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
