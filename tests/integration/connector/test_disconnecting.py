"""What is left at Fortnox when a company's last connection has gone (Fortnox fact 1.6), and what is told of it."""

from typing import Any
from uuid import UUID

import pytest


async def removed(scene: Any, replica: Any, connection: UUID) -> list[dict[str, Any]]:
    """Disconnects, lets upkeep do its part twice, and gives what was said of it."""
    said = len(await scene.said())
    assert (await replica.http.delete(f"/v1/connections/{connection}")).status_code == 204
    for _ in range(2):
        await replica.upkeep.round()
    return (await scene.said())[said:]  # type: ignore[no-any-return]


@pytest.mark.parametrize("days", [0, 40])  # the refresh token that it might be revoked with lives for 31
@pytest.mark.parametrize("withdraws", [False, True])
async def test_a_service_accounts_consent_that_outlives_revoking_is_told(
    scene: Any, replica: Any, tenant: int, withdraws: bool, days: int
) -> None:
    await scene.simulator.set_switch("revoke_withdraws_consent", withdraws)
    connection = await scene.connected(replica, tenant)
    await scene.simulator.advance(days * 24 * 3600)

    first, tombstone, *more = await removed(scene, replica, connection)

    assert await scene.pool.fetchval("select count(*) from grants") == 0
    calls = await scene.token_calls()
    assert (first["consent"], first["trouble"], tombstone["type"]) == ("revoking", None, None)
    if (calls[-1]["status"], withdraws) == (400, True):
        assert more == []
        return
    assert calls[-1]["status"] == 200
    told, gone = more
    assert (told["type"], told["status"], told["consent"]) == ("connection.removed", "removed", "remains")
    assert told["trouble"]["code"] == "connection.consent-remains"
    assert "ta bort integrationen i Fortnox" in told["trouble"]["next_step"]
    assert (gone["type"], gone["key"]) == (None, str(connection))


async def test_where_others_live_by_the_consent_it_is_kept_and_a_refresh_tokens_ends(
    scene: Any, replica: Any, tenant: int
) -> None:
    first, second = [await scene.connected(replica, tenant, kind="refresh_token") for _ in range(2)]

    kept = await removed(scene, replica, first)
    ended = await removed(scene, replica, second)

    assert [event.get("consent") for event in kept] == ["kept", None]
    assert [event.get("consent") for event in ended] == ["revoking", None]
    assert (await scene.token_calls())[-1]["status"] == 400  # it was tried


async def test_while_fortnox_is_away_nothing_is_taken_for_ended(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    await scene.simulator.fault("POST /oauth-v1/token", "status-503")

    said = await removed(scene, replica, connection)

    assert len(said) == 2
    assert await scene.pool.fetchval("select status from grants") == "ending"
    await scene.advance(120)
    await replica.upkeep.round()
    assert (await scene.said())[-2]["consent"] == "remains"


async def test_who_connects_again_meanwhile_has_nothing_to_mend(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    await scene.simulator.fault("POST /oauth-v1/token", "status-503")
    await removed(scene, replica, connection)
    await scene.simulator.clear_faults()
    again = await scene.connected(replica, tenant)

    await scene.advance(120)
    await replica.upkeep.round()

    assert not [event for event in await scene.said() if event.get("consent") == "remains"]
    assert (await replica.lease(again))["access_token"]
