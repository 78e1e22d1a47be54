"""Asking Fortnox so that no answer is lost: each is kept at once, and a later attempt goes on from there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeVar
from urllib.parse import urlencode

from pydantic import TypeAdapter

import fortnox
from common.concurrency import together
from importer.fetch.checkpoints import Checkpoints
from importer.fetch.plan import SECOND_LOOK, Plan

T = TypeVar("T", bound=fortnox.Wire)
V = TypeVar("V")

PAGE_SIZE = 500  # Fortnox's largest (fact 3)
STEADY_TRIES = 3  # how often a list is read in the hope that nobody changes it meanwhile


@dataclass(frozen=True)
class Reading:
    """What an attempt at an import asks Fortnox, on top of what earlier attempts were answered."""

    client: fortnox.Client
    checkpoints: Checkpoints
    plan: Plan

    async def once(self, what: str, key: str, model: type[T], ask: Callable[[], Awaitable[T]]) -> T:
        """One record, asked for only once whatever happens; `what` is its resource."""
        adapter: TypeAdapter[T] = TypeAdapter(model)
        return await self._once(what, f"{what}/{key}", adapter, ask)

    async def every(self, resource: fortnox.Resource[T], **query: fortnox.QueryValue) -> list[T]:
        """All records of a list in its order, pages in parallel, from one moment as far as the totals can tell."""
        for _ in range(STEADY_TRIES):
            first = await self._page(resource, 1, query)
            self.plan.expect(resource.path, first.pages)
            others = await together(self._page(resource, number, query) for number in range(2, first.pages + 1))
            if all(page.total == first.total for page in others):
                return [item for page in (first, *others) for item in page.items]
            await self.checkpoints.forget(f"{resource.path}?")
        raise fortnox.ChangedMeanwhile(f"GET /3/{resource.path}")

    async def changed_since(
        self, resource: fortnox.Resource[T], since: datetime, **query: fortnox.QueryValue
    ) -> fortnox.Page[T]:
        """What of a list was made or changed since; deletions leave no trace (fact 5.6). Never kept: it is of now."""
        page = await self.client.page(resource, 1, limit=PAGE_SIZE, lastmodified=since, **query)
        self.checkpoints.count()
        self.plan.note(SECOND_LOOK)
        return page

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
        self.plan.note(what)
        return answer


@cache
def _page_adapter(model: type[T]) -> TypeAdapter[fortnox.Page[T]]:
    return TypeAdapter(fortnox.Page[model])  # type: ignore[valid-type]  # a page of just this record
