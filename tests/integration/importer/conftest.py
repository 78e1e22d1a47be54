"""A simulated Fortnox inside the test's own process; readings of it, and the whole importer on real servers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib.resources import files
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import stamina
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from common import database as db
from common.clock import SYSTEM
from common.events import Event, EventData, FinancialYear, ImportRequested, new_event, to_record, topics
from common.leases import Lease, LeaseRequest
from common.messaging.administration import create_topics
from common.service import Service, create_app
from common.settings import Caller
from fortnox import Client
from fortnox.oauth import OAuth
from fortnox.testing import FreePermits
from importer import api, app
from importer.fetch import books
from importer.fetch.everything import Fetched, fetch
from importer.fetch.plan import Plan
from importer.fetch.reading import Reading
from importer.settings import ImporterSettings
from sandbox.fortnox import shapes
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.clock import Clock
from sandbox.fortnox.company import Company
from sandbox.fortnox.control import Simulator
from sandbox.fortnox.founding import Wanted
from sandbox.fortnox.founding import found as found_company
from sandbox.fortnox.shapes import Shape
from sandbox.fortnox.world import World
from sandbox.product.assembly import ChunkValue

BASE = "http://fortnox.test"
KEY = "the-key-of-the-product"
SCOPES = ["companyinformation", "bookkeeping", "settings", "invoice", "customer", "supplierinvoice", "supplier"]
BOOKS = files("sandbox").joinpath("books", "Sie4.se").read_bytes()
ENDS = {"import.completed", "import.failed", "import.cancelled", "import.refused"}


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    """Retries of reads follow at once."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


# Reading a simulated Fortnox, without servers


