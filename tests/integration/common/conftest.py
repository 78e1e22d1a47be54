"""What the tests of the shared parts share: a database with common's own tables, a connection, a pool."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from common import database as db
from common.clock import SYSTEM
from common.events import FinancialYear, ImportFailed, ImportRequested, Trouble, new_event
from common.jobs import Job, JobKind, JobStore, Worker
from common.jobs.worker import Step
from common.messaging.outbox import Outbox
from common.problems import ProblemError

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
        self, run: Step, *, pool: db.Pool | None = None, lease: float = 15.0, slots: int = 4, **kind: Any
    ) -> Running:
        """A process that runs jobs of a kind with the given step."""
        worker = Worker(
            JobKind(**{"name": "import", "commands": [ImportRequested], "give_up": give_up, **kind, "run": run}),
            pool or self.pool,
            Outbox(),
            "tests",
            slots=slots,
            lease=timedelta(seconds=lease),
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
