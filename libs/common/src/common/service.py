"""A running service: one process whose HTTP answers at once while everything else is brought up and kept up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI, Request
from faststream.kafka import KafkaBroker

from common import database, http
from common.clock import SYSTEM, Clock
from common.events.topics import Topic
from common.jobs.worker import JobKind, Worker
from common.messaging.administration import TopicsMissing, require_topics
from common.messaging.consuming import HandOver, make_broker, subscribe
from common.messaging.dead_letters import DeadLetters
from common.messaging.inbox import Inbox, Route
from common.messaging.outbox import Outbox
from common.messaging.producer import make_producer
from common.messaging.relay import Relay
from common.messaging.watchdog import watch
from common.problems import NOT_READY
from common.pruning import Rule, prune_forever
from common.settings import ServiceSettings

log = structlog.get_logger()

RETRY = 1.0  # seconds before everything is brought up again
TELLING = (
    database.MigrationsMissing,
    TopicsMissing,
    KafkaError,
    asyncpg.PostgresError,
)  # whose texts hold no setting's value

AnySettings = TypeVar("AnySettings", bound=ServiceSettings)


@dataclass
class Runtime(Generic[AnySettings]):
    """What a service's own parts are built from, once database and broker are there."""

    name: str
    schema: str
    settings: AnySettings
    pool: database.Pool
    broker: KafkaBroker
    stack: AsyncExitStack
    clock: Clock = SYSTEM
    tasks: list[Coroutine[Any, Any, None]] = field(default_factory=list)
    parts: dict[type, Any] = field(default_factory=dict)
    pruning: list[Rule] = field(default_factory=list)
    """The rules for the service's own tables."""

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.settings.kafka_topic_prefix)

    @property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.name, self.outbox, self.clock)

    def subscribe(self, topic: Topic, hand_over: HandOver) -> None:
        """Hands each record of a topic over, once the broker starts."""
        subscribe(self.broker, self.settings, topic, self.name, hand_over)

    def inbox(self, topic: Topic, *routes: Route, wake: Sequence[Worker] = ()) -> None:
        """Takes a topic's commands in, and wakes the workers that they are for."""
        wakes = [worker.wake for worker in wake]
        inbox = Inbox(self.pool, routes, self.dead_letters, wake=wakes, clock=self.clock)
        self.subscribe(topic, inbox.accept)

    def worker(self, kind: JobKind) -> Worker:
        """Runs jobs of a kind; `wake` it when one was enqueued."""
        worker = Worker(
            kind,
            self.pool,
            self.outbox,
            self.name,
            slots=self.settings.workers,
            lease=timedelta(seconds=self.settings.job_lease_seconds),
            clock=self.clock,
        )
        self.tasks.append(worker.run())
        return worker

    async def producer(self) -> AIOKafkaProducer:
        """A started producer that is stopped with the service."""
        producer = make_producer(self.settings)
        await producer.start()
        self.stack.push_async_callback(producer.stop)
        return producer


Build = Callable[[Runtime[AnySettings]], Coroutine[Any, Any, None]]


