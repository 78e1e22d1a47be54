"""The budget is never broken, whoever calls: real clients and connectors, eight times as fast as time goes."""

import asyncio
import random
import time
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

import fortnox
from common.clock import SystemClock
from common.leases import Leases, Purpose

SPEED = 8.0
BEGUN = time.clock_gettime(time.CLOCK_BOOTTIME)


class Fast(SystemClock):
    """A boot-time clock that runs eight times as fast; waiting is as much shorter."""

    def boottime(self) -> float:
        return BEGUN + (super().boottime() - BEGUN) * SPEED

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / SPEED)


class Distant(httpx.AsyncBaseTransport):
    """Fortnox with random latency on the way there and back."""

    def __init__(self, inner: httpx.AsyncBaseTransport, dice: random.Random) -> None:
        self._inner, self._dice = inner, dice

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self._dice.uniform(0, 0.15) / SPEED)
        answer = await self._inner.handle_async_request(request)
        await asyncio.sleep(self._dice.uniform(0, 0.15) / SPEED)
        return answer


@pytest.fixture
async def fast(scene: Any) -> Any:
    """Database and simulator at the clients' speed."""
    await scene.pool.execute(
        "create or replace function clock() returns timestamptz language sql volatile as"
        f" 'select timestamptz ''2026-11-01'' + (clock_timestamp() - timestamptz ''2026-11-01'') * {SPEED}'"
    )
    scene.world.journal._monotonic = lambda: time.monotonic() * SPEED
    return scene


async def call(
    scene: Any, way: httpx.AsyncBaseTransport, connection: Any, purpose: Purpose, calls: int, at_once: int
) -> None:
    """A client process that calls as fast as it is let."""
    leases = Leases("https://connector.example", "sandbox-secret-of-the-tests", transport=way, clock=Fast())
    transport = Distant(scene.fortnox, random.Random(calls))
    async with (
        leases.session(connection, purpose) as permits,
        fortnox.Client(permits, base_url="http://fortnox.example", transport=transport) as client,
    ):
        turns = asyncio.Semaphore(at_once)

        async def once() -> None:
            async with turns:
                await client.company_information()

        await asyncio.gather(*(once() for _ in range(calls)))
    await leases.close()


async def test_several_clients_of_one_company_keep_to_it_together(fast: Any) -> None:
    replicas = [await fast.replica(clock=Fast()) for _ in range(2)]
    tenant, quiet = await fast.company(), await fast.company()
    connections = [await fast.connected(replicas[0], tenant), await fast.connected(replicas[1], tenant)]
    other = await fast.connected(replicas[0], quiet)

    async with asyncio.TaskGroup() as group:
        for number in range(5):
            purpose = [Purpose.IMPORT, Purpose.VOUCHERS][number % 2]
            group.create_task(
                call(fast, replicas[number % 2].transport, connections[number % 2], purpose, 24, 1 + 2 * number)
            )
        group.create_task(call(fast, replicas[0].transport, other, Purpose.IMPORT, 20, 4))

    figures = (await fast.simulator.rate())[tenant]
    assert figures["calls"] == 122  # and the two companies that were read when connecting
    assert figures["too_many_requests"] == 0
    assert 20 <= figures["largest_window"] <= 25


class Mortal(httpx.AsyncBaseTransport):
    """The way to the connector of a process that is killed after so many calls: nothing comes from it any more."""

    def __init__(self, inner: httpx.AsyncBaseTransport, calls: int) -> None:
        self._inner, self._left, self.dead = inner, calls, asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left < 0:
            self.dead.set()
            raise httpx.ConnectError("killed")
        return await self._inner.handle_async_request(request)


async def test_a_client_that_dies_holds_nobody_up_for_ever(fast: Any) -> None:
    replica = await fast.replica(clock=Fast())
    connection = await fast.connected(replica, await fast.company())
    way = Mortal(replica.transport, calls=2)
    killed = asyncio.create_task(call(fast, way, connection, Purpose.IMPORT, 100, 8))
    await way.dead.wait()
    killed.cancel()
    await asyncio.wait([killed])

    await call(fast, replica.transport, connection, Purpose.IMPORT, 40, 8)

    [figures] = (await fast.simulator.rate()).values()
    assert figures["too_many_requests"] == 0
    assert figures["largest_window"] <= 25


async def test_a_429_that_comes_all_the_same_closes_the_company_for_a_while(fast: Any) -> None:
    """Somebody else uses the same app."""
    replica = await fast.replica(clock=Fast())
    connection = await fast.connected(replica, await fast.company())
    await fast.simulator.fault("GET /3/companyinformation", "status-429")
    counted = REGISTRY.get_sample_value("bokbrygga_fortnox_too_many_total") or 0

    await call(fast, replica.transport, connection, Purpose.IMPORT, 2, 1)

    closed = await fast.pool.fetchval("select closed_until from budgets")
    refused, retried = [one for one in await fast.simulator.calls() if one["path"] == "/3/companyinformation"][-3:-1]
    assert (refused["status"], retried["status"]) == (429, 200)
    assert await fast.pool.fetchval("select $1 > clock() - interval '1 minute'", closed)
    assert REGISTRY.get_sample_value("bokbrygga_fortnox_too_many_total") == counted + 1
