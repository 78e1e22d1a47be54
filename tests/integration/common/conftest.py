"""What the tests of the shared parts share: a database with common's own tables, a connection, a pool."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError
from pydantic import SecretStr

from common import database as db
from common.clock import SYSTEM
from common.events import FinancialYear, ImportFailed, ImportRequested, Record, Topic, Trouble, new_event
from common.jobs import Job, JobKind, JobStore, Worker
from common.jobs.worker import MEASURE, Step
from common.messaging.administration import create_topics
from common.messaging.outbox import Outbox
from common.problems import ProblemError
from common.service import Build, Service
from common.settings import ServiceSettings

SCHEMA = "common"


@pytest.fixture
async def dsn(create_database: Callable[..., Awaitable[str]]) -> str:
    """A database of this test's own, with the shared tables in the schema `common`."""
    return await create_database(SCHEMA)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[db.Pool]:
    pool = await db.create_pool(dsn, SCHEMA)
    yield pool
    pool.terminate()


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await db.connect(dsn, SCHEMA)
    yield connection
    connection.terminate()


@dataclass
class Running:
    worker: Worker
    task: "asyncio.Task[None]"

    async def stop(self) -> None:
        """As SIGTERM does."""
        await _cancel(self.task)


@dataclass
class Queue:
    """A database with jobs, as several processes see it."""

    dsn: str
    pool: db.Pool
    opened: AsyncExitStack

    async def enqueue(
        self, connection: UUID | None = None, *, kind: str = "import", version: int = 1, cancelled: bool = False
    ) -> ImportRequested:
        """Adds a job with a command of its own; returns the command."""
        command = _a_request(connection)
        event = new_event(command, source="tests", time=SYSTEM.now())
        async with self.pool.acquire() as session:
            await JobStore(session).enqueue(kind, version, event, cancelled=cancelled)
        return command

    async def process(self) -> db.Pool:
        """A pool as another process would have it; `terminate` is its death."""
        pool = await db.create_pool(self.dsn, SCHEMA)
        self.opened.callback(pool.terminate)
        return pool

    def start(
        self,
        run: Step,
        *,
        pool: db.Pool | None = None,
        lease: float = 15.0,
        slots: int = 4,
        measure: float = MEASURE,
        **kind: Any,
    ) -> Running:
        """A process that runs jobs of a kind with the given step."""
        worker = Worker(
            JobKind(**{"name": "import", "commands": [ImportRequested], "give_up": give_up, **kind, "run": run}),
            pool or self.pool,
            Outbox(),
            "tests",
            slots=slots,
            lease=timedelta(seconds=lease),
            measure=measure,
        )
        task = asyncio.create_task(worker.run())
        self.opened.push_async_callback(_cancel, task)
        return Running(worker, task)

    async def advance(self, seconds: float) -> None:
        """Sets the database's clock on."""
        await self.pool.execute(
            "create or replace function clock() returns timestamptz language sql volatile as"
            f" 'select clock_timestamp() + interval ''{seconds} seconds'''"
        )

    async def statuses(self) -> list[str]:
        return [row["status"] for row in await self.pool.fetch("select status from jobs order by position")]

    async def until(self, status: str, *, count: int = 1) -> None:
        """Waits until that many jobs have the status."""
        await self.true(f"select count(*) >= {count} from jobs where status = '{status}'")

    async def true(self, question: str) -> None:
        """Waits until the answer of a query is true."""
        for _ in range(5000):
            if await self.pool.fetchval(question):
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"still not true: {question}")

    async def said(self) -> list[dict[str, Any]]:
        """What the outbox would publish, in order: the events' types and data."""
        rows = await self.pool.fetch("select headers, value from outbox order by id")
        return [dict(row["headers"]) | {"data": json.loads(row["value"])} for row in rows]


def _a_request(connection: UUID | None = None) -> ImportRequested:
    year = FinancialYear(from_date=date(2025, 1, 1), to_date=date(2025, 12, 31))
    return ImportRequested(connection_id=connection or uuid4(), import_id=uuid4(), financial_year=year)


