"""What upkeep does goes on whatever happens beside it: a hanging Fortnox, a damaged row, a consent that just came."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.clock import SystemClock
from connector.repository import Grants

DAY = 86_400.0


class Brisk(SystemClock):
    """Rounds follow each other at once."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


class Hanging(httpx.AsyncBaseTransport):
    """A Fortnox whose token endpoint never answers, once it is told to hang."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner, self.hangs, self.waiting = inner, False, 0
        self.answers = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.hangs and request.url.path == "/oauth-v1/token":
            self.waiting += 1
            await self.answers.wait()
        return await self._inner.handle_async_request(request)


Start = Callable[[Any], None]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Has a replica's upkeep run until the test ends."""
    running: list[asyncio.Task[None]] = []

    def start(replica: Any) -> None:
        running.extend(asyncio.create_task(task) for task in replica.upkeep.tasks())

    yield start
    assert not any(task.done() for task in running)
    for task in running:
        task.cancel()
    await asyncio.wait(running)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    while not await condition():
        pass


async def test_a_hanging_fortnox_keeps_nothing_else_waiting(scene: Any, start: Start) -> None:
    hanging = Hanging(scene.fortnox)
    replica = await scene.replica(clock=Brisk(), fortnox=hanging)
    for _ in range(9):  # more than are renewed at once
        await scene.connected(replica, await scene.company(), kind="refresh_token")
    ending = await scene.connected(replica, await scene.company(), kind="refresh_token")
    await scene.advance(25 * DAY)
    await scene.pool.execute(
        "update grants as g set renew_at = clock() + interval '1 day' from connections as c"
        " where g.id = c.grant_id and c.id = $1",
        ending,
    )
    hanging.hangs = True
    start(replica)

    async def all_hang() -> bool:
        claimed: int = await scene.pool.fetchval("select count(*) from grants where claim_id is not null")
        return claimed == 8

    await until(all_hang)
    begun = await scene.begin(replica)
    await replica.http.delete(f"/v1/connections/{ending}")
    tenant_in_doubt = await scene.pool.fetchval(
        """
        update grants set doubtful = true where claim_id is null and renew_at <= clock() returning tenant
        """
    )
    await scene.pool.execute(
        "update connect_sessions set expires_at = clock() where id = $1", UUID(begun["session_id"])
    )

    async def all_done() -> bool:
        said = {event["type"] for event in await scene.said()}
        hang_too = hanging.waiting == 8 + 2  # the one in doubt, and the proof that the ended one is revoked
        return hang_too and said >= {"connect.failed", "connection.expiring", "connection.removed"}

    await until(all_done)
    assert await scene.pool.fetchval("select claim_id is not null from grants where tenant = $1", tenant_in_doubt)
    hanging.answers.set()


async def test_where_fortnox_answers_none_of_a_lot_the_others_are_left_for_later(scene: Any) -> None:
    replica = await scene.replica(clock=Brisk())
    for _ in range(10):
        await scene.connected(replica, await scene.company(), kind="refresh_token")
    await scene.advance(11 * DAY)
    before = len(await scene.token_calls())
    await scene.simulator.fault("POST /oauth-v1/token", "status-503", times=100)

    await replica.upkeep.renew_idle()

    assert len(await scene.token_calls()) == before + 8 * 3
    await scene.simulator.clear_faults()
    await replica.upkeep.renew_idle()
    assert len(await scene.token_calls()) == before + 8 * 3 + 2


@pytest.mark.parametrize(
    "damage",
    [
        "update grants set refresh_token = null where tenant = $1",
        """update grants set status = 'lost', trouble = '{"code": "of.another-release", "data": {}}', retry_at = clock()
            where tenant = $1""",
    ],
)
async def test_a_damaged_row_keeps_nobody_else_waiting(scene: Any, start: Start, damage: str) -> None:
    replica = await scene.replica(clock=Brisk())
    damaged, sound = await scene.company(), await scene.company()
    for tenant in (damaged, sound):
        await scene.connected(replica, tenant, kind="refresh_token")
    await scene.advance(11 * DAY)
    await scene.pool.execute(damage, damaged)
    start(replica)

    async def put_off() -> bool:
        due = "select count(*) from grants where coalesce(retry_at, renew_at) <= clock()"
        return (await scene.pool.fetchval(due), await replica.runtime.pool.fetchval("select 1")) == (0, 1)

    await until(put_off)
    assert await scene.pool.fetchval("select version from grants where tenant = $1", sound) > 1


async def test_a_grant_is_not_ended_when_a_consent_came_while_it_was_looked_at(
    scene: Any, replica: Any, tenant: int
) -> None:
    connection = await scene.connected(replica, tenant)
    begun = await scene.begin(replica)
    session = UUID(begun["session_id"])
    await replica.http.delete(f"/v1/connections/{connection}")
    async with replica.runtime.pool.acquire() as one, replica.runtime.pool.acquire() as other:
        consent = one.transaction()
        await consent.start()
        grant = await Grants(one).of_tenant("our-app", tenant)
        assert grant is not None
        watched = await other.fetchval("select pg_backend_pid()")
        looking = asyncio.create_task(Grants(other).end_orphans())

        async def has_looked() -> bool:
            waits = "select wait_event_type = 'Lock' from pg_stat_activity where pid = $1"
            return looking.done() or bool(await scene.pool.fetchval(waits, watched))

        await until(has_looked)
        await one.execute(
            "update connect_sessions set status = 'exchanging', exchanging_at = clock(), tenant = $2 where id = $1",
            session,
            tenant,
        )
        await one.execute("update grants set version = version + 1")
        await consent.commit()
        await looking

    assert (await scene.grant())["status"] == "active"
    await scene.pool.execute("update connect_sessions set status = 'failed'")
    async with replica.runtime.pool.acquire() as one:
        await Grants(one).end_orphans()
    assert (await scene.grant())["status"] == "ending"