@dataclass
class InMemory:
    """Checkpoints that outlive a reading, so that a second one goes on from the first."""

    kept: dict[str, bytes] = field(default_factory=dict)
    file: bytes | None = None
    calls: int = 0

    def take(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def keep(self, name: str, content: bytes) -> None:
        self.kept[name] = content
        self.calls += 1

    def count(self) -> None:
        self.calls += 1

    async def forget(self, prefix: str) -> None:
        self.kept = {name: content for name, content in self.kept.items() if not name.startswith(prefix)}

    async def sie(self) -> bytes | None:
        return self.file

    async def keep_sie(self, content: bytes) -> None:
        self.file = content
        self.calls += 1


@dataclass
class Fortnox:
    """A simulated Fortnox with one company, and what an import needs to read it."""

    simulator: Simulator
    transport: httpx.ASGITransport
    tenant: int
    permits: FreePermits
    checkpoints: InMemory = field(default_factory=InMemory)
    company: Company | None = None
    """The company itself, where it was made here."""

    @property
    def client(self) -> Client:
        return Client(self.permits, base_url=BASE, transport=self.transport)

    async def fetch(self, request: ImportRequested) -> Fetched:
        """All that the importer reads for a request."""
        async with self.client as client:
            reading = Reading(client, self.checkpoints, Plan.for_datasets(request.datasets))
            company = await books.identify(reading, request)
            return await fetch(reading, request, company, SYSTEM.now(), SYSTEM)

    async def truth(self, dataset: str, on: date) -> dict[str, Any]:
        """What the ledger really was, as the simulator added it up from what happened."""
        kind: Any = dataset.removesuffix("_ledger")
        return await self.simulator.ledger(self.tenant, kind, on)


@pytest.fixture
async def found() -> AsyncIterator[Callable[..., Awaitable[Fortnox]]]:
    """Founds a company in a simulator of its own: `await found(method="CASH", seed=7, invoices={"customer": 300})`."""
    transport = httpx.ASGITransport(create_fortnox(World()))
    simulator = Simulator(BASE, transport)

    async def company(sie: bytes = BOOKS, **wishes: Any) -> Fortnox:
        tenant = await simulator.add_company(sie, **wishes)
        await simulator.set_switch("rate_limit", False)
        await simulator.add_application("sandbox-client", "sandbox-secret")
        token = await _token(simulator, transport, tenant)
        return Fortnox(simulator, transport, tenant, FreePermits(token, tenant=tenant))

    yield company
    await simulator.aclose()


@pytest.fixture
async def shaped() -> AsyncIterator[Callable[..., Awaitable[Fortnox]]]:
    """Founds a company of a shape made at random, in a simulated Fortnox of its own, at the shape's own time."""
    opened: list[Simulator] = []

    async def company(wanted: Shape, **switches: Any) -> Fortnox:
        world = World(clock=Clock(lambda: wanted.now))
        made = found_company(
            world, shapes.books(wanted), Wanted(7001, None, None, wanted.method, wanted.seed, wanted.invoices)
        )
        shapes.happen(world, made, wanted)
        for name, value in {"rate_limit": False, **switches}.items():
            world.switches.set(name, value)
        transport = httpx.ASGITransport(create_fortnox(world))
        opened.append(simulator := Simulator(BASE, transport))
        await simulator.add_application("sandbox-client", "sandbox-secret")
        token = await _token(simulator, transport, made.tenant)
        return Fortnox(simulator, transport, made.tenant, FreePermits(token, tenant=made.tenant), company=made)

    yield company
    for simulator in opened:
        await simulator.aclose()


async def _token(simulator: Simulator, transport: httpx.AsyncBaseTransport, tenant: int) -> str:
    back = "https://product.example/back"
    async with OAuth("sandbox-client", "sandbox-secret", base_url=BASE, transport=transport) as oauth:
        url = oauth.authorise_url("state", [*SCOPES, "payment"], back, True)
        query = parse_qs(urlsplit(await simulator.consent(url, tenant=tenant)).query)
        return (await oauth.exchange_code(query["code"][0], back)).access_token


def _request(year: int, closing_date: date | None = None, **more: Any) -> ImportRequested:
    fields: Mapping[str, Any] = {
        "connection_id": uuid4(),
        "import_id": uuid4(),
        "financial_year": FinancialYear(from_date=date(year, 1, 1), to_date=date(year, 12, 31)),
        "closing_date": closing_date,
    }
    return ImportRequested(**{**fields, **more})


@pytest.fixture
def request_for() -> Callable[..., ImportRequested]:
    """Makes a request for a calendar year."""
    return _request


# The whole importer on a real Kafka and PostgreSQL


class FakeConnector:
    """Leases as many slots as are asked for; a connection can be lost for a while."""

    def __init__(self) -> None:
        self.tokens: dict[UUID, tuple[str, int]] = {}
        self.lost: set[UUID] = set()
        self.app = FastAPI()
        self.app.post("/v1/leases")(self._lease)
        self.app.post("/v1/leases/hand-back")(self._hand_back)

    async def _lease(self, request: Request) -> Response:
        asked = LeaseRequest.model_validate_json(await request.body())
        if asked.connection_id in self.lost:
            texts = dict.fromkeys(("swedish", "next_step", "english"), "…")
            return JSONResponse({"code": "connection.lost", **texts}, status_code=409)
        token, tenant = self.tokens[asked.connection_id]
        slots = tuple(str(uuid4()) for _ in range(asked.calls))
        lease = Lease(lease_id=asked.lease_id, access_token=token, tenant=tenant, slots=slots, seconds=30)
        return Response(lease.model_dump_json(), media_type="application/json")

    async def _hand_back(self, request: Request) -> Response:
        return Response(status_code=204)


class Network(httpx.AsyncBaseTransport):
    """The way to the simulated Fortnox; calls of certain paths can be held up until they are released."""

    def __init__(self) -> None:
        self._inner = httpx.ASGITransport(create_fortnox(World()))
        self._released = asyncio.Event()
        self.held: set[str] = set()

    def release(self) -> None:
        self.held.clear()
        self._released.set()
        self._released = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path in self.held:
            await self._released.wait()
        return await self._inner.handle_async_request(request)


@dataclass
class House:
    """What the tests of a module share: the importer, its servers, the simulator, and all that was said on Kafka."""

    settings: ImporterSettings
    simulator: Simulator
    network: Network
    connector: FakeConnector
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    pool: db.Pool
    tenants: Iterator[int] = field(default_factory=lambda: count(700_001))
    heard: list[dict[str, Any]] = field(default_factory=list)
    data: dict[UUID, dict[tuple[str, int], ChunkValue]] = field(default_factory=dict)
    service: Service[Any] | None = None
    app: FastAPI | None = None
    http: httpx.AsyncClient | None = None
    running: "asyncio.Task[None] | None" = None

    async def start(self) -> None:
        to_connector = httpx.ASGITransport(self.connector.app)
        build = partial(app.build, to_connector=to_connector, to_fortnox=self.network)
        self.service = Service("importer", "importer", self.settings, build)
        self.app = create_app(self.service, [api.router])
        self.http = httpx.AsyncClient(base_url="http://importer.test", transport=httpx.ASGITransport(self.app))
        self.running = asyncio.create_task(self.service.run())
        while self.service.missing:  # noqa: ASYNC110  (as a reader of /health/ready would)
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        assert self.running
        self.running.cancel()
        await asyncio.wait([self.running])

    async def listen(self) -> None:
        """Takes down all that is said, for ever."""
        async for raw in self.consumer:
            texts = {name: (value or b"").decode() for name, value in raw.headers}
            if raw.topic.endswith(topics.IMPORT_DATA.name):
                data = json.loads(raw.value)
                chunks = self.data.setdefault(UUID(data["snapshot_id"]), {})
                chunks[data["dataset"], data["number"]] = ChunkValue(texts["ce_type"], raw.value)
            else:
                self.heard.append({**texts, "type": texts["ce_type"], "data": json.loads(raw.value)})


@pytest.fixture(scope="module")
async def house(kafka: str, topic_prefix: str, create_database: Callable[..., Awaitable[str]]) -> AsyncIterator[House]:
    dsn = await create_database("importer")
    await create_topics(kafka, topic_prefix)
    settings = ImporterSettings(
        database_url=SecretStr(dsn),
        kafka_bootstrap_servers=kafka,
        kafka_topic_prefix=topic_prefix,
        connector_url="http://connector.test",
        connector_key=SecretStr("key"),
        fortnox_api_url=BASE,
        callers={"product": Caller(keys=(SecretStr(KEY),), scopes=frozenset({"imports"}))},
    )
    network = Network()
    said = [topic_prefix + topic.name for topic in (topics.IMPORTS, topics.IMPORT_DATA)]
    async with contextlib.AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(BASE, network))
        await simulator.set_switch("rate_limit", False)
        await simulator.add_application("sandbox-client", "sandbox-secret")
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        consumer = AIOKafkaConsumer(*said, bootstrap_servers=kafka, auto_offset_reset="earliest")
        for client in (producer, consumer):
            await client.start()
            stack.push_async_callback(client.stop)
        pool = await db.create_pool(dsn, "importer")
        stack.callback(pool.terminate)
        house = House(settings, simulator, network, FakeConnector(), producer, consumer, pool)
        listening = asyncio.create_task(house.listen())
        stack.callback(listening.cancel)
        await house.start()
        stack.push_async_callback(house.stop)
        yield house


