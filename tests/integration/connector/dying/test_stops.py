"""A process is stopped at any await of a renewal, beyond its deadline, and goes on later (field fault 13)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sandbox.stepping import stepwise

TAKEN_OVER = 28  # seconds: the claim's deadline and the longest call after it


class Stopped:
    """A coroutine that stands still at one await until it is let go on."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], at: int) -> None:
        self._at, self._stands, self._goes_on = at, asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(stepwise(coroutine, under_way=self._gate))

    async def _gate(self, number: int) -> None:
        if number == self._at:
            self._stands.set()
            await self._goes_on.wait()

    async def stands(self) -> bool:
        """False if it came to its end before."""
        standing = asyncio.create_task(self._stands.wait())
        await asyncio.wait([standing, self._task], return_when=asyncio.FIRST_COMPLETED)
        standing.cancel()
        return not self._task.done()

    async def goes_on(self) -> None:
        self._goes_on.set()
        await asyncio.gather(self._task, return_exceptions=True)


@pytest.fixture
async def wake_up_late(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """As if the event loop had stood still: every timer of the time between is due at once."""
    loop, ahead = asyncio.get_running_loop(), 0.0
    time = loop.time

    def later(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(loop, "time", lambda: time() + ahead)
    return later


@pytest.mark.parametrize("kind", ["refresh_token", "service_account"])
@pytest.mark.parametrize("seconds", [10, 61])
async def test_who_was_stopped_at_any_await_neither_throws_a_live_token_away_nor_puts_an_older_one_in_its_place(
    town: Any, kind: str, seconds: int, wake_up_late: Callable[[float], None], figure: Callable[[str], None]
) -> None:
    town.kind = kind
    await town.connect()
    awaits, revived, standing = 0, 0, True

    while standing:
        awaits += 1
        await town.scene.forget_access_tokens()
        process = await town.process()
        stopped = Stopped(process.renewal(await town.scene.grant()), awaits)
        standing = await stopped.stands()
        await town.advance(seconds)
        wanted = asyncio.create_task(town.newest_token())
        if seconds > TAKEN_OVER:
            await wanted
        wake_up_late(seconds)
        await stopped.goes_on()

        took_over = await wanted
        grant = await town.scene.grant()
        assert grant["refresh_hash"] == town.live_token(), awaits
        assert grant["status"] == "active", awaits
        revived += took_over is None
        process.dies()

    told = [event["type"] for event in await town.scene.said()]
    assert awaits > 15
    assert told.count("connection.lost") == told.count("connection.renewed") == revived
    figure(f"stops of {seconds} s in a renewal, {kind}: {awaits} awaits, no token lost, {revived} revived")
