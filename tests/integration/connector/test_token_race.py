"""Many replicas want the same token at once when it has run out (field fault 11)."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

REPLICAS = 32
CALLERS = 2  # in each


async def race(scene: Any, kind: str, rounds: int) -> str:
    """Rounds of simultaneous demand; each must cost exactly one refresh."""
    replicas = [await scene.replica(pool_size=1) for _ in range(REPLICAS)]  # PostgreSQL takes a hundred connections
    await scene.connected(replicas[0], await scene.company(), kind=kind)
    grant_id, version = (await scene.grant())["id"], (await scene.grant())["version"]
    asked = 0

    for number in range(rounds):
        await scene.simulator.clear_calls()
        await scene.forget_access_tokens()
        await asyncio.gather(*(one.mint.renew(grant_id, version) for one in replicas for _ in range(CALLERS)))
        asked += REPLICAS * CALLERS

        assert [call["status"] for call in await scene.token_calls()] == [200], number
        grant = await scene.grant()
        assert (grant["version"], grant["status"]) == (version + 1, "active"), number
        version += 1
    assert {event["type"] for event in await scene.said()} <= {"connection.established", "connection.renewed"}
    return f"{REPLICAS} replicas, {kind}: {rounds} rounds, {rounds} refreshes, {asked} callers, none refused"


@pytest.mark.parametrize("kind", ["refresh_token", "service_account"])
async def test_replicas_renew_an_expired_token_once_a_round(
    scene: Any, kind: str, figure: Callable[[str], None]
) -> None:
    figure(await race(scene, kind, rounds=200 if kind == "refresh_token" else 20))


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_in_ten_thousand_rounds_replicas_renew_an_expired_token_once_each(
    scene: Any, figure: Callable[[str], None]
) -> None:
    figure(await race(scene, "refresh_token", rounds=10_000))
