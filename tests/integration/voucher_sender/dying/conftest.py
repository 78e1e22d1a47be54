"""Processes that die at a given point, in this one."""

import asyncio
import gc
import json
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from common import database as db
from common.clock import SYSTEM
from common.events import EventData, Topic, new_event, to_record, topics
from common.jobs import Job
from common.messaging.consuming import HandOver
from common.messaging.relay import Relay
from common.service import Runtime
from sandbox.memory_kafka import MemoryKafka
from sandbox.stepping import Life, Suspending, die_at, outside
from voucher_sender import batch_job
from voucher_sender.app import assemble
from voucher_sender.sender import Sender
from voucher_sender.settings import VoucherSenderSettings

SCHEMA = "voucher_sender"


@dataclass
class Mortal:
    """Processes of an office that die."""

    dead: list[Coroutine[Any, Any, None]] = field(default_factory=list)
    """Coroutines left where they were when their process died."""

    async def crash(self, office: Any, job: Job[Any], awaits: int) -> bool:
        """A process that has claimed a job dies after so many awaits. True when it came to the end before."""
        pool = await db.create_pool(office.dsn, SCHEMA)
        sessions: list[Any] = []

        async def open_session() -> Any:
            sessions.append(asyncio.create_task(db.connect(office.dsn, SCHEMA)))
            return await sessions[-1]

        sender = replace(office.sender(pool), open_session=open_session, transport=Suspending(office.transport))
        coroutine = batch_job.run(replace(job, pool=pool), sender)

        try:
            return await die_at(coroutine, awaits)
        except db.GONE:
            return False  # somebody cut its connection before
        finally:
            for session in sessions:
                (await session).terminate()
            pool.terminate()
            self.dead.append(coroutine)
            await office.free(job)

    def bury(self) -> None:
        """Clears away what dead processes left in this one: half-open connections, which a real death closes."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            for coroutine in self.dead:
                with suppress(RuntimeError, *db.GONE):
                    coroutine.close()
            self.dead.clear()
            gc.collect()


@pytest.fixture
def mortal() -> Iterator[Mortal]:
    processes = Mortal()
    yield processes
    processes.bury()


class Held(Runtime[Any]):
    """A service's runtime whose consumers a test moves."""

    consumers: dict[str, HandOver]

    def subscribe(self, topic: Topic, hand_over: HandOver) -> None:
        self.consumers[topic.name] = hand_over


@dataclass
class Crossing:
    """Commands on their whole way, from Kafka through replicas of the sender and back to Kafka."""

    office: Any
    kafka: MemoryKafka = field(default_factory=MemoryKafka)
    lease: float = 15.0
    make_sender: Callable[[db.Pool], Sender] | None = None
    """The means of each replica, where they are others than the office's own."""

    def send(self, *commands: EventData) -> None:
        for command in commands:
            self.kafka.write(to_record(new_event(command, source="product", time=SYSTEM.now())))

    async def replica(self, awaits: int | None = None) -> tuple[bool, int]:
        """A process takes everything as far as it goes, or dies after so many awaits, and what it held is free then.

        Returns whether it came to the end, and how many awaits it had.
        """
        life, name = Life(awaits), f"replica-{uuid4()}"
        dsn = f"{self.office.dsn}{'&' if '?' in self.office.dsn else '?'}application_name={name}"
        pool = await db.create_pool(dsn, SCHEMA)
        try:
            ended = await life.live(self._way(replace(self.office, dsn=dsn), pool))
        finally:
            pool.terminate()  # first, for it would open new sessions in place of those that are cut
            await self._cut(name)
            await life.bury()
        return ended, life.awaits

    async def _way(self, office: Any, pool: db.Pool) -> None:
        """One after the other what a service does at once: so an await has the same number each time."""
        runtime = Held("voucher-sender", SCHEMA, self._settings(), pool, None, AsyncExitStack())  # type: ignore[arg-type]  # no broker
        runtime.consumers = {}
        sender = self.make_sender(pool) if self.make_sender else office.sender(pool)
        transport = Suspending(sender.transport or office.transport)
        session = partial(db.connect, office.dsn, SCHEMA)  # by its name, so that it is cut with the others
        assemble(runtime, replace(sender, transport=transport, open_session=session))
        workers = runtime.tasks
        try:
            for topic, hand_over in runtime.consumers.items():
                await self.kafka.consume(topic, hand_over)
        except BaseException:
            for worker in workers:
                worker.close()  # or Python complains that it was never started
            raise
        await self._until("select not exists (select from jobs where status <> all('{done,dead}'))", *workers)
        relay = Relay(office.dsn, SCHEMA, self.kafka.producer, runtime.dead_letters)
        await self._until("select not exists (select from outbox)", relay.run())

    async def _until(self, condition: str, *coroutines: Coroutine[Any, Any, None]) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in coroutines]
            await outside(self.office.wait_until(condition))
            for task in tasks:
                task.cancel()

    async def _cut(self, name: str) -> None:
        """A dead process's sessions end and its leases run out."""
        sessions = f"from pg_stat_activity where application_name = '{name}'"
        await self.office.wait_until(f"select count(pg_terminate_backend(pid)) = 0 {sessions}")
        async with self.office.pool.acquire() as connection:
            await connection.execute("update jobs set lease_until = clock() where status = 'running'")

    def _settings(self) -> VoucherSenderSettings:
        return VoucherSenderSettings(
            database_url=SecretStr(self.office.dsn),
            kafka_bootstrap_servers="",
            connector_url="",
            connector_key=SecretStr(""),
            fortnox_client_id="tests",
            workers=1,
            job_lease_seconds=self.lease,
        )

    def told(self) -> list[dict[str, Any]]:
        """The events on Kafka, each once."""
        events = {dict(one.headers)["ce_id"]: one for one in self.kafka.records[topics.VOUCHERS.name]}
        return [
            {"type": (dict(one.headers)["ce_type"] or b"").decode(), **json.loads(one.value or b"")}
            for one in events.values()
        ]


@pytest.fixture
def crossing() -> type[Crossing]:
    return Crossing