@dataclass
class Stage:
    """One company and its connection, in a house that several tests share."""

    house: House
    tenant: int
    connection_id: UUID
    sent: dict[UUID, Event[Any]] = field(default_factory=dict)

    @property
    def simulator(self) -> Simulator:
        return self.house.simulator

    def request(self, **more: Any) -> ImportRequested:
        return _request(2010, **{"connection_id": self.connection_id, **more})

    def lose_connection(self) -> None:
        self.house.connector.lost.add(self.connection_id)

    def find_connection(self) -> None:
        self.house.connector.lost.discard(self.connection_id)

    async def send(self, data: EventData, *, times: int = 1) -> None:
        """Sends a command or another service's event, as its own sender would."""
        event = new_event(data, source="product", time=SYSTEM.now())
        record = to_record(event)
        if isinstance(data, ImportRequested):
            self.sent.setdefault(data.import_id, event)
        for _ in range(times):
            await self.house.producer.send_and_wait(
                self.house.settings.kafka_topic_prefix + record.topic,
                record.value,
                key=record.key,
                headers=[(name, value or b"") for name, value in record.headers],
            )

    def said(self, about: ImportRequested) -> list[dict[str, Any]]:
        """The events of an import so far, in order; what came at least once is told once."""
        events = {one["ce_id"]: one for one in self.house.heard if one["data"]["import_id"] == str(about.import_id)}
        return list(events.values())

    async def event(self, about: ImportRequested, *types: str, after: int = 0) -> dict[str, Any]:
        """The first such event, waited for; `after` so many others of the same kinds."""
        for _ in range(3000):
            if len(found := [one for one in self.said(about) if one["type"] in types]) > after:
                return found[after]
            await asyncio.sleep(0.01)
        pytest.fail(f"{types} never came, but {[one['type'] for one in self.said(about)]}")

    async def ended(self, about: ImportRequested, *, after: int = 0) -> dict[str, Any]:
        return await self.event(about, *ENDS, after=after)

    async def chunks(self, completed: dict[str, Any]) -> dict[tuple[str, int], ChunkValue]:
        """All chunks of a snapshot, waited for."""
        expected = sum(one["chunks"] for one in completed["data"]["datasets"])
        snapshot = UUID(completed["data"]["snapshot_id"])
        for _ in range(1000):
            if len(found := self.house.data.get(snapshot, {})) == expected:
                return found
            await asyncio.sleep(0.01)
        pytest.fail(f"{len(found)} of {expected} chunks came")

    async def calls(self) -> list[dict[str, Any]]:
        """What this company's Fortnox was asked through the API."""
        return [one for one in await self.simulator.calls() if one["tenant"] == self.tenant and "/3/" in one["path"]]

    async def get(self, path: str, key: str = KEY, method: str = "GET") -> httpx.Response:
        assert self.house.http
        return await self.house.http.request(method, path, headers={"authorization": f"Bearer {key}"})

    async def value(self, question: str, *arguments: Any) -> Any:
        return await self.house.pool.fetchval(question, *arguments)

    async def true(self, question: str, *arguments: Any) -> None:
        """Waits until the answer of a query is true."""
        for _ in range(2000):
            with contextlib.suppress(asyncpg.PostgresConnectionError):
                if await self.value(question, *arguments):
                    return
            await asyncio.sleep(0.01)
        pytest.fail(f"still not true: {question}")


@pytest.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    """A company of the test's own, connected."""
    tenant = await house.simulator.add_company(BOOKS, tenant=next(house.tenants))
    stage = Stage(house, tenant, uuid4())
    house.connector.tokens[stage.connection_id] = (await _token(house.simulator, house.network, tenant), tenant)
    yield stage
    house.network.release()
    await house.simulator.clear_faults()
