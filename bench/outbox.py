"""How fast the relay publishes an outbox, beside a bare producer of the same kind that is given the same records.

The producer does nothing but send, pipelined; the relay also reads the rows from PostgreSQL, keeps their order and
deletes them once they are acknowledged.
"""

import asyncio
import time
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer
from prometheus_client import REGISTRY
from pydantic import SecretStr

from common import database
from common.clock import SYSTEM
from common.events import ImportProgressed, new_event, to_record
from common.messaging.administration import create_topics
from common.messaging.dead_letters import DeadLetters
from common.messaging.outbox import Outbox
from common.messaging.producer import header_bytes, make_producer
from common.messaging.relay import Relay
from common.settings import ServiceSettings
from sandbox.embedded import servers

EVENTS = 20_000
CONNECTIONS = 50
ROUNDS = 3  # of each, alternating; the best of each counts, since both suffer from whatever else the machine does
PIPELINED = 500  # sends under way at once, as many as the relay's
SCHEMA = "common"

Row = tuple[str, bytes, bytes, list[tuple[str, str]]]


def run() -> dict[str, float]:
    """Events a second, and the relay's share of what the bare producer reaches."""
    with servers() as addresses:
        settings = ServiceSettings(database_url=SecretStr(addresses.postgres), kafka_bootstrap_servers=addresses.kafka)
        return asyncio.run(_measure(settings))


async def _measure(settings: ServiceSettings) -> dict[str, float]:
    dsn = settings.database_url.get_secret_value()
    await create_topics(settings.kafka_bootstrap_servers)
    await database.migrate(dsn, SCHEMA)
    rows = _rows()
    written = await _write(dsn)
    relayed, bare = [], []
    for _ in range(ROUNDS):
        bare.append(await _send_bare(settings, rows))
        relayed.append(await _relay(settings, rows))
    return {
        "outbox_events": EVENTS,
        "outbox_event_bytes": sum(len(value) for _, _, value, _ in rows) / EVENTS,
        "outbox_written_per_second": written,
        "relay_events_per_second": max(relayed),
        "bare_producer_events_per_second": max(bare),
        "relay_over_bare_producer": max(relayed) / max(bare),
    }


def _rows() -> list[Row]:
    """Events of the size that most have, as the outbox keeps them."""
    connections = [uuid4() for _ in range(CONNECTIONS)]
    rows = []
    for number in range(EVENTS):
        record = to_record(
            new_event(_event(connections[number % CONNECTIONS], number), source="bench", time=SYSTEM.now())
        )
        headers = [(name, (value or b"").decode()) for name, value in record.headers]
        rows.append((record.topic, record.key or b"", record.value or b"", headers))
    return rows


def _event(connection: UUID, number: int) -> ImportProgressed:
    return ImportProgressed(
        connection_id=connection,
        import_id=uuid4(),
        step="vouchers",
        percent=number % 100,
        calls_left=number,
        seconds_left=number // 5,
        swedish=f"Hämtar verifikationer, {number % 100} procent klart.",
    )


async def _write(dsn: str) -> float:
    """Events written to the outbox by one transaction each of ten, as jobs do it."""
    outbox, count, connection_id = Outbox(), 2_000, uuid4()
    pool = await database.create_pool(dsn, SCHEMA)
    started = time.perf_counter()
    for batch in range(count // 10):
        async with pool.acquire() as connection, connection.transaction():
            events = [new_event(_event(connection_id, batch), source="bench", time=SYSTEM.now()) for _ in range(10)]
            await outbox.add(connection, *events)
    seconds = time.perf_counter() - started
    await pool.execute("truncate outbox")
    await pool.close()
    return count / seconds


async def _relay(settings: ServiceSettings, rows: list[Row]) -> float:
    dsn = settings.database_url.get_secret_value()
    connection = await database.connect(dsn, SCHEMA)
    await connection.executemany("insert into outbox (topic, key, value, headers) values ($1, $2, $3, $4)", rows)
    await connection.close()
    relay = Relay(dsn, SCHEMA, lambda: make_producer(settings), DeadLetters("bench", Outbox(), SYSTEM))
    before = _published()
    running = asyncio.create_task(relay.run())
    first = await _until(before + 1)  # its start is not what is measured
    started = time.perf_counter()
    last = await _until(before + EVENTS)
    seconds = time.perf_counter() - started
    running.cancel()
    await asyncio.wait([running])
    return (last - first) / seconds


async def _until(count: float) -> float:
    """Waits until that many events have been published by this process; returns how many it were."""
    while (published := _published()) < count:  # noqa: ASYNC110  (the relay tells nobody)
        await asyncio.sleep(0.002)
    return published


def _published() -> float:
    return REGISTRY.get_sample_value("bokbrygga_outbox_published_total") or 0.0


async def _send_bare(settings: ServiceSettings, rows: list[Row]) -> float:
    async with make_producer(settings) as producer:
        await producer.partitions_for(rows[0][0])
        started = time.perf_counter()
        for first in range(0, len(rows), PIPELINED):
            await _send_all(producer, rows[first : first + PIPELINED])
        return len(rows) / (time.perf_counter() - started)


async def _send_all(producer: AIOKafkaProducer, rows: list[Row]) -> None:
    await asyncio.gather(
        *[
            await producer.send(topic, value, key=key, headers=header_bytes(headers))
            for topic, key, value, headers in rows
        ]
    )
