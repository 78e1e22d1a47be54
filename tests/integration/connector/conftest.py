"""Connectors on one database and a simulated Fortnox, in this process: no Kafka, events are read from the outbox."""

import base64
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from common import database as db
from common.clock import SYSTEM, Clock
from common.messaging.consuming import make_broker
from common.service import Runtime, Service
from common.service import create_app as create_service_app
from common.settings import Caller
from connector import api, browser, pulse
from connector.app import build
from connector.settings import ConnectorSettings
from connector.tokens.mint import Mint
from connector.tokens.upkeep import Upkeep
from sandbox.fortnox.app import create_app
from sandbox.fortnox.control import Simulator
from sandbox.fortnox.oauth.grants import Application
from sandbox.fortnox.world import World
from sandbox.leaks import PLANTED_NUMBER, Scan

BOOKS = (files("sandbox") / "books" / "Sie4.se").read_bytes()
CLIENT_ID, CLIENT_SECRET = "our-app", "sandbox-secret-of-the-app"
ORIGIN = "https://bokslut.example"
PUBLIC_URL = "https://connector.example"
FORTNOX = "http://fortnox.example"
KEY = "sandbox-secret-of-the-tests"
KEYS = {"tests": SecretStr(base64.b64encode(os.urandom(32)).decode())}
EVERYTHING = ("sie4", "customer_ledger", "supplier_ledger")


class Browser:
    """Somebody's browser: follows to Fortnox, decides there, comes back; keeps its cookies."""

    def __init__(self, transport: httpx.AsyncBaseTransport, simulator: Simulator) -> None:
        self.http = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, trust_env=False)
        self._simulator = simulator

    async def open(self, url: str) -> httpx.Response:
        return await self.http.get(url)

    async def depart(self, url: str) -> httpx.Response:
        """Opens the one-time address and presses its button."""
        page = await self.open(url)
        return await self.http.post(url) if page.status_code == 200 else page

    async def decide(self, authorise_url: str, decision: str = "approve", tenant: int | None = None) -> str:
        return await self._simulator.consent(authorise_url, decision, tenant)

    async def connect(self, url: str, decision: str = "approve", tenant: int | None = None) -> httpx.Response:
        """The whole way; gives the last page."""
        departed = await self.depart(url)
        assert departed.status_code == 303, departed.text
        return await self.open(await self.decide(departed.headers["location"], decision, tenant))


@dataclass
class Replica:
    """One connector process: its own pool, memory and HTTP interface."""

    runtime: Runtime[ConnectorSettings]
    transport: httpx.ASGITransport
    http: httpx.AsyncClient

    @property
    def mint(self) -> Mint:
        return self.runtime.parts[Mint]  # type: ignore[no-any-return]

    @property
    def upkeep(self) -> Upkeep:
        return self.runtime.parts[Upkeep]  # type: ignore[no-any-return]

    async def lease(self, connection_id: UUID | str, *, expect: int = 200, **more: Any) -> Any:
        """Asks for a lease once."""
        wish = {"lease_id": str(uuid4()), "connection_id": str(connection_id), "purpose": "import", "calls": 1}
        answer = await self.http.post("/v1/leases", json=wish | more)
        assert answer.status_code == expect, answer.text
        return answer.json()


