"""What becomes of a connection when answers are lost on the way, or the company changes its mind (faults 12, 14)."""

from typing import Any

import httpx
import pytest

from common.clock import SystemClock
from connector.tokens.sealed import digest
from connector.tokens.upkeep import DOUBTFUL_PAUSE, EVERY

HOUR, MINUTE, DAY = 3600.0, 60.0, 86_400.0
TOKEN = "POST /oauth-v1/token"


class Ahead(SystemClock):
    """A clock that can be put forward."""

    ahead = 0.0

    def boottime(self) -> float:
        return super().boottime() + self.ahead


class Waiting(httpx.AsyncBaseTransport):
    """An hour passes between Fortnox's answer and whatever is done with it."""

    def __init__(self, inner: httpx.AsyncBaseTransport, clock: Ahead) -> None:
        self._inner, self._clock = inner, clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        self._clock.ahead += HOUR
        return answer


class Rotating(httpx.AsyncBaseTransport):
    """Between Fortnox's answer and its storing somebody rotates to a master key that the replica doesn't know."""

    def __init__(self, inner: httpx.AsyncBaseTransport, pool: Any) -> None:
        self._inner, self._pool = inner, pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        await self._pool.execute("update grants set master_key = 'newer'")
        return answer


async def renew_ahead(replica: Any, connection: Any) -> str:
    """A token in use is renewed ten minutes before its end; gives the one that serves meanwhile."""
    token: str = (await replica.lease(connection))["access_token"]
    await replica.mint.close()
    return token


@pytest.mark.parametrize("kind", ["reset-after", "truncate-json", "status-500-after", "timeout-after"])
async def test_an_answer_lost_ahead_of_time_is_told_while_the_access_token_serves_to_its_end(
    scene: Any, replica: Any, tenant: int, kind: str
) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.advance(HOUR - 5 * MINUTE)
    await scene.simulator.fault(TOKEN, kind)

    serves = await renew_ahead(replica, connection)

    [lost] = await scene.said("connection.lost")
    assert lost["trouble"]["code"] == "connection.lost"
    assert (await replica.lease(connection))["access_token"] == serves
    await scene.advance(HOUR)
    assert (await replica.lease(connection, expect=409))["code"] == "connection.lost"


@pytest.mark.parametrize("grace", [("refresh_reuse_grace_seconds", 60), ("refresh_reuse", "again")])
async def test_where_fortnox_gives_grace_a_lost_answer_costs_nothing(
    scene: Any, replica: Any, tenant: int, grace: tuple[str, Any]
) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.simulator.set_switch(*grace)
    await scene.forget_access_tokens()
    await scene.simulator.fault(TOKEN, "reset-after")

    assert (await replica.lease(connection))["access_token"]

    assert await scene.said("connection.lost") == []


async def test_a_lost_answer_is_told_within_a_minute_after_an_outage_of_fortnox(
    scene: Any, replica: Any, tenant: int
) -> None:
    """While Fortnox is away nobody can know, and the access token serves; then the old token is tried."""
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.advance(HOUR - 5 * MINUTE)
    await scene.simulator.fault(TOKEN, "reset-after")
    await scene.simulator.fault(TOKEN, "status-503-before", times=8)
    serves = await renew_ahead(replica, connection)
    assert (await replica.lease(connection))["access_token"] == serves
    await replica.upkeep.round()
    assert await scene.said("connection.lost") == []
    view = (await replica.http.get(f"/v1/connections/{connection}")).json()
    assert (view["status"], view["health"]["failure"]["code"]) == ("active", "connection.fortnox-away")

    await scene.simulator.clear_faults()
    passed = 0.0
    while not await scene.said("connection.lost"):
        passed += EVERY
        await scene.advance(HOUR - 5 * MINUTE + passed)
        await replica.upkeep.round()

    assert passed <= DOUBTFUL_PAUSE.total_seconds() + EVERY


async def test_a_scope_that_went_is_told_once_and_the_rest_goes_on(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    grant = scene.world.grants.grants["our-app", tenant]
    grant.scopes = tuple(scope for scope in grant.scopes if scope != "payment")

    for _ in range(3):
        await scene.forget_access_tokens()
        assert (await replica.lease(connection))["access_token"]

    [told] = await scene.said("connection.renewed")
    assert (told["status"], told["missing_scopes"]) == ("active", ["payment"])


async def test_a_licence_that_is_gone_is_tried_now_and_then_and_told_once(
    scene: Any, replica: Any, tenant: int
) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.simulator.remove_licence(tenant)
    await scene.forget_access_tokens()
    before = len(await scene.token_calls())

    for quarter in range(4 * 60):  # an hour of rounds, and somebody who asks each time
        await scene.advance(quarter * EVERY)
        await replica.upkeep.round()
        assert (await replica.lease(connection, expect=409))["code"] == "connection.missing-licence"

    [told] = await scene.said("connection.lost")
    assert "behöver inte göras om" in told["trouble"]["next_step"]
    assert len(await scene.token_calls()) - before <= 13  # every five minutes
    await scene.simulator.restore_licence(tenant)
    await scene.advance(2 * HOUR)
    await replica.upkeep.round()
    assert (await replica.lease(connection))["access_token"]


async def test_a_token_that_waited_for_the_database_is_no_younger_than_it_is(
    scene: Any, replica: Any, tenant: int
) -> None:
    connection = await scene.connected(replica, tenant)
    grant, clock = await scene.grant(), Ahead()
    slow = await scene.replica(clock=clock, fortnox=Waiting(scene.fortnox, clock))

    await slow.mint.renew(grant["id"], grant["version"])

    assert (await scene.grant())["version"] == grant["version"] + 1
    assert await scene.pool.fetchval("select access_until <= clock() from grants")
    assert (await replica.lease(connection))["access_token"]


async def test_the_only_live_token_is_stored_also_when_it_cant_be_told(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    consent, grant = scene.world.grants.grants["our-app", tenant], await scene.grant()
    consent.scopes = tuple(scope for scope in consent.scopes if scope != "payment")
    behind = await scene.replica(fortnox=Rotating(scene.fortnox, scene.pool))

    await behind.mint.renew(grant["id"], grant["version"])
    await behind.upkeep.tell()

    [live] = [one for one in consent.tokens.values() if one.spent is None]
    assert (await scene.grant())["refresh_hash"] == digest(live.token)
    assert await scene.said("connection.renewed") == []
    await scene.pool.execute("update grants set master_key = 'tests'")  # as who knows the newer key sees it
    for _ in range(2):
        await replica.upkeep.round()
    [told] = await scene.said("connection.renewed")
    assert (told["key"], told["missing_scopes"]) == (str(connection), ["payment"])
    assert (await replica.lease(connection))["access_token"]


async def test_a_loss_that_cant_be_told_is_no_less_a_loss(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.simulator.revoke_consent(tenant, at_once=True)
    await scene.forget_access_tokens()
    behind = await scene.replica(fortnox=Rotating(scene.fortnox, scene.pool))

    assert (await behind.lease(connection, expect=409))["code"] == "connection.lost"

    assert await scene.said("connection.lost") == []
    await scene.pool.execute("update grants set master_key = 'tests'")
    for _ in range(2):
        await replica.upkeep.round()
    [told] = await scene.said("connection.lost")
    assert told["trouble"]["code"] == "connection.lost"
