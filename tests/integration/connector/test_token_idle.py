"""Connections that nobody uses for a quarter of a year, on clocks that are put forward."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.events import ConnectionKind
from connector.grants import Held, Registry
from connector.repository import Connections
from fortnox.oauth import Tokens

DAYS = 90
HOUR = 3600.0


async def connect_all(scene: Any, replica: Any, many: int) -> None:
    """All on one day, which is the worst that can happen to an even spread."""
    first = await scene.company()
    registry: Registry = replica.runtime.parts[Registry]
    grants = scene.world.grants
    async with scene.pool.acquire() as connection, connection.transaction():
        now: datetime = await connection.fetchval("select clock()")
        for tenant in range(first, first + many):
            scene.world.companies[tenant] = scene.world.companies[first]
            consent = grants.consent("our-app", tenant, ("companyinformation",), service=False)
            tokens = Tokens("access", grants.new_refresh_token(consent), 3600, frozenset(consent.scopes))
            await registry._add(connection, ConnectionKind.REFRESH_TOKEN, Held(tenant, tokens, now))
        for (grant_id,) in await connection.fetch("select id from grants"):
            await Connections(connection).put(uuid4(), grant_id, "uppdrag", ["companyinformation"])


async def idle(scene: Any, many: int, step: float) -> str:
    """A quarter of a year in steps of upkeep; what Fortnox then knows of it."""
    replicas = [await scene.replica() for _ in range(2)]
    await connect_all(scene, replicas[0], many)

    for turn in range(1, math.ceil(DAYS * 24 * HOUR / step) + 1):
        await scene.advance(turn * step)
        await scene.simulator.advance(step)
        await replicas[turn % 2].upkeep.round()

    lost = await scene.pool.fetchval("select count(*) from grants where status <> 'active'")
    calls = await scene.token_calls()
    assert lost == 0
    assert {call["status"] for call in calls} == {200}
    assert {event["type"] for event in await scene.said()} == {"connection.renewed"}
    hours = Counter(datetime.fromisoformat(call["business_time"]).replace(minute=0, second=0) for call in calls)
    settled = [n for hour, n in hours.items() if hour - min(hours) > timedelta(days=14)]
    mean = sum(settled) / ((DAYS - 14) * 24)
    largest = max(settled)
    # Independent arrivals spread evenly have the mean as their variance: six standard deviations are never seen.
    assert largest <= mean * max(1.0, step / HOUR) + 6 * math.sqrt(mean * max(1.0, step / HOUR)) + 1
    return (
        f"{many} connections idle for {DAYS} days: none lost, {len(calls)} refreshes, {mean:.2f} an hour, "
        f"at most {largest} in one (first fortnight: {max(hours.values())})"
    )


async def test_idle_connections_live_through_a_quarter(scene: Any, figure: Callable[[str], None]) -> None:
    figure(await idle(scene, many=40, step=6 * HOUR))


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_thousand_idle_connections_live_through_a_quarter(scene: Any, figure: Callable[[str], None]) -> None:
    figure(await idle(scene, many=1000, step=HOUR))
