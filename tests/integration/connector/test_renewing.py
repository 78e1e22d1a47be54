"""Tokens are got anew: once, whoever asks, and nothing that Fortnox gave is ever thrown away."""

import asyncio
import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.clock import SystemClock
from common.problems import ProblemError

HOUR = 3600.0
KINDS = ["service_account", "refresh_token"]


class Held(httpx.AsyncBaseTransport):
    """Holds back answers of the token endpoint until it is told to let them through."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.arrived, self.let_through = asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        self.arrived.set()
        await self.let_through.wait()
        return answer


class Sleepy(SystemClock):
    """A boot-time clock as a process sees it that is stopped for a while between any two of its steps."""

    def __init__(self) -> None:
        self._slept = 0.0

    def boottime(self) -> float:
        self._slept += 10.0
        return super().boottime() + self._slept


def times(events: list[dict[str, Any]], kind: str) -> int:
    return sum(event["type"] == kind for event in events)


async def test_a_token_in_use_is_renewed_before_its_end_and_nobody_waits(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.advance(HOUR - 300)
    hold = Held(scene.fortnox)
    slow = await scene.replica(fortnox=hold)

    lease = await slow.lease(connection)

    assert lease["access_token"]
    await hold.arrived.wait()
    hold.let_through.set()
    await slow.mint.close()
    renewed = await slow.lease(connection)
    assert renewed["access_token"] != lease["access_token"]


async def test_a_token_that_fortnox_refused_is_replaced(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    dead = (await replica.lease(connection))["access_token"]
    refused = hashlib.sha256(dead.encode()).hexdigest()

    fresh = (await replica.lease(connection, refused_token=refused))["access_token"]
    again = (await replica.lease(connection, refused_token=refused))["access_token"]

    assert fresh != dead
    assert again == fresh  # by then it is an old one that was refused


async def test_a_lease_that_fails_takes_nothing_from_its_repeat_on_another_replica(
    scene: Any, replica: Any, tenant: int
) -> None:
    connection, lease_id = await scene.connected(replica, tenant), str(uuid4())
    await scene.forget_access_tokens()
    hold = Held(scene.fortnox)
    misled = await scene.replica(fortnox=hold, fortnox_client_secret="wrong")
    failing = asyncio.create_task(misled.lease(connection, lease_id=lease_id, calls=8, expect=503))
    await hold.arrived.wait()
    repeat = asyncio.create_task(replica.lease(connection, lease_id=lease_id, calls=8))
    while not replica.mint.flights and not repeat.done():
        await scene.pool.fetchval("select 1")

    hold.let_through.set()
    await failing
    given = {int(slot.split(".")[1]) for slot in (await repeat)["slots"]}

    rows = await scene.pool.fetch("select number from slots where lease_id::text = $1", lease_id)
    assert {row["number"] for row in rows} == given  # nobody else can get them
    assert len(given) == 8


async def test_nobody_is_given_an_older_answer_than_asked_for(scene: Any, replica: Any, tenant: int) -> None:
    """A call is under way for tokens that a new consent has replaced meanwhile, and whose access token is dead, too."""
    await scene.connected(replica, tenant, kind="refresh_token")
    hold = Held(scene.fortnox)
    slow = await scene.replica(fortnox=hold)
    grant = await scene.grant()
    stale = slow.mint.renew_soon(grant["id"], grant["version"])
    await hold.arrived.wait()
    await scene.connected(replica, tenant, kind="refresh_token")
    await scene.forget_access_tokens()
    newest = await scene.grant()

    renewed = asyncio.create_task(slow.mint.renew(grant["id"], newest["version"]))
    await asyncio.sleep(0)
    hold.let_through.set()
    await asyncio.wait([stale, renewed])

    assert (await scene.grant())["version"] == newest["version"] + 1


@pytest.mark.parametrize("kind", KINDS)
async def test_passing_failures_are_tried_again_and_lose_nothing(
    scene: Any, replica: Any, tenant: int, kind: str
) -> None:
    connection = await scene.connected(replica, tenant, kind=kind)
    await scene.forget_access_tokens()
    await scene.simulator.fault("POST /oauth-v1/token", "status-500-before", times=2)

    assert (await replica.lease(connection))["access_token"]

    await scene.forget_access_tokens()
    await scene.simulator.fault("POST /oauth-v1/token", "status-429", times=3)
    problem = await replica.lease(connection, expect=503)
    assert problem["code"] == "connection.fortnox-away"
    assert (await replica.lease(connection))["access_token"]
    assert times(await scene.said(), "connection.lost") == 0


async def test_our_own_wrong_secret_never_blames_the_customer(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.forget_access_tokens()
    misled = await scene.replica(fortnox_client_secret="wrong")

    problem = await misled.lease(connection, expect=503)

    assert problem["code"] == "connection.misconfigured"
    assert "Du behöver inte göra något" in problem["next_step"]
    assert (await scene.grant())["status"] == "active"
    assert (await replica.lease(connection))["access_token"]


async def test_a_lost_answer_breaks_the_chain_and_it_is_said_once(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.forget_access_tokens()
    await scene.simulator.fault("POST /oauth-v1/token", "reset-after", times=1)

    problems = [await replica.lease(connection, expect=409) for _ in range(3)]

    assert {problem["code"] for problem in problems} == {"connection.lost"}
    assert "Anslut företaget till Fortnox igen" in problems[0]["next_step"]
    [lost] = await scene.said("connection.lost")
    assert (lost["status"], lost["trouble"]["code"], lost["valid_until"]) == ("lost", "connection.lost", None)
    view = (await replica.http.get(f"/v1/connections/{connection}")).json()
    assert (view["valid_until"], view["health"]["days_left"]) == (None, None)
    assert len(await scene.token_calls()) == 3  # the code, the lost one, the proof that it was lost


async def test_a_service_account_doesnt_mind_a_lost_answer(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="service_account")
    await scene.forget_access_tokens()
    await scene.simulator.fault("POST /oauth-v1/token", "reset-after", times=1)

    assert (await replica.lease(connection))["access_token"]


async def test_what_is_left_of_the_access_token_serves_to_its_end(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.simulator.revoke_consent(tenant)
    grant = await scene.grant()
    with pytest.raises(ProblemError):
        await replica.mint.renew(grant["id"], grant["version"])

    assert (await replica.lease(connection))["access_token"]

    await scene.advance(HOUR - 30)
    assert (await replica.lease(connection, expect=409))["code"] == "connection.lost"


async def test_a_dead_holders_claim_is_taken_over_when_no_answer_can_come(
    scene: Any, replica: Any, tenant: int
) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.forget_access_tokens()
    await scene.pool.execute(
        "update grants set claim_id = $1, claim_deadline = clock() + interval '5 seconds'", uuid4()
    )
    before = len(await scene.token_calls())

    waiting = asyncio.create_task(replica.lease(connection))
    await asyncio.wait([waiting], timeout=0.5)
    assert not waiting.done()
    assert len(await scene.token_calls()) == before
    await scene.advance(29)

    assert (await waiting)["access_token"]


async def test_a_late_answer_revives_what_was_thought_lost(scene: Any, tenant: int) -> None:
    """One replica's answer hangs; another takes over, is refused, says lost; then the answer arrives after all."""
    hold = Held(scene.fortnox)
    quick, slow = await scene.replica(), await scene.replica(fortnox=hold)
    connection = await scene.connected(quick, tenant, kind="refresh_token")
    await scene.forget_access_tokens()
    stalled = asyncio.create_task(slow.lease(connection))
    await hold.arrived.wait()
    await scene.advance(60)
    assert (await quick.lease(connection, expect=409))["code"] == "connection.lost"

    hold.let_through.set()

    assert (await stalled)["access_token"]
    assert (await quick.lease(connection))["access_token"]
    assert [event["type"] for event in await scene.said()] == [
        "connection.established",
        "connection.lost",
        "connection.renewed",
    ]
    await scene.forget_access_tokens()
    assert (await quick.lease(connection))["access_token"]  # the chain goes on with the late token


