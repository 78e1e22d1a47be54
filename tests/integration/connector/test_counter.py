"""Many who ask at once are served together, and none suffers from the others."""

import asyncio
import hashlib
import random
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from common.leases import Purpose
from connector.counter import Counter
from connector.leases import HEAD_START, Leasing
from connector.repository import Asked, Back, Leased, Slot


@dataclass(frozen=True)
class Company:
    """A connected company, and what tells that its newest token is in hand."""

    connection: UUID
    token: bytes

    def asked(self, *back: Back, calls: int = 1) -> Asked:
        return Asked(self.connection, uuid4(), uuid4(), calls, HEAD_START[Purpose.DIALOG], self.token, 60.0, back)


def backs(one: Asked, leased: Leased) -> list[Back]:
    assert leased.budget_id is not None
    return [Back(Slot(leased.budget_id, number, one.lease), None) for number in leased.numbers or ()]


async def taken(scene: Any) -> int:
    count: int = await scene.pool.fetchval("select count(*) from slots where lease_id is not null")
    return count


@pytest.fixture
async def companies(scene: Any, replica: Any) -> list[Company]:
    connections = [await scene.connected(replica, await scene.company()) for _ in range(3)]
    tokens = [(await replica.lease(one, calls=1))["access_token"] for one in connections]
    await scene.pool.execute("update slots set lease_id = null, free_at = clock(), holder = null")
    hashes = [hashlib.sha256(token.encode()).digest() for token in tokens]
    return [Company(*one) for one in zip(connections, hashes, strict=True)]


@pytest.fixture
def counter(replica: Any) -> Counter:
    leasing: Leasing = replica.runtime.parts[Leasing]
    return leasing.counter


async def test_each_gets_its_own_and_what_does_not_exist_troubles_nobody(
    counter: Counter, companies: list[Company]
) -> None:
    wishes = [company.asked(calls=2) for company in companies * 8] + [Company(uuid4(), b"").asked()]
    random.Random(1).shuffle(wishes)

    given = await asyncio.gather(*(counter.lease(one) for one in wishes))

    slots = [slot for one, leased in zip(wishes, given, strict=True) for slot in leased.numbers or ()]
    assert len(slots) == 3 * 8 * 2
    each = {(leased.budget_id, slot) for leased in given for slot in leased.numbers or ()}
    assert len(each) == len(slots)
    assert [leased.known for leased in given].count(False) == 1


async def test_what_a_caller_who_has_gone_was_given_is_kept_for_its_repeat(
    scene: Any, counter: Counter, companies: list[Company]
) -> None:
    """Another replica may have told the repeat of them already."""
    wish, elsewhere = companies[0].asked(calls=8), (await scene.replica()).runtime.parts[Leasing].counter
    gone = asyncio.create_task(counter.lease(wish))
    await asyncio.sleep(0)
    gone.cancel()
    repeated = await elsewhere.lease(wish)
    while counter._clerks:
        await asyncio.wait(counter._clerks)

    other = await counter.lease(companies[0].asked(calls=8))

    assert not set(other.numbers or ()) & set(repeated.numbers or ())
    assert await taken(scene) == 16


async def test_without_the_newest_token_nothing_is_taken(
    scene: Any, counter: Counter, companies: list[Company]
) -> None:
    old = replace(companies[0], token=hashlib.sha256(b"an old one").digest())

    leased = await counter.lease(old.asked())

    assert (leased.numbers, leased.wait) == (None, None)
    assert await taken(scene) == 0


async def test_a_failure_is_told_to_those_whom_it_met_and_the_next_are_served(
    scene: Any, counter: Counter, companies: list[Company]
) -> None:
    await scene.pool.execute("alter table budgets rename to away")
    met = await asyncio.gather(*(counter.lease(companies[0].asked()) for _ in range(5)), return_exceptions=True)
    await scene.pool.execute("alter table away rename to budgets")

    assert {type(one) for one in met} == {asyncpg.UndefinedTableError}
    assert (await counter.lease(companies[0].asked())).numbers


async def test_replicas_that_serve_the_same_companies_do_not_lock_each_other_up(
    scene: Any, counter: Counter, companies: list[Company]
) -> None:
    other = (await scene.replica()).runtime.parts[Leasing].counter

    async def work(through: Counter, seed: int) -> None:
        dice = random.Random(seed)
        back: list[Back] = []
        for _ in range(20):
            one = dice.choice(companies).asked(*back)
            back = backs(one, await through.lease(one))

    await asyncio.gather(*(work(through, seed) for seed in range(12) for through in (counter, other)))

    assert await taken(scene) <= 24
