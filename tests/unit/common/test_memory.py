"""Answers kept for a moment, and asked for once."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from common.memory import Memory


@dataclass
class Clock:
    seconds: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def boottime(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Source:
    """Answers when it is let; counts how often it was asked."""

    asked: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None

    async def ask(self) -> int:
        self.asked += 1
        asked = self.asked
        self.begun.set()
        await self.open.wait()
        if self.failure:
            raise self.failure
        return asked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Memory:
    return Memory(clock, seconds=30, size=2)


@pytest.fixture
def source() -> Source:
    source = Source()
    source.open.set()
    return source


async def test_an_answer_is_given_until_it_is_old(memory: Memory, clock: Clock, source: Source) -> None:
    assert await memory.answer("q", source.ask) == 1
    clock.seconds = 29
    assert await memory.answer("q", source.ask) == 1
    clock.seconds = 30
    assert await memory.answer("q", source.ask) == 2


async def test_no_more_is_kept_than_there_is_room_for(memory: Memory, source: Source) -> None:
    for question in ("a", "b", "c"):
        await memory.answer(question, source.ask)

    assert await memory.answer("c", source.ask) == 3
    assert await memory.answer("a", source.ask) == 4


async def test_a_failure_is_told_to_all_who_wait_and_not_kept(memory: Memory, source: Source) -> None:
    source.failure = ValueError("no")

    told = await asyncio.gather(*(memory.answer("q", source.ask) for _ in range(3)), return_exceptions=True)

    assert [type(one) for one in told] == [ValueError] * 3
    assert source.asked == 1
    source.failure = None
    assert await memory.answer("q", source.ask) == 2


async def test_who_gives_up_does_not_end_it_for_the_others(memory: Memory) -> None:
    source = Source()
    impatient, patient = (asyncio.create_task(memory.answer("q", source.ask)) for _ in range(2))
    await source.begun.wait()

    impatient.cancel()
    await asyncio.wait([impatient])
    source.open.set()

    assert await patient == 1
    assert source.asked == 1


async def test_an_answer_that_is_not_whole_is_given_and_not_kept(memory: Memory, source: Source) -> None:
    assert await memory.answer("q", source.ask, whole=lambda _: False) == 1
    assert await memory.answer("q", source.ask) == 2


async def test_nothing_goes_on_after_the_end(memory: Memory) -> None:
    source = Source()
    waiting = asyncio.create_task(memory.answer("q", source.ask))
    await source.begun.wait()

    await memory.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_somebody_found_out_is_known_until_it_is_old(memory: Memory, clock: Clock) -> None:
    memory.keep("q", "an answer")

    assert memory.known("q") == "an answer"
    assert memory.known("another") is None
    clock.seconds = 30
    assert memory.known("q") is None


async def test_what_is_old_makes_room(memory: Memory, clock: Clock) -> None:
    memory.keep("q", "an answer")
    clock.seconds = 30
    memory.keep("another", "another answer")

    assert len(memory._kept) == 1


async def test_with_no_time_nothing_is_kept(clock: Clock) -> None:
    memory = Memory(clock, seconds=0, size=2)

    memory.keep("q", "an answer")

    assert memory.known("q") is None