async def test_a_late_answer_never_overwrites_a_newer_consent(scene: Any, tenant: int) -> None:
    hold = Held(scene.fortnox)
    quick, slow = await scene.replica(), await scene.replica(fortnox=hold)
    connection = await scene.connected(quick, tenant, kind="refresh_token")
    await scene.forget_access_tokens()
    stalled = asyncio.create_task(slow.lease(connection))
    await hold.arrived.wait()
    await scene.connected(quick, tenant, kind="refresh_token", connection_id=str(connection))
    newer = (await scene.grant())["refresh_hash"]

    hold.let_through.set()
    await stalled

    assert (await scene.grant())["refresh_hash"] == newer
    await scene.forget_access_tokens()
    assert (await quick.lease(connection))["access_token"]


async def test_who_slept_past_the_deadline_sends_nothing(scene: Any, replica: Any, tenant: int) -> None:
    await scene.connected(replica, tenant, kind="refresh_token")
    grant = await scene.grant()
    before = len(await scene.token_calls())
    sleepy = await scene.replica(clock=Sleepy())

    with pytest.raises(ProblemError) as failure:
        await sleepy.mint.renew(grant["id"], grant["version"])

    assert failure.value.problem.code == "connection.fortnox-away"
    assert len(await scene.token_calls()) == before
    await replica.mint.renew(grant["id"], grant["version"])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_withdrawn_consent_is_told_once_and_connecting_again_mends_it(
    scene: Any, replica: Any, tenant: int, kind: str
) -> None:
    connection = await scene.connected(replica, tenant, kind=kind)
    await scene.simulator.revoke_consent(tenant, at_once=True)
    dead = (await replica.lease(connection))["access_token"]
    refused = hashlib.sha256(dead.encode()).hexdigest()
    assert (await replica.lease(connection, expect=409, refused_token=refused))["code"] == "connection.lost"
    assert (await replica.lease(connection, expect=409))["code"] == "connection.lost"
    before = len(await scene.token_calls())
    await replica.upkeep.round()
    assert len(await scene.token_calls()) == before  # not tried into the ground

    again = await scene.connected(replica, tenant, kind=kind, connection_id=str(connection))

    assert again == connection
    assert (await replica.lease(connection))["access_token"] != dead
    assert [event["type"] for event in await scene.said()] == [
        "connection.established",
        "connection.lost",
        "connection.established",
    ]


