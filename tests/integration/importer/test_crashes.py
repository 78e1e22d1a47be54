"""A process may die at any call and at any keeping of an answer: the next one ends with the same data."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest

from importer.conclusion import conclude
from importer.fetch import reading
from sandbox.stepping import Died

DAY = date(2010, 12, 31)


@dataclass
class Process:
    """Dies at its n-th effect: before a call arrives or when it is answered, before or after an answer is kept."""

    left: int
    dead: bool = False

    def live(self) -> None:
        self.left -= 1
        self.dead = self.dead or self.left < 0
        if self.dead:
            raise Died


class Wire(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, process: Process) -> None:
        self._inner, self._process = inner, process

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._process.live()
        answer = await self._inner.handle_async_request(request)
        self._process.live()
        return answer


class Kept:
    """Checkpoints of a process that can die; what it kept is kept."""

    def __init__(self, store: Any, process: Process) -> None:
        self._store, self._process = store, process

    async def keep(self, name: str, content: bytes) -> None:
        self._process.live()
        await self._store.keep(name, content)
        self._process.live()

    async def keep_sie(self, content: bytes) -> None:
        self._process.live()
        await self._store.keep_sie(content)
        self._process.live()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def attempt(fortnox: Any, request: Any, store: Any, effects: int) -> Any:
    """What one process gets to; None when it died."""
    process, alive = Process(effects), fortnox.transport
    fortnox.transport, fortnox.checkpoints = Wire(alive, process), Kept(store, process)
    try:
        return await fortnox.fetch(request)
    except Died:
        return None
    finally:
        fortnox.transport = alive


@pytest.mark.parametrize("method", ["ACCRUAL", "CASH"])
async def test_wherever_it_dies_the_data_are_the_same(
    found: Any, request_for: Any, monkeypatch: pytest.MonkeyPatch, figure: Any, method: str
) -> None:
    monkeypatch.setattr(reading, "PAGE_SIZE", 40)
    fortnox, request = await found(method=method, invoices={"customer": 90, "supplier": 50}), request_for(2010, DAY)
    store = type(fortnox.checkpoints)
    undisturbed = await attempt(fortnox, request, store(), 10_000)
    expected = conclude(request, undisturbed)

    deaths, most = 0, 0
    while (outcome := await died_and_went_on(fortnox, request, store(), deaths)) is not None:
        fetched, calls = outcome
        result = conclude(request, fetched)
        assert (result.ledgers, result.sie_sha256) == (expected.ledgers, expected.sie_sha256)
        assert fetched.books_moved == ()
        most = max(most, calls - undisturbed.calls)
        deaths += 1

    figure(f"an import ({method}) died at each of {deaths} points; the most calls that were made again: {most}")
    assert deaths > 3 * undisturbed.calls


async def died_and_went_on(fortnox: Any, request: Any, store: Any, effects: int) -> tuple[Any, int] | None:
    """What the second process came to, and the calls of both; None when the first came to its end."""
    await fortnox.simulator.clear_calls()
    if await attempt(fortnox, request, store, effects) is not None:
        return None
    fetched = await attempt(fortnox, request, store, 10_000)
    assert fetched is not None
    return fetched, len([call for call in await fortnox.simulator.calls() if "/3/" in call["path"]])


async def test_it_may_die_again_and_again(found: Any, request_for: Any) -> None:
    """Each process lives for a dozen effects: it gets there all the same."""
    fortnox, request = await found(), request_for(2010, DAY)
    memory = type(fortnox.checkpoints)
    expected = conclude(request, await attempt(fortnox, request, memory(), 10_000))
    store, processes = memory(), 1

    while (fetched := await attempt(fortnox, request, store, 12 + processes)) is None:
        processes += 1

    assert processes > 2
    assert conclude(request, fetched).ledgers == expected.ledgers
