"""A process dies at any await between the decision to renew and the commit (field fault 12)."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.stepping import die_at


@pytest.mark.parametrize("kind", ["refresh_token", "service_account"])
async def test_a_crash_at_any_await_forks_no_chain_and_is_told_within_a_minute_if_it_broke_one(
    town: Any, kind: str, figure: Callable[[str], None]
) -> None:
    town.kind = kind
    await town.connect()
    awaits, broken, slowest, done = 0, 0, 0.0, False

    while not done:
        awaits += 1
        await town.scene.forget_access_tokens()
        lost_before, refused_before = len(await town.scene.said("connection.lost")), await town.refused()
        process = await town.process()
        town.left.append(process.renewal(await town.scene.grant()))
        done = await die_at(town.left[-1], awaits)
        process.dies()
        slowest = max(slowest, await town.settle())

        grant = await town.scene.grant()
        told = (await town.scene.said("connection.lost"))[lost_before:]
        refused = await town.refused() - refused_before
        if grant["refresh_hash"] == town.live_token():
            assert (told, refused, grant["status"]) == ([], 0, "active"), awaits
            assert (await town.survivor.lease(town.connection))["access_token"]
        else:  # the answer died with the process: there is nothing to go on with
            assert ([event["trouble"]["code"] for event in told], refused) == (["connection.lost"], 1), awaits
            assert "Anslut företaget" in told[0]["trouble"]["next_step"]
            broken += 1
            await town.connect()

    assert awaits > 15
    assert broken if kind == "refresh_token" else not broken
    assert slowest <= 60
    figure(f"crashes in a renewal, {kind}: {awaits} awaits, {broken} broke the chain, told within {slowest:.0f} s")
