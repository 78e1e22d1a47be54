"""A list page by page, from one moment as far as the pages' totals can tell."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import fortnox
from common.concurrency import together

T = TypeVar("T", bound=fortnox.Wire)
V = TypeVar("V")

STEADY_TRIES = 3  # how often a list is read in the hope that nobody changes it meanwhile

AskPage = Callable[[int], Awaitable[fortnox.Page[T]]]


class Pages(Generic[T]):
    """One list. What was read of it once is not asked for again, unless its length changed meanwhile."""

    def __init__(self, ask: AskPage[T], forget: Callable[[], Awaitable[None]], unsteady: Callable[[], None]) -> None:
        self._ask = ask
        self._forget = forget
        self._tell_unsteady = unsteady
        self._tries = 1
        self.read: dict[int, fortnox.Page[T]] = {}
        """By their numbers."""

    async def get(self, *numbers: int) -> list[fortnox.Page[T]]:
        """These pages, in parallel. Only within `steadily`."""
        missing = [number for number in numbers if number not in self.read]
        for page in await together(self._ask(number) for number in missing):
            self.read[page.number] = page
        if len({page.total for page in self.read.values()}) > 1:
            if self._tries < STEADY_TRIES:
                raise _ListMoved
            self._tell_unsteady()
        return [self.read[number] for number in numbers]

    @property
    def count(self) -> int:
        """How many there are, as far as is known."""
        return max((page.pages for page in self.read.values()), default=0)

    @property
    def items(self) -> list[T]:
        """All records that were read, page by page."""
        return [item for number in sorted(self.read) for item in self.read[number].items]

    async def steadily(self, read: Callable[[], Awaitable[V]]) -> V:
        """Reads anew when the list changes its length meanwhile. The last time it goes on, and tells."""
        while True:
            try:
                return await read()
            except _ListMoved:
                self._tries += 1
                await self.forget()

    async def forget(self) -> None:
        """What was read is out of date."""
        self.read.clear()
        await self._forget()


class _ListMoved(Exception):
    """Pages of one list gave different totals: records may be missing or there twice."""
