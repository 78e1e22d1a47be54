"""kill -9 of anything at random moments of the story ends in the same books, receipts and data."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox import stack
from sandbox.demo.silence import Silence
from sandbox.demo.story import Story
from sandbox.fortnox.control import Simulator

KILLS = 2
VICTIMS = ("connector", "importer", "voucher-sender", "kafka", "postgres")
PARTS = ("accounts", "balances", "vouchers", "customer_ledger", "supplier_ledger")


@pytest.fixture(scope="module")
async def everything() -> AsyncIterator[stack.Stack]:
    """A stack with servers of its own, since they are killed."""
    starting = stack.running(stack.Plan(settings=stack.SHORT_TIMES))
    try:
        yield await asyncio.to_thread(starting.__enter__)
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)


@pytest.fixture(scope="module")
async def tellers(everything: stack.Stack) -> AsyncIterator[Any]:
    async with stack.product_of(everything) as parts:
        yield parts


async def new_story(tellers: Any) -> Story:
    """A connected company; all of them have the same books."""
    product, connector, simulator = tellers
    tenant = await simulator.add_company(stack.DEFAULT_BOOKS, seed=7)
    story = Story(product, connector, simulator, stack.DEFAULT_BOOKS, Silence(), tenant=tenant)
    await story.connect()
    return story


async def outcome(story: Story, simulator: Simulator) -> dict[str, Any]:
    """What there is in the end: in the product, and in Fortnox."""
    import_id = story.completed["import_id"]
    assert story.tenant is not None
    booked = await simulator.vouchers(story.tenant)
    return {
        "data": {part: await story.product.part(import_id, part) for part in PARTS},
        "receipts": sorted((one["voucher_id"], one["series"], one["number"]) for one in story.receipts),
        "books": sorted((one["series"], one["number"], one["date"], one["text"]) for one in booked),
    }


@pytest.fixture(scope="module")
async def undisturbed(tellers: Any) -> dict[str, Any]:
    story = await new_story(tellers)
    await story.import_books()
    await story.send_vouchers()
    return await outcome(story, tellers[2])


async def kill_now_and_then(everything: stack.Stack, victim: str, chance: random.Random) -> None:
    process = everything.servers.get(victim) or everything.processes[f"{victim}-1"]
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.05, 1.5))
        await asyncio.to_thread(process.kill)
        await asyncio.sleep(chance.uniform(0, 0.5))
        await asyncio.to_thread(process.start)


async def story_with_kills(everything: stack.Stack, tellers: Any, victim: str, seed: str) -> Story:
    """A story that ends well although its victim is killed now and then."""
    story = await new_story(tellers)
    killing = asyncio.create_task(kill_now_and_then(everything, victim, random.Random(seed)))
    try:
        await story.import_books()
        await story.send_vouchers()
    finally:
        await killing
    return story


@pytest.mark.timeout(180)
@pytest.mark.parametrize("victim", VICTIMS)
async def test_a_kill_changes_nothing_in_the_end(
    everything: stack.Stack, tellers: Any, undisturbed: dict[str, Any], victim: str
) -> None:
    story = await story_with_kills(everything, tellers, victim, seed=victim)

    assert await outcome(story, tellers[2]) == undisturbed


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("seed", range(8))
async def test_many_kills_change_nothing_in_the_end(
    everything: stack.Stack, tellers: Any, undisturbed: dict[str, Any], victim: str, seed: int
) -> None:
    story = await story_with_kills(everything, tellers, victim, seed=f"{victim}/{seed}")

    assert await outcome(story, tellers[2]) == undisturbed
