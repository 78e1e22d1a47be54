"""Many who ask at once are served together, and none suffers from the others."""

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from common.leases import Purpose
from connector.counter import CLERKS, Counter
from connector.leases import HEAD_START, Leasing
from connector.repository import Asked, Back, Leased, Slot


def asked(connection_id: UUID, *back: Back, calls: int = 1) -> Asked:
    return Asked(connection_id, uuid4(), uuid4(), calls, HEAD_START[Purpose.DIALOG], back)


def backs(one: Asked, leased: Leased) -> list[Back]:
    assert leased.budget_id is not None
    return [Back(Slot(leased.budget_id, number, one.lease), None) for number in leased.numbers or ()]


async def taken(scene: Any) -> int:
    count: int = await scene.pool.fetchval("select count(*) from slots where lease_id is not null")
    return count


@pytest.fixture
async def companies(scene: Any, replica: Any) -> list[UUID]:
    return [await scene.connected(replica, await scene.company()) for _ in range(3)]


@pytest.fixture
def counter(replica: Any) -> Counter:
    leasing: Leasing = replica.runtime.parts[Leasing]
    return leasing.counter


async def test_each_gets_its_own_and_what_does_not_exist_troubles_nobody(
    counter: Counter, companies: list[UUID]
) -> None:
    wishes = [asked(company, calls=2) for company in companies * 8] + [asked(uuid4())]
    random.Random(1).shuffle(wishes)

    given = await asyncio.gather(*(counter.lease(one) for one in wishes))

    slots = [slot for one, leased in zip(wishes, given, strict=True) for slot in leased.numbers or ()]
    assert len(slots) == 3 * 8 * 2
    each = {(leased.budget_id, slot) for leased in given for slot in leased.numbers or ()}
    assert len(each) == len(slots)
    assert [leased.known for leased in given].count(False) == 1


async def test_slots_of_a_caller_who_has_gone_are_handed_back(
    scene: Any, counter: Counter, companies: list[UUID]
) -> None:
    gone = [asyncio.create_task(counter.lease(asked(companies[0], calls=8))) for _ in range(CLERKS + 1)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()

    await counter.lease(asked(companies[0]))
    while counter._clerks:
        await asyncio.wait(counter._clerks)

    assert await taken(scene) == 1


async def test_a_failure_is_told_to_those_whom_it_met_and_the_next_are_served(
    scene: Any, counter: Counter, companies: list[UUID]
) -> None:
    await scene.pool.execute("alter table budgets rename to away")
    met = await asyncio.gather(*(counter.lease(asked(companies[0])) for _ in range(5)), return_exceptions=True)
    await scene.pool.execute("alter table away rename to budgets")

    assert {type(one) for one in met} == {asyncpg.UndefinedTableError}
    assert (await counter.lease(asked(companies[0]))).numbers


async def test_replicas_that_serve_the_same_companies_do_not_lock_each_other_up(
    scene: Any, counter: Counter, companies: list[UUID]
) -> None:
    other = (await scene.replica()).runtime.parts[Leasing].counter

    async def work(through: Counter, seed: int) -> None:
        dice = random.Random(seed)
        back: list[Back] = []
        for _ in range(20):
            one = asked(dice.choice(companies), *back)
            back = backs(one, await through.lease(one))

    await asyncio.gather(*(work(through, seed) for seed in range(12) for through in (counter, other)))

    assert await taken(scene) <= 24