async def give_up(job: Job[ImportRequested], problem: ProblemError) -> None:
    await job.complete(
        ImportFailed(connection_id=job.connection_id, import_id=job.command.import_id, trouble=Trouble.of(problem))
    )


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
async def queue(dsn: str, pool: db.Pool) -> AsyncIterator[Queue]:
    async with AsyncExitStack() as opened:
        yield Queue(dsn, pool, opened)


@pytest.fixture
def a_request() -> Callable[..., ImportRequested]:
    """Makes import requests."""
    return _a_request


@dataclass
class Topics:
    """What was written to Kafka, and a way to write to it. Names are given without the module's prefix."""

    bootstrap: str
    prefix: str
    producer: AIOKafkaProducer

    async def send(self, *records: Record, topic: str | None = None) -> None:
        for one in records:
            await self.producer.send_and_wait(
                self.prefix + (topic or one.topic), one.value, key=one.key, headers=list(one.headers)
            )

    async def make(self, name: str, **config: str) -> None:
        """A topic that the contract does not have."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(self.prefix + name, 1, 1, topic_configs=config)])
        await admin.close()

    async def read(self, topic: Topic | str, count: int, *, within: float = 30) -> list[Record]:
        """The first records of a topic, waited for."""
        name = self.prefix + (topic if isinstance(topic, str) else topic.name)
        found: list[Record] = []
        async with asyncio.timeout(within), self._reader(name) as consumer:
            while len(found) < count:
                batches = await consumer.getmany(timeout_ms=200)
                found += [_record(raw) for batch in batches.values() for raw in batch]
        return found

    async def committed(self, group: str, topic: Topic) -> int:
        """How many of a topic's records a group has behind it."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(f"{self.prefix}{group}.{topic.name}")
        except GroupCoordinatorNotAvailableError:  # no group has been there yet, on this broker
            return 0
        finally:
            await admin.close()
        return sum(max(0, one.offset) for one in offsets.values())

    async def until_committed(self, group: str, topic: Topic, count: int) -> None:
        for _ in range(1000):
            if await self.committed(group, topic) == count:
                return
            await asyncio.sleep(0.02)
        pytest.fail(f"{group} has not come to the end of {topic.name}")

    async def size(self, topic: Topic) -> int:
        """How many records were written to a topic."""
        async with self._reader(self.prefix + topic.name) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            return sum(ends.values())

    @asynccontextmanager
    async def _reader(self, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=13_000_000
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()


def _record(raw: Any) -> Record:
    return Record(raw.topic, raw.key, raw.value, list(raw.headers), raw.partition, raw.offset)


@pytest.fixture(scope="module")
async def topics(kafka: str, topic_prefix: str) -> AsyncIterator[Topics]:
    """All topics of the contract, for this module."""
    await create_topics(kafka, topic_prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, max_request_size=20_000_000, compression_type="gzip")
    await producer.start()
    yield Topics(kafka, topic_prefix, producer)
    await producer.stop()


@pytest.fixture
def settings(dsn: str, topics: Topics) -> ServiceSettings:
    return ServiceSettings(
        database_url=SecretStr(dsn), kafka_bootstrap_servers=topics.bootstrap, kafka_topic_prefix=topics.prefix
    )


@asynccontextmanager
async def _serving(settings: ServiceSettings, build: Build[ServiceSettings], name: str) -> AsyncIterator[Service[Any]]:
    service = Service(name, SCHEMA, settings, build)
    task = asyncio.create_task(service.run())
    try:
        while service.missing:  # noqa: ASYNC110  (as a reader of /health/ready would)
            await asyncio.sleep(0.01)
        yield service
    finally:
        await _cancel(task)


@pytest.fixture
def serving(settings: ServiceSettings) -> Callable[..., AbstractAsyncContextManager[Service[Any]]]:
    """Runs a service with the given parts, and hands it over when it is ready."""

    def start(build: Build[ServiceSettings], name: str = "importer") -> AbstractAsyncContextManager[Service[Any]]:
        return _serving(settings, build, name)

    return start