async def test_a_missing_licence_is_no_reason_to_log_in_again(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    await scene.simulator.remove_licence(tenant)
    await scene.forget_access_tokens()

    problem = await replica.lease(connection, expect=409)

    assert problem["code"] == "connection.missing-licence"
    assert "behöver inte göras om" in problem["next_step"]
    await scene.simulator.restore_licence(tenant)
    await scene.advance(400)
    await replica.upkeep.round()
    assert (await replica.lease(connection))["access_token"]
    assert [event["type"] for event in await scene.said()] == [
        "connection.established",
        "connection.lost",
        "connection.renewed",
    ]


async def test_idle_connections_are_kept_alive(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")

    for week in range(1, 14):
        await scene.simulator.advance(9 * 24 * HOUR)
        await scene.advance(week * 9 * 24 * HOUR)
        await replica.upkeep.round()

    assert (await replica.lease(connection))["access_token"]
    kinds = {event["type"] for event in await scene.said()}
    assert kinds == {"connection.established", "connection.renewed"}


async def test_a_connection_that_cant_be_kept_alive_is_warned_of_in_time(scene: Any, replica: Any, tenant: int) -> None:
    await scene.connected(replica, tenant, kind="refresh_token")
    await scene.simulator.fault("POST /oauth-v1/token", "status-500-before", times=3)
    await scene.advance(25 * 24 * HOUR)

    await replica.upkeep.round()
    await replica.upkeep.round()

    [warning] = await scene.said("connection.expiring")
    assert warning["status"] == "expiring"
    assert warning["trouble"]["code"] == "connection.expiring"
    assert f"upphör {warning['valid_until'][:10]}" in warning["trouble"]["swedish"]
    assert "Anslut företaget till Fortnox igen" in warning["trouble"]["next_step"]
    await scene.advance(26 * 24 * HOUR)
    await replica.upkeep.round()
    renewed = (await scene.said())[-1]
    assert (renewed["type"], renewed["trouble"]) == ("connection.renewed", None)


async def test_no_token_stands_in_the_database_in_clear(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    token = (await replica.lease(connection))["access_token"]
    number = (await scene.simulator.companies())[0]["organisation_number"]
    scattered = {token.split(".")[1][:40], *(t for g in scene.world.grants.grants.values() for t in g.tokens)}

    tables = await scene.pool.fetch("select table_name from information_schema.tables where table_schema = 'connector'")
    for (table,) in tables:
        for row in await scene.pool.fetch(f'select * from "{table}"'):
            written = b"".join(one if isinstance(one, bytes) else str(one).encode() for one in row.values())
            assert not any(secret.encode() in written for secret in scattered), table
            assert table == "outbox" or number.encode() not in written, table


async def test_moved_ciphertexts_are_refused(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    await scene.pool.execute("update grants set access_token = refresh_token, version = version + 1")

    assert (await replica.lease(connection, expect=503))["code"] == "connection.key-missing"


async def test_connecting_again_mends_what_cant_be_read_any_more(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    await scene.pool.execute("update grants set master_key = 'gone'")
    other = await scene.replica()
    assert (await other.lease(connection, expect=503))["code"] == "connection.key-missing"
    assert (await other.http.get(f"/v1/connections/{connection}")).json()["code"] == "connection.key-missing"
    await other.upkeep.round()

    await scene.connected(other, tenant, connection_id=str(connection))

    assert (await other.lease(connection))["access_token"]


async def test_a_company_whose_slots_were_cleared_away_gets_new_ones(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    await scene.pool.execute("delete from budgets")

    assert len((await replica.lease(connection, calls=8))["slots"]) == 8
