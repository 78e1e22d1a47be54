"""A service while Kafka and PostgreSQL come, go and come again: servers of this module's own, which it kills."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fastapi import FastAPI
from pydantic import SecretStr

from common import database
from common.clock import SYSTEM
from common.events import Event, ImportCancelled, ImportRequested, Record, from_record, new_event, to_record
from common.events.topics import IMPORT_REQUESTS, IMPORTS
from common.jobs import Job, JobKind, JobStore
from common.messaging.administration import create_topics
from common.messaging.inbox import Route
from common.service import Runtime, Service, create_app
from common.settings import ServiceSettings
from sandbox.embedded import Kafka, Postgres, Process, Supervisor, ports

MakeRequest = Callable[..., ImportRequested]


@dataclass
class Site:
    """Servers that can be killed, and the settings of a service that uses them."""

    kafka: Kafka
    postgres: Postgres
    prefix: str = ""
    schema: str = "common"
    running: set[Process] = field(default_factory=set)

    @property
    def settings(self) -> ServiceSettings:
        return ServiceSettings(
            database_url=SecretStr(self.postgres.dsn),
            kafka_bootstrap_servers=self.kafka.bootstrap,
            kafka_topic_prefix=self.prefix,
            job_lease_seconds=3,
        )

    def app(self) -> FastAPI:
        return create_app(Service("importer", self.schema, self.settings, build))

    async def start(self, *servers: Process) -> None:
        await asyncio.gather(*(asyncio.to_thread(one.start) for one in servers if one not in self.running))
        self.running |= {*servers}

    async def kill(self, *servers: Process) -> None:
        for one in self.running & {*servers}:
            await asyncio.to_thread(one.kill)
        self.running -= {*servers}

    async def migrate(self) -> None:
        await database.migrate(self.postgres.dsn, self.schema)

    async def create_topics(self) -> None:
        await create_topics(self.kafka.bootstrap, self.prefix)


@pytest.fixture(scope="module")
def servers() -> Iterator[Site]:
    """Kafka takes seconds to start: one for all."""
    with Supervisor() as supervisor:
        yield Site(Kafka(supervisor, port=ports.free()), Postgres(supervisor, port=ports.free()))


@pytest.fixture
async def site(servers: Site) -> Site:
    """With topics and tables of this test's own, which are yet to be made."""
    await servers.start(servers.postgres)  # its password is made at its first start
    name = uuid4().hex[:12]
    return replace(servers, prefix=f"{name}.", schema=f"common__{name}")


async def build(runtime: Runtime[ServiceSettings]) -> None:
    worker = runtime.worker(JobKind("import", [ImportRequested], run=work, give_up=give_up))
    runtime.inbox(IMPORT_REQUESTS, Route(ImportRequested, enqueue), wake=[worker])


async def enqueue(connection: Any, event: Event[ImportRequested]) -> None:
    await JobStore(connection).enqueue("import", 1, event)


async def work(job: Job[ImportRequested]) -> None:
    await job.save("half")
    await asyncio.sleep(0.02)
    await job.complete(ImportCancelled(connection_id=job.connection_id, import_id=job.command.import_id))


async def give_up(*_: Any) -> None:
    raise AssertionError


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client,
    ):
        yield client


async def until_missing(client: httpx.AsyncClient, *expected: str) -> None:
    missing: object = None
    for _ in range(600):
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/health/ready")
        missing = answer.json()["missing"]
        if missing == [*expected]:
            assert answer.status_code == (503 if expected else 200)
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"missing is {missing}, not {expected}")


async def test_a_service_says_what_is_missing_and_comes_up_by_itself(site: Site) -> None:
    await site.kill(site.postgres, site.kafka)

    async with running(site.app()) as client:
        await until_missing(client, "database")
        await site.start(site.postgres)
        await until_missing(client, "migrations")
        await site.migrate()
        await until_missing(client, "kafka")
        await site.start(site.kafka)
        await until_missing(client, "topics")
        await site.create_topics()
        await until_missing(client)


@pytest.mark.parametrize("rounds", [1, pytest.param(4, marks=pytest.mark.long)])
async def test_no_command_and_no_event_is_lost_or_doubled_while_servers_are_killed(
    site: Site, a_request: MakeRequest, rounds: int
) -> None:
    await site.start(site.postgres, site.kafka)
    await site.create_topics()
    await site.migrate()
    connections = [uuid4() for _ in range(6)]
    sent: list[ImportRequested] = []
    over = asyncio.Event()
    producer = _producer(site)
    await producer.start()

    async def send() -> None:
        while not over.is_set():
            request = a_request(connections[len(sent) % 6])
            record = to_record(new_event(request, source="product", time=SYSTEM.now()))
            topic, headers = site.prefix + record.topic, list(record.headers)
            for _ in range(2):  # everything is delivered twice
                await producer.send_and_wait(topic, record.value, key=record.key, headers=headers)
            sent.append(request)
            await asyncio.sleep(0.02)

    async def more() -> None:
        """Waits until work is under way again."""
        wanted = len(sent) + 15
        while len(sent) < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async with running(site.app()) as client:
        await until_missing(client)
        sending = asyncio.create_task(send())
        for _ in range(rounds):
            await more()
            await site.kill(site.postgres)
            await site.start(site.postgres)
            await more()
            await site.kill(site.kafka)
            await until_missing(client, "kafka")
            await site.kill(site.postgres)
            await until_missing(client, "database", "kafka")
            await site.start(site.postgres, site.kafka)
            await until_missing(client)
        await more()
        over.set()
        await sending
        events = await _events(site, len(sent))
    await producer.stop()

    first_seen = list(dict.fromkeys(event.id for event in events))
    by_id = {event.id: event for event in events}
    for connection in connections:
        told = [by_id[one].data.import_id for one in first_seen if by_id[one].data.connection_id == connection]
        assert told == [one.import_id for one in sent if one.connection_id == connection]


def _producer(site: Site) -> Any:
    return AIOKafkaProducer(bootstrap_servers=site.kafka.bootstrap, enable_idempotence=True)


async def _events(site: Site, count: int) -> list[Event[ImportCancelled]]:
    topic = site.prefix + IMPORTS.name
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=site.kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: dict[str, Event[ImportCancelled]] = {}
    everything = []
    async with asyncio.timeout(60):
        while len(found) < count:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                for raw in batch:
                    event = from_record(Record(raw.topic, raw.key, raw.value, raw.headers), [ImportCancelled])
                    found[event.id] = event
                    everything.append(event)
    await consumer.stop()
    return everything
