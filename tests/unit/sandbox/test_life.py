"""A process that lives in this one dies with all its tasks at the same await."""

import asyncio

from sandbox.stepping import Life, outside


async def steps(said: list[str], name: str, times: int = 5) -> None:
    for number in range(times):
        said.append(f"{name}{number}")
        await asyncio.sleep(0)


async def family(said: list[str]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(steps(said, "a"))
        group.create_task(steps(said, "b"))


async def test_one_that_never_dies_comes_to_its_end_and_its_awaits_are_counted() -> None:
    said: list[str] = []
    life = Life()

    assert await life.live(family(said))

    assert len(said) == 10
    assert life.awaits == 11  # five of each child, and the family's own


async def test_at_its_last_await_all_tasks_stop_for_ever() -> None:
    said: list[str] = []
    life = Life(3)

    assert not await life.live(family(said))
    at_death = list(said)
    for _ in range(20):
        await asyncio.sleep(0)
    await life.bury()

    assert said == at_death
    assert 0 < len(said) < 10


async def test_no_timeout_wakes_the_dead_and_nothing_is_done_on_the_way_out() -> None:
    said: list[str] = []

    async def main() -> None:
        try:
            async with asyncio.timeout(0.001):
                await steps(said, "a")
        finally:
            await asyncio.sleep(0)
            said.append("cleared up")

    life = Life(2)
    assert not await life.live(main())
    await asyncio.sleep(0.01)
    assert said == ["a0", "a1"]
    await life.bury()

    assert said == ["a0", "a1"]


async def test_what_is_outside_goes_on_and_counts_for_one_await() -> None:
    said: list[str] = []

    async def main() -> None:
        await outside(steps(said, "o"))

    life = Life()
    assert await life.live(main())

    assert (len(said), life.awaits) == (5, 1)


async def test_a_task_that_never_began_is_cleared_away_without_complaint() -> None:
    said: list[str] = []

    async def main() -> None:
        asyncio.create_task(steps(said, "late")).cancel()
        await asyncio.sleep(0)

    assert await Life().live(main())

    assert said == []