@dataclass
class Service(Generic[AnySettings]):
    """Brings a service up, keeps it up, and says what is missing meanwhile.

    `build` wires the service's own parts on a Runtime: subscribers, workers, background tasks. `greet` is the first to
    use each new connection of the pool.
    """

    name: str
    schema: str
    settings: AnySettings
    build: Build[AnySettings]
    greet: database.Greet | None = None
    runtime: Runtime[AnySettings] | None = field(default=None, init=False)
    missing: list[str] = field(default_factory=lambda: ["start"], init=False)
    _told: list[str] = field(default_factory=list, init=False)

    async def run(self) -> None:
        """Until it is cancelled. Anything that fails brings all of it down and up again, with a line that says what."""
        while True:
            try:
                await self._up()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  (the supervisor: whatever failed is logged and brought up again)
                self._note_failure(error)
            self.runtime = None
            await SYSTEM.sleep(RETRY)

    async def _up(self) -> None:
        async with AsyncExitStack() as stack:
            self.missing = ["database"]
            pool = await database.create_pool(
                self.settings.database_url.get_secret_value(),
                self.schema,
                largest=self.settings.database_pool,
                greet=self.greet,
            )
            stack.push_async_callback(_close, pool)
            async with pool.acquire() as connection:
                self.missing = ["migrations"]
                await database.require_migrations(connection, self.schema)
            runtime = Runtime(self.name, self.schema, self.settings, pool, make_broker(self.settings, self.name), stack)
            stack.callback(_drop, runtime.tasks)
            self.missing = ["kafka"]
            await require_topics(self.settings)
            self.missing = ["start"]
            await self.build(runtime)
            self.missing = ["kafka"]
            stack.push_async_callback(runtime.broker.stop)
            await runtime.broker.start()
            await self._run(runtime)

    async def _run(self, runtime: Runtime[AnySettings]) -> None:
        dsn = self.settings.database_url.get_secret_value()
        relay = Relay(dsn, self.schema, lambda: make_producer(self.settings), runtime.dead_letters)
        pruning = prune_forever(runtime.pool, runtime.clock, runtime.pruning)
        upkeep = (relay.run(), pruning, watch(runtime.broker, runtime.clock))
        async with asyncio.TaskGroup() as group:
            for task in (*upkeep, *runtime.tasks):
                group.create_task(task)
            runtime.tasks.clear()
            self.runtime, self.missing, self._told = runtime, [], []
            log.info("service.ready")

    async def lacking(self) -> list[str]:
        """What is missing right now: asked of the database and the broker, not remembered."""
        if self.runtime is None:
            return self.missing or ["start"]
        there = await asyncio.gather(_answers(self.runtime.pool), self.runtime.broker.ping(timeout=2.0))
        return [name for name, answers in zip(("database", "kafka"), there, strict=True) if not answers]

    def _note_failure(self, error: Exception) -> None:
        """Says what is missing once, not each second; what went wrong after the start is always said."""
        if self.missing and isinstance(error, KafkaError | TopicsMissing):
            self.missing = ["topics" if isinstance(error, TopicsMissing) else "kafka"]
        if not self.missing:
            log.error("service.interrupted", error=[type(one).__name__ for one in _leaves(error)], exc_info=error)
        elif self.missing == ["start"]:
            log.error("service.can-not-start", error=type(error).__name__, exc_info=error)
        elif self.missing != self._told:
            detail = str(error) if isinstance(error, TELLING) else ""
            log.warning("service.waiting", missing=self.missing, error=type(error).__name__, detail=detail)
        self._told = self.missing


def create_app(service: Service[Any], routers: Sequence[APIRouter] = ()) -> FastAPI:
    """The service's HTTP side. Its lifespan starts the supervisor and does not wait for it."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        supervisor = asyncio.create_task(service.run())
        try:
            yield
        finally:
            supervisor.cancel()
            await asyncio.wait([supervisor])

    app = FastAPI(title=f"Bokbrygga {service.name}", lifespan=lifespan, openapi_url=None)  # nor pages that show it
    app.state.service = service
    http.prepare(app, service.settings.callers)
    http.add_health(app, service.lacking)
    for router in routers:
        app.include_router(router)
    return app


async def current_runtime(request: Request) -> Runtime[Any]:
    """A dependency: the runtime, or a problem that names what is missing."""
    service: Service[Any] = request.app.state.service
    if service.runtime is None:
        raise NOT_READY.error(missing=", ".join(service.missing))
    return service.runtime


async def _answers(pool: database.Pool) -> bool:
    try:
        async with asyncio.timeout(2), pool.acquire() as connection:
            await connection.execute("select 1")
    except database.GONE:
        return False
    return True


def _drop(tasks: list[Coroutine[Any, Any, None]]) -> None:
    """Tasks that were never started must be closed, or Python complains."""
    for task in tasks:
        task.close()


async def _close(pool: database.Pool) -> None:
    """Gives work under way a moment, then drops the connections: a database that is away never says goodbye."""
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except (TimeoutError, *database.GONE):
        pool.terminate()


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [error]
