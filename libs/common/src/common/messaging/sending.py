"""Rows on their way to Kafka, topic by topic: one that can't be written holds up no other."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from common.clock import Clock
from common.messaging.producer import header_bytes
from common.telemetry import OUTBOX_TOPICS_ASIDE

if TYPE_CHECKING:
    import asyncpg

    Acknowledgement = asyncio.Future[object]

log = structlog.get_logger()

PATIENCE = 12.0  # seconds within which all of a batch is acknowledged; two of them stay below the relay's own limit
KNOWN_WITHIN = 1.0  # seconds in which the broker tells of a topic that it has
FIRST_ASIDE, LONGEST_ASIDE = 1.0, 120.0  # seconds


@dataclass
class Batch:
    """Rows that were handed to a producer, with their acknowledgements; those without one were not taken in time."""

    rows: "list[asyncpg.Record]"
    until: float
    acknowledgements: "dict[int, Acknowledgement]" = field(default_factory=dict)

    async def failures(self) -> "list[tuple[asyncpg.Record, BaseException]]":
        """Waits for what is under way; the rows that did not get there, and why."""
        pending = [one for one in self.acknowledgements.values() if not one.done()]
        if pending:
            await asyncio.wait(pending, timeout=max(0.0, self.until - _now()))
        return [(row, why) for row in self.rows if (why := self._failure(row["id"])) is not None]

    def _failure(self, row: int) -> BaseException | None:
        acknowledgement = self.acknowledgements.get(row)
        if acknowledgement is None or not acknowledgement.done() or acknowledgement.cancelled():
            return TimeoutError()
        return acknowledgement.exception()


async def send(producer: AIOKafkaProducer, rows: "list[asyncpg.Record]") -> Batch:
    """Hands the rows over, those of each topic in their order."""
    batch = Batch(rows, _now() + PATIENCE)
    topics = {row["topic"] for row in rows}
    handing = [asyncio.create_task(_hand_over(producer, topic, batch)) for topic in topics]
    try:
        await asyncio.wait(handing, timeout=PATIENCE)
    finally:
        for task in handing:
            task.cancel()
    await asyncio.gather(*handing, return_exceptions=True)
    return batch


async def _hand_over(producer: AIOKafkaProducer, topic: str, batch: Batch) -> None:
    for row in batch.rows:
        if row["topic"] != topic:
            continue
        try:
            sent: Acknowledgement = await producer.send(
                topic, row["value"], key=row["key"], headers=header_bytes(row["headers"])
            )
        except KafkaError as error:  # refused at once is as refused later
            sent = asyncio.get_running_loop().create_future()
            sent.set_exception(error)
        sent.add_done_callback(_look_at)
        batch.acknowledgements[row["id"]] = sent


def _look_at(acknowledgement: "Acknowledgement") -> None:
    """asyncio complains of a failure that nobody looked at, such as that of a producer that was left behind."""
    if not acknowledgement.cancelled():
        acknowledgement.exception()


async def unknown(producer: AIOKafkaProducer, topics: Iterable[str]) -> list[str]:
    """Topics that the broker does not have, or not for us. Raises KafkaError when it does not answer at all."""
    topics = [*topics]
    known = await asyncio.gather(*(_is_known(producer, topic) for topic in topics))
    missing = [topic for topic, is_known in zip(topics, known, strict=True) if not is_known]
    if missing and not await producer.client.force_metadata_update():
        raise KafkaConnectionError
    return missing


async def _is_known(producer: AIOKafkaProducer, topic: str) -> bool:
    try:
        async with asyncio.timeout(KNOWN_WITHIN):
            await producer.partitions_for(topic)
    except (TimeoutError, KafkaError):
        return False
    return True


@dataclass
class Aside:
    """Topics that can't be written: their rows wait, longer with each failure. The order of a key lies in one topic."""

    clock: Clock
    _until: dict[str, float] = field(default_factory=dict, init=False)
    _failures: dict[str, int] = field(default_factory=dict, init=False)

    def topics(self) -> list[str]:
        """Whose time has not come."""
        return [topic for topic, until in self._until.items() if until > self.clock.boottime()]

    def put(self, topic: str, why: str) -> None:
        failures = self._failures.get(topic, 0)
        seconds = min(LONGEST_ASIDE, FIRST_ASIDE * 2.0**failures)
        self._failures[topic] = min(failures + 1, 10)
        self._until[topic] = self.clock.boottime() + seconds
        OUTBOX_TOPICS_ASIDE.set(len(self._until))
        log.warning("relay.topic-set-aside", topic=topic, error=why, seconds=seconds)

    def clear(self) -> None:
        """Another may be the active one from now on."""
        self._until.clear()
        self._failures.clear()
        OUTBOX_TOPICS_ASIDE.set(0)

    def written(self, topics: Iterable[str]) -> None:
        """They can be written again."""
        for topic in self._until.keys() & set(topics):
            del self._until[topic], self._failures[topic]
            log.info("relay.topic-back", topic=topic)
        OUTBOX_TOPICS_ASIDE.set(len(self._until))


def _now() -> float:
    return asyncio.get_running_loop().time()
