"""The product's server: one consumer of all event streams, one producer of commands."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.product.assembly import Incomplete, NotProven, prove
from sandbox.product.records import CommandRecord, Received, attributes
from sandbox.product.store import Store, create_schema

log = structlog.get_logger()

DATA = "fortnox.import-data.v1"
STREAMS = ("fortnox.connections.v1", "fortnox.connect-attempts.v1", "fortnox.imports.v1", "fortnox.vouchers.v1", DATA)
Answer = TypeVar("Answer")
POLL = 0.1  # seconds between looks while something is waited for
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    KafkaError,
)


class ProductSettings(BaseSettings):
    """Where the product finds what it uses; from the environment."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    kafka_bootstrap_servers: str
    kafka_topic_prefix: str = ""
    database_url: SecretStr
    connector_url: str = "http://127.0.0.1:8081"
    connector_key: SecretStr = SecretStr("")


@dataclass
class Product:
    """Sends commands and keeps what comes back."""

    settings: ProductSettings
    pool: "asyncpg.Pool[asyncpg.Record]"
    producer: AIOKafkaProducer
    heard: Callable[[Received], None] = field(default=lambda _event: None)
    """Called for each event when it has been kept."""

    @classmethod
    @asynccontextmanager
    async def running(
        cls, settings: ProductSettings, heard: Callable[[Received], None] = lambda _event: None
    ) -> AsyncIterator["Product"]:
        """A product that listens until the block ends."""
        pool = await asyncpg.create_pool(settings.database_url.get_secret_value(), min_size=1, max_size=4)
        async with pool.acquire() as connection:
            await create_schema(connection)
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap_servers, enable_idempotence=True, max_request_size=8_100_000
        )
        await producer.start()
        product = cls(settings, pool, producer, heard)
        listening = asyncio.create_task(product.listen())
        try:
            yield product
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            await producer.stop()
            await pool.close()

    async def send(self, command: CommandRecord) -> None:
        """Sends a command and waits until Kafka has it."""
        topic = self.settings.kafka_topic_prefix + command.topic
        await self.producer.send_and_wait(topic, command.value, key=command.key, headers=command.headers)

    async def listen(self) -> None:
        """Reads the event streams for ever; begins again where it was when Kafka or PostgreSQL were away."""
        while True:
            try:
                await self._listen_once()
            except AWAY as error:
                log.warning("product.interrupted", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _listen_once(self) -> None:
        prefix = self.settings.kafka_topic_prefix
        consumer = AIOKafkaConsumer(
            *(prefix + topic for topic in STREAMS),
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            group_id=prefix + "product",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            async for record in consumer:
                received = Received(
                    record.topic.removeprefix(prefix),
                    record.partition,
                    record.offset,
                    (record.key or b"").decode(),
                    attributes(record.headers),
                    record.value,
                )
                await self._take(received)
                await consumer.commit({TopicPartition(record.topic, record.partition): record.offset + 1})
        finally:
            with contextlib.suppress(*AWAY):
                await consumer.stop()

    async def _take(self, event: Received) -> None:
        """Keeps an event and what follows from it in one transaction; a repeated one changes nothing."""
        if event.value is None:
            return
        async with self.pool.acquire() as connection, connection.transaction():
            store = Store(connection)
            if event.topic == DATA:
                await self._prove(store, await store.add_chunk(event))
                return
            data = event.data
            about = data.get("import_id") or data.get("batch_id") or data.get("session_id") or event.key
            if not await store.add_event(event, str(about)):
                return
            if event.type == "import.completed":
                await store.announce(data)
                await self._prove(store, UUID(data["snapshot_id"]))
            elif event.type == "voucher.booked":
                await store.add_receipt(data)
        self.heard(event)

    async def _prove(self, store: Store, snapshot: UUID) -> None:
        """Chunks and announcement may come in any order: whichever is last proves the import."""
        completed = await store.unproven(snapshot)
        if completed is None:
            return
        import_id = UUID(completed["import_id"])
        try:
            proof = prove(completed, await store.chunks(snapshot))
        except Incomplete:
            return
        except NotProven as fault:
            log.error("product.import-not-proven", import_id=str(import_id), fault=str(fault))
            await store.note_fault(import_id, str(fault))
            return
        await store.keep(import_id, snapshot, proof)
        log.info("product.import-proven", import_id=str(import_id))

    async def wait_for(self, about: UUID | str, *types: str, seconds: float = 60) -> dict[str, Any]:
        """The first event of one of the types about an import, a batch or a connection. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                for event in await self.events_about(about):
                    if event["type"] in types:
                        return event
                await asyncio.sleep(POLL)

    async def wait_until_proven(self, import_id: UUID, *, seconds: float = 60) -> None:
        """Until the import's data are kept. Raises NotProven and TimeoutError."""
        async with asyncio.timeout(seconds):
            while not await self._ask(lambda store: store.proven(import_id)):
                if fault := await self._ask(lambda store: store.fault(import_id)):
                    raise NotProven(fault)
                await asyncio.sleep(POLL)

    async def events_about(self, about: UUID | str) -> list[dict[str, Any]]:
        return await self._ask(lambda store: store.events_about(str(about)))

    async def part(self, import_id: UUID, part: str) -> list[dict[str, Any]]:
        """A proven import's rows of one part, in order."""
        return await self._ask(lambda store: store.part(import_id, part))

    async def receipts(self, connection_id: UUID) -> dict[str, dict[str, Any]]:
        return await self._ask(lambda store: store.receipts(connection_id))

    async def _ask(self, question: Callable[[Store], Awaitable[Answer]]) -> Answer:
        """Asks the store; a database that is away is asked again."""
        while True:
            try:
                async with self.pool.acquire() as connection:
                    return await question(Store(connection))
            except AWAY:
                await asyncio.sleep(POLL)
