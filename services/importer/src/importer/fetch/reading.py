"""Asking Fortnox so that no answer is lost: each is kept at once, and a later attempt goes on from there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import TypeAdapter

import fortnox
from importer.fetch.checkpoints import Checkpoints
from importer.fetch.pages import Pages
from importer.fetch.plan import Plan

T = TypeVar("T", bound=fortnox.Wire)
V = TypeVar("V")

PAGE_SIZE = 500  # Fortnox's largest (fact 3)


@dataclass(frozen=True)
class Reading:
    """What an attempt at an import asks Fortnox, on top of what earlier attempts were answered."""

    client: fortnox.Client
    checkpoints: Checkpoints
    plan: Plan
    unsteady: set[str] = field(default_factory=set)
    """Lists whose length changed each time that they were read."""
    singles: dict[str, Any] = field(default_factory=dict)
    """Single records that this attempt has, by name."""

    async def once(self, what: str, key: str, model: type[T], ask: Callable[[], Awaitable[T]]) -> T:
        """One record, asked for only once whatever happens; `what` is its resource."""
        name = f"{what}/{key}"
        if name not in self.singles:
            self.singles[name] = await self._once(what, name, TypeAdapter(model), ask)
        found: T = self.singles[name]
        return found

    def pages(self, resource: fortnox.Resource[T], **query: fortnox.QueryValue) -> Pages[T]:
        """A list to be read as far as is needed."""

        async def forget() -> None:
            await self.checkpoints.forget(f"{resource.path}?")

        return Pages(
            lambda number: self._page(resource, number, query), forget, lambda: self.unsteady.add(resource.path)
        )

    async def every(self, resource: fortnox.Resource[T], **query: fortnox.QueryValue) -> list[T]:
        """All records of a list in its order, pages in parallel, from one moment as far as the totals can tell."""
        pages = self.pages(resource, **query)

        async def read() -> list[T]:
            await pages.get(1)
            self.plan.expect(resource.path, pages.count)
            await pages.get(*range(1, pages.count + 1))
            return pages.items

        return await pages.steadily(read)

    async def now(self, resource: fortnox.Resource[T], what: str, **query: fortnox.QueryValue) -> list[T]:
        """All records of a list at this moment: never kept."""
        found: list[T] = []
        async for page in self.client.pages(resource, limit=PAGE_SIZE, **query):
            self.count(what)
            found += page.items
        return found

    async def total(self, resource: fortnox.Resource[T], what: str) -> int:
        """How many records a list has at this moment."""
        page = await self.client.page(resource, 1, limit=1)
        self.count(what)
        return page.total

    async def forget(self, what: str, key: str) -> None:
        """A single record is to be asked for again."""
        name = f"{what}/{key}"
        if self.singles.pop(name, None) is not None or self.checkpoints.take(name) is not None:
            await self.checkpoints.forget(name)

    def count(self, what: str) -> None:
        """An answer that is of no use to a later attempt."""
        self.checkpoints.count()
        self.plan.note(what)

    async def _page(
        self, resource: fortnox.Resource[T], number: int, query: Mapping[str, fortnox.QueryValue]
    ) -> fortnox.Page[T]:
        async def ask() -> fortnox.Page[T]:
            return await self.client.page(resource, number, limit=PAGE_SIZE, **query)

        name = f"{resource.path}?{urlencode({**query, 'page': number})}"
        return await self._once(resource.path, name, _page_adapter(resource.model), ask)

    async def _once(self, what: str, name: str, adapter: TypeAdapter[V], ask: Callable[[], Awaitable[V]]) -> V:
        kept = self.checkpoints.take(name)
        if kept is None:
            answer = await ask()
            await self.checkpoints.keep(name, adapter.dump_json(answer))
        else:
            answer = adapter.validate_json(kept)
        self.plan.note(what, kept=kept is not None)
        return answer


@cache
def _page_adapter(model: type[T]) -> TypeAdapter[fortnox.Page[T]]:
    return TypeAdapter(fortnox.Page[model])  # type: ignore[valid-type]  # a page of just this record
