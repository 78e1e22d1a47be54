"""How many leases one connector gives, over real HTTP, beside PostgreSQL's bare round trip on the same machine.

300 companies, one replica with its default pool. Each request takes one slot and hands the one before back unused, so
that slots never run out. The rate is what 32 connections get that ask again at once; latencies are measured at half
of it, from the moment at which a request was due. Generator, connector and PostgreSQL share the machine's cores:
hence the CPU time per lease of each.
"""

import asyncio
import base64
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import psutil
from bench.wire import Wire

from common import database
from common.events import ConnectionKind
from common.leases import LARGEST_LOT, Purpose
from common.messaging.administration import create_topics
from connector.leases import HEAD_START, LEASE_TIME
from connector.repository import Asked, Back, Connections, Grants, Slot, Slots
from connector.tokens.sealed import Company, new_key, seal_company, seal_tokens
from connector.tokens.vault import Vault
from fortnox.oauth import Tokens
from sandbox.embedded import Command, Process, Servers, Supervisor, ports, python_module, responds, servers

COMPANIES = 300
AT_ONCE = 32
WARM, MEASURED = 2.0, 6.0  # seconds
KEY = "key-of-the-benchmark"
MASTER_KEY = os.urandom(32)
APP = "bench"


def run() -> dict[str, float]:
    """Rates per second, milliseconds, and CPU milliseconds per lease."""
    with servers() as addresses, Supervisor() as supervisor:
        connections = asyncio.run(_prepare(addresses))
        port = ports.free()
        connector = supervisor.start(_connector(addresses, port))
        return asyncio.run(_measure(addresses, connections, connector, port))


async def _prepare(addresses: Servers) -> list[UUID]:
    """Tables, topics, and connected companies with tokens as long as Fortnox's."""
    await create_topics(addresses.kafka)
    await database.migrate(addresses.postgres, "connector")
    connection = await database.connect(addresses.postgres, "connector")
    vault, ids = Vault({"bench": MASTER_KEY}), [uuid4() for _ in range(COMPANIES)]
    for tenant, connection_id in enumerate(ids):
        await _connect(connection, vault, tenant, connection_id)
    await connection.close()
    return ids


async def _connect(connection: database.Connection, vault: Vault, tenant: int, connection_id: UUID) -> None:
    grant_id = uuid4()
    sealed, key = new_key(vault, grant_id)
    tokens = Tokens(
        access_token=base64.urlsafe_b64encode(os.urandom(2250)).decode(),
        refresh_token=None,
        expires_in=86_400,
        scopes=frozenset({"bookkeeping"}),
    )
    await Grants(connection).add(
        grant_id,
        APP,
        tenant,
        ConnectionKind.SERVICE_ACCOUNT,
        sealed=(sealed.master_key, sealed.sealed),
        company=seal_company(key, Company(name="Ett bolag", organisation_number="556677-8899")),
        tokens=seal_tokens(key, tokens, timedelta(days=7)),
        obtained_at=await Grants(connection).now(),
    )
    await Connections(connection).put(connection_id, grant_id, "bench", ["bookkeeping"])


def _connector(addresses: Servers, port: int) -> Command:
    keys = {"keys": [KEY], "scopes": ["leases"]}
    settings = {
        "DATABASE_URL": addresses.postgres,
        "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
        "PORT": str(port),
        "CALLERS": json.dumps({"bench": keys}),
        "LOG_FORMAT": "json",
        "PUBLIC_URL": f"http://{ports.LOOPBACK}:{port}",
        "FORTNOX_CLIENT_ID": APP,
        "FORTNOX_CLIENT_SECRET": "not-used",
        "MASTER_KEYS": json.dumps({"bench": base64.b64encode(MASTER_KEY).decode()}),
    }
    return python_module("connector", "run", env=settings, ready=responds(port))


async def _measure(addresses: Servers, companies: list[UUID], connector: Process, port: int) -> dict[str, float]:
    database_only = await _sql(addresses, companies)
    wires = [await Wire.to(port, "/v1/leases", KEY) for _ in range(AT_ONCE)]
    askers = [Asker(wire, companies[place::AT_ONCE]) for place, wire in enumerate(wires)]
    await _at_once([asker.ask for asker in askers], WARM)
    assert connector.pid is not None
    used = Used(connector.pid)
    rate, _ = await _at_once([asker.ask for asker in askers], MEASURED)
    per_lease = used.per_lease(rate * MEASURED)
    paced = await _paced(askers, rate / 2, MEASURED)
    lots = [Asker(wire, companies[place::AT_ONCE], LARGEST_LOT) for place, wire in enumerate(wires)]
    await _at_once([asker.ask for asker in lots], WARM)
    lot_rate, _ = await _at_once([asker.ask for asker in lots], MEASURED)
    for wire in wires:
        wire.close()
    return {
        "leases_per_second": rate,
        "p50_ms": _percentile(paced, 50),
        "p99_ms": _percentile(paced, 99),
        "leases_of_8_slots_per_second": lot_rate,
        **per_lease,
        **database_only,
        "leases_over_sql_alone": rate / database_only["sql_alone_per_second"],
        "leases_over_bare_round_trips": rate / database_only["bare_round_trips_per_second"],
    }


