"""Several things at once, with failures that come out as themselves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A TaskGroup whose first failure is raised instead of a group of them."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


async def together(awaitables: Iterable[Awaitable[T]]) -> list[T]:
    """What each of them gives, in their order; when one fails the others are stopped."""
    async with tasks() as group:
        started = [group.create_task(_run(one)) for one in awaitables]
    return [task.result() for task in started]


async def _run(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _first(failure: BaseException) -> BaseException:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