@dataclass
class Scene:
    """A database, a Fortnox, and as many connectors as wanted."""

    dsn: str = field(repr=False)
    pool: db.Pool
    world: World
    fortnox: httpx.ASGITransport
    simulator: Simulator
    opened: AsyncExitStack
    tenants: list[int] = field(default_factory=list)

    async def company(self, **wishes: Any) -> int:
        """Founds one. Its organisation number is a person's, unless another is wished."""
        usual: dict[str, Any] = {"tenant": 500_001 + len(self.tenants), "organisation_number": PLANTED_NUMBER}
        tenant = await self.simulator.add_company(BOOKS, **usual | wishes)
        self.tenants.append(tenant)
        return tenant

    async def replica(
        self,
        *,
        clock: Clock = SYSTEM,
        fortnox: httpx.AsyncBaseTransport | None = None,
        pool_size: int = 4,
        **settings: Any,
    ) -> Replica:
        """Another connector process on the same database; `fortnox` may stand between it and the simulator."""
        chosen = ConnectorSettings(**a_setting(self.dsn) | settings)
        service = Service("connector", "connector", chosen, build)
        pool = await db.create_pool(self.dsn, "connector", largest=pool_size, greet=pulse.feel)
        self.opened.callback(pool.terminate)
        stack = await self.opened.enter_async_context(AsyncExitStack())
        broker = make_broker(chosen, "connector")
        service.runtime = Runtime("connector", "connector", chosen, pool, broker, stack, clock)
        await build(service.runtime, fortnox or self.fortnox)
        for task in service.runtime.tasks:
            task.close()
        http_app = create_service_app(service, [api.router, browser.router])
        transport = httpx.ASGITransport(http_app)
        http = httpx.AsyncClient(
            transport=transport, base_url=PUBLIC_URL, headers={"authorization": f"Bearer {KEY}"}, timeout=60
        )
        self.opened.push_async_callback(http.aclose)
        return Replica(service.runtime, transport, http)

    def browser(self, replica: Replica) -> Browser:
        opened = Browser(replica.transport, self.simulator)
        self.opened.push_async_callback(opened.http.aclose)
        return opened

    async def begin(self, replica: Replica, **wishes: Any) -> dict[str, Any]:
        """A connect session, as the product's server asks for it."""
        wish = {"reference": "uppdrag 1", "origin": ORIGIN, "datasets": EVERYTHING, "vouchers": True}
        answer = await replica.http.post("/v1/connect-sessions", json=wish | wishes)
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def connected(self, replica: Replica, tenant: int, **wishes: Any) -> UUID:
        """A connection to the company, made the whole way through."""
        begun = await self.begin(replica, **wishes)
        page = await self.browser(replica).connect(begun["url"], tenant=tenant)
        assert "är anslutet" in page.text, page.text
        return UUID(begun["connection_id"])

    async def said(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What the outbox would publish, in order: types and data; a tombstone has the type None."""
        rows = await self.pool.fetch("select headers, value, key from outbox order by id")
        events = [
            {"type": dict(row["headers"]).get("ce_type"), "key": row["key"].decode()}
            | (json.loads(row["value"]) if row["value"] else {})
            for row in rows
        ]
        return [event for event in events if kind in {None, event["type"]}]

    async def token_calls(self) -> list[dict[str, Any]]:
        """Calls of Fortnox's token endpoint so far."""
        return [call for call in await self.simulator.calls() if call["path"] == "/oauth-v1/token"]

    async def grant(self) -> dict[str, Any]:
        """The only grant there is, as it stands in the database."""
        [row] = await self.pool.fetch("select * from grants")
        return dict(row)

    async def forget_access_tokens(self) -> None:
        """As if an hour had passed: nobody has a usable access token."""
        await self.pool.execute("update grants set access_until = clock()")

    async def advance(self, seconds: float) -> None:
        """Puts the database's clock forward. It was looked after meanwhile."""
        await self.pool.execute(
            "create or replace function clock() returns timestamptz language sql volatile as"
            f" 'select clock_timestamp() + interval ''{seconds} seconds''';"
            "update pulse set at = clock()"
        )


def a_setting(dsn: str) -> dict[str, Any]:
    return {
        "database_url": SecretStr(dsn),
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "public_url": PUBLIC_URL,
        "fortnox_client_id": CLIENT_ID,
        "fortnox_client_secret": SecretStr(CLIENT_SECRET),
        "fortnox_api_url": FORTNOX,
        "fortnox_auth_url": FORTNOX,
        "master_keys": KEYS,
        "allowed_origins": (ORIGIN,),
        "callers": {"tests": Caller(keys=(SecretStr(KEY),), scopes=frozenset({"leases", "connect", "lookups"}))},
    }


@pytest.fixture(scope="session")
async def connector_database(create_database: Callable[..., Awaitable[str]]) -> str:
    return await create_database("connector")


@pytest.fixture(scope="module")
async def stopped_pool(create_database: Callable[..., Awaitable[str]]) -> AsyncIterator[db.Pool]:
    """Of a database of the module's own, whose clock stands still: `stopped.now` says at what time."""
    pool = await db.create_pool(await create_database("connector"), "connector", largest=2)
    await pool.execute("create table stopped as select '2026-01-31 12:00:00+00'::timestamptz as now")
    await pool.execute(
        "create or replace function clock() returns timestamptz language sql volatile as 'select now from stopped'"
    )
    yield pool
    pool.terminate()


async def emptied(pool: db.Pool) -> None:
    """As it was when it was migrated: making and dropping a database takes ten times as long."""
    rows = await pool.fetch(
        "select tablename from pg_tables where schemaname = 'connector' and tablename <> 'migrations'"
    )
    await pool.execute("truncate " + ", ".join(row["tablename"] for row in rows) + " cascade")
    await pool.execute(
        "create or replace function clock() returns timestamptz language sql volatile as 'select clock_timestamp()'"
    )


@pytest.fixture
async def scene(connector_database: str, scan: Scan) -> AsyncIterator[Scene]:
    dsn = connector_database
    world = World()
    world.grants.register(Application(CLIENT_ID, CLIENT_SECRET))
    fortnox = httpx.ASGITransport(create_app(world))
    async with AsyncExitStack() as opened:
        pool = await db.create_pool(dsn, "connector", largest=2)
        opened.callback(pool.terminate)
        await emptied(pool)
        simulator = await opened.enter_async_context(Simulator(FORTNOX, fortnox))
        yield Scene(dsn, pool, world, fortnox, simulator, opened)
        await scan.database(dsn)


@pytest.fixture
async def replica(scene: Scene) -> Replica:
    return await scene.replica()


@pytest.fixture
async def tenant(scene: Scene) -> int:
    return await scene.company()