class Asker:
    """Asks for slots over one connection, of its companies in turn, handing the ones before back unused."""

    def __init__(self, wire: Wire, companies: list[UUID], calls: int = 1) -> None:
        self._wire, self._companies, self._calls = wire, companies, calls
        self._held = [b""] * len(companies)
        self._turn = 0

    async def ask(self) -> None:
        turn = self._turn = (self._turn + 1) % len(self._companies)
        answer = await self._wire.post(
            b'{"lease_id":"%b","connection_id":"%b","purpose":"import","calls":%d,"handed_back":[%b]}'
            % (str(uuid4()).encode(), str(self._companies[turn]).encode(), self._calls, self._held[turn])
        )
        slots = answer.partition(b'"slots":[')[2].partition(b"]")[0]
        assert slots, "no slot was free"
        self._held[turn] = b",".join(b'{"slot":%b,"answered_ago":null}' % slot for slot in slots.split(b","))


class Used:
    """CPU time of the connector and of PostgreSQL from here on."""

    def __init__(self, connector: int) -> None:
        everything = psutil.Process().children(recursive=True)
        self._processes = {
            "connector": [psutil.Process(connector)],
            "postgresql": [one for one in everything if one.name() == "postgres"],
            "generator": [psutil.Process()],
        }
        self._before = self._now()

    def per_lease(self, leases: float) -> dict[str, float]:
        """Milliseconds of each per lease."""
        return {
            f"{name}_cpu_ms_per_lease": (now - self._before[name]) * 1000 / leases for name, now in self._now().items()
        }

    def _now(self) -> dict[str, float]:
        return {
            name: sum(sum(process.cpu_times()[:2]) for process in processes)
            for name, processes in self._processes.items()
        }


async def _sql(addresses: Servers, companies: list[UUID]) -> dict[str, float]:
    """The same leases straight from the database, and the least that a round trip to it costs."""
    pool = await database.create_pool(addresses.postgres, "connector")

    async def bare() -> None:
        async with pool.acquire() as connection:
            await connection.fetchval("select 1")

    bare_rate, bare_times = await _at_once([bare] * 10, WARM)
    async with pool.acquire() as connection:
        for tenant in range(len(companies)):
            await Slots(connection).budget(APP, tenant)
        newest = "select access_hash from connections as c join grants as g on g.id = c.grant_id where c.id = $1"
        tokens = {one: await connection.fetchval(newest, one) for one in companies}
    sellers = [_SqlAsker(pool, companies[place::10], tokens).ask for place in range(10)]
    sql_rate, _ = await _at_once(sellers, WARM)
    await pool.close()
    return {
        "bare_round_trips_per_second": bare_rate,
        "bare_round_trip_p99_ms": _percentile(bare_times, 99),
        "sql_alone_per_second": sql_rate,
    }


class _SqlAsker:
    """As `Asker`, without the connector."""

    def __init__(self, pool: database.Pool, companies: list[UUID], tokens: dict[UUID, bytes]) -> None:
        self._pool, self._companies, self._tokens = pool, companies, tokens
        self._held: list[list[Back]] = [[] for _ in companies]
        self._turn = 0

    async def ask(self) -> None:
        turn = self._turn = (self._turn + 1) % len(self._companies)
        company, lease, urgency = self._companies[turn], uuid4(), HEAD_START[Purpose.IMPORT]
        async with self._pool.acquire() as connection:
            asked = Asked(company, lease, lease, 1, urgency, self._tokens[company], 60.0, self._held[turn])
            [leased] = await Slots(connection).lease([asked], LEASE_TIME)
        assert leased.numbers, "no slot was free"
        assert leased.budget_id is not None
        self._held[turn] = [Back(Slot(leased.budget_id, number, lease), None) for number in leased.numbers]


async def _at_once(each: Sequence[Callable[[], Awaitable[None]]], seconds: float) -> tuple[float, list[float]]:
    """Does each again and again: how often in a second altogether, and how long it took each time."""
    times: list[float] = []
    begun = time.perf_counter()

    async def go_on(once: Callable[[], Awaitable[None]]) -> None:
        before = time.perf_counter()
        while before < begun + seconds:
            await once()
            now = time.perf_counter()
            times.append(now - before)
            before = now

    await asyncio.gather(*map(go_on, each))
    return len(times) / (time.perf_counter() - begun), times


async def _paced(askers: list["Asker"], rate: float, seconds: float) -> list[float]:
    """Asks at a steady rate, however long answers take; times are from when a request was due."""
    idle: asyncio.Queue[Asker] = asyncio.Queue()
    for asker in askers:
        idle.put_nowait(asker)
    times: list[float] = []
    begun = time.perf_counter()

    async def once(due: float) -> None:
        asker = await idle.get()
        await asker.ask()
        times.append(time.perf_counter() - due)
        idle.put_nowait(asker)

    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(once(due))
    return times


def _percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1] * 1000
