"""The database is replaced by a copy of itself of yesterday, while the replicas run (field fault 18)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

import fortnox
from common.leases import Leases, Purpose

DAY = 86_400.0


class Copies:
    """Copies a database while nobody is connected to it, and puts a copy in its place while everybody is."""

    def __init__(self, admin: "asyncpg.Connection[asyncpg.Record]", dsn: str) -> None:
        self._admin = admin
        self.name = dsn.rsplit("/", 1)[1].partition("?")[0]
        self.dsn_of_copy = dsn.replace(self.name, f"{self.name}_copy")

    async def take(self) -> None:
        await self._alone(f"create database {self.name}_copy template {self.name}")
        await self._admin.execute(f"alter database {self.name} allow_connections true")

    async def restore(self) -> None:
        """Connections break, and new ones find the copy."""
        await self._alone(f"alter database {self.name} rename to {self.name}_gone")
        await self._admin.execute(f"alter database {self.name}_copy rename to {self.name}")

    async def bring_forward(self, seconds: float) -> None:
        """The copy's clock shows the time, too."""
        copy = await asyncpg.connect(self.dsn_of_copy, server_settings={"search_path": "connector"})
        await copy.execute(
            "create or replace function clock() returns timestamptz language sql volatile as"
            f" 'select clock_timestamp() + interval ''{seconds} seconds'''"
        )
        await copy.close()

    async def clear(self) -> None:
        for name in (f"{self.name}_copy", f"{self.name}_gone"):
            await self._admin.execute(f"drop database if exists {name} with (force)")

    async def _alone(self, statement: str) -> None:
        await self._admin.execute(f"alter database {self.name} allow_connections false")
        while True:
            await self._admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", self.name
            )
            with suppress(asyncpg.ObjectInUseError):  # somebody isn't quite gone yet
                await self._admin.execute(statement)
                return


@pytest.fixture
async def copies(postgres: str, scene: Any) -> AsyncIterator[Copies]:
    admin = await asyncpg.connect(postgres)
    copies = Copies(admin, scene.dsn)
    yield copies
    await copies.clear()
    await admin.close()


async def look_after(replica: Any, until: Callable[[], Awaitable[bool]]) -> None:
    """As upkeep does: round after round, whatever breaks."""
    while not await until():
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await replica.upkeep.round()


async def call(scene: Any, replica: Any, connection: Any) -> None:
    """A client process that calls Fortnox as fast as it is let."""
    leases = Leases("https://connector.example", "sandbox-secret-of-the-tests", transport=replica.transport)
    async with (
        leases.session(connection, Purpose.IMPORT) as permits,
        fortnox.Client(permits, base_url="http://fortnox.example", transport=scene.fortnox) as client,
    ):
        while True:
            with suppress(fortnox.FortnoxError):
                await client.company_information()


async def test_a_copy_of_yesterday_in_place_of_the_database_is_noticed_and_told(
    scene: Any, copies: Copies, figure: Callable[[str], None]
) -> None:
    replicas = [await scene.replica() for _ in range(3)]
    one = replicas[0]
    connections = {
        "service": await scene.connected(one, await scene.company()),
        "used": await scene.connected(one, await scene.company(), kind="refresh_token"),
        "idle": await scene.connected(one, await scene.company(), kind="refresh_token"),
    }
    await copies.take()
    await scene.advance(DAY)
    for name in ("service", "used"):  # a working day: their tokens have gone on since the copy
        await scene.forget_access_tokens()
        await one.lease(connections[name])
    told_before = await sequence_of(scene, connections["used"])
    calls_before = len(await scene.token_calls())
    await copies.bring_forward(DAY)

    traffic = [asyncio.create_task(call(scene, replica, connections["service"])) for replica in replicas]
    while (await scene.simulator.rate())[scene.tenants[0]]["calls"] < 20:
        await scene.pool.fetchval("select 1")  # lets the others go on
    await copies.restore()

    async def told() -> bool:
        return bool(await scene.said("connection.lost"))

    await asyncio.gather(*(look_after(replica, told) for replica in replicas))

    [lost] = await scene.said("connection.lost")
    assert lost["key"] == str(connections["used"])
    assert "Anslut företaget" in lost["trouble"]["next_step"]
    assert await sequence_of(scene, connections["used"]) > told_before  # no reader takes it for old
    refused = [one for one in (await scene.token_calls())[calls_before:] if one["status"] != 200]
    assert len(refused) == 1
    waiting = await one.lease(connections["idle"])
    assert (waiting["slots"], waiting["wait_seconds"] > 0) == ([], True)  # leases from before run out first
    for task in traffic:
        task.cancel()
    await asyncio.wait(traffic)
    await scene.advance(DAY + 91)
    for name in ("service", "idle"):
        assert (await one.lease(connections[name]))["access_token"]
    assert (await one.lease(connections["used"], expect=409))["code"] == "connection.lost"
    rate = (await scene.simulator.rate())[scene.tenants[0]]
    assert (rate["largest_window"] <= 25, rate["too_many_requests"]) == (True, 0)
    figure(
        "a copy of yesterday: the broken chain is told by upkeep's first round, service account and idle chain go on, "
        f"{rate['calls']} calls, at most {rate['largest_window']} in 5 s"
    )


async def test_a_token_from_before_the_restore_is_not_given_for_a_newer_one_of_the_same_version(scene: Any) -> None:
    """Versions are turned back: another replica renews to the number that this one has a dead token of."""
    one, other = [await scene.replica() for _ in range(2)]
    connection = await scene.connected(one, await scene.company())
    before = await scene.grant()
    dead = (await one.lease(connection, refused_token=before["access_hash"].hex()))["access_token"]
    version = (await scene.grant())["version"]
    await scene.pool.execute(
        "update grants set version = $1, access_token = $2, access_hash = $3, access_until = clock()",
        *(before[name] for name in ("version", "access_token", "access_hash")),
    )
    newest = (await other.lease(connection))["access_token"]
    assert (await scene.grant())["version"] == version

    given = (await one.lease(connection))["access_token"]

    assert given == newest != dead


async def sequence_of(scene: Any, connection: Any) -> int:
    """The number of the connection's last event."""
    last = "select last from outbox_sequences where key = $1 order by last desc limit 1"
    number: int = await scene.pool.fetchval(last, str(connection).encode())
    return number
