"""Parking records that can never be handled, and replaying them."""

from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from common.clock import Clock
from common.database import Connection
from common.events.dead_letters import NOBODY, Header, Origin, RecordParked
from common.events.envelope import Record, Unreadable, connection_of, from_record, new_event
from common.events.topics import DEAD_LETTERS
from common.messaging.outbox import Outbox
from common.messaging.producer import client_options, make_producer
from common.settings import ServiceSettings

log = structlog.get_logger()

LARGEST_CARRIED = 8_500_000  # bytes of a record that a dead letter carries: base64 makes them 11.3 of its topic's 12 MB
LARGEST_ENVELOPE = 200_000  # bytes of key and headers


@dataclass(frozen=True)
class DeadLetters:
    """Parks records through the outbox: the parking is true when its transaction commits."""

    consumer: str
    outbox: Outbox
    clock: Clock

    async def park(self, connection: Connection, record: Record, why: Unreadable) -> None:
        """Keeps the record with its reason; the payload goes into the value, never into a header or a log."""
        log.warning(
            "record.parked", reason=why.reason, topic=record.topic, partition=record.partition, offset=record.offset
        )
        await self.outbox.add(
            connection, new_event(self._letter(record, why), source=self.consumer, time=self.clock.now())
        )

    def _letter(self, record: Record, why: Unreadable) -> RecordParked:
        envelope = len(record.key or b"") + sum(len(name) + len(value or b"") for name, value in record.headers)
        whole = envelope <= LARGEST_ENVELOPE and envelope + len(record.value or b"") <= LARGEST_CARRIED
        return RecordParked(
            connection_id=connection_of(record) or NOBODY,
            consumer=self.consumer,
            origin=Origin(topic=record.topic, partition=record.partition, offset=record.offset),
            reason=why.reason,
            detail=why.detail,
            parked_at=self.clock.now(),
            key=record.key if whole else None,
            headers=tuple(Header(name=name, value=value) for name, value in record.headers) if whole else (),
            value=record.value if whole else None,
            truncated=not whole,
        )


async def replay(settings: ServiceSettings, consumer_name: str) -> int:
    """Sends this consumer's parked records to their topics again, each dead letter once; returns how many."""
    topic = settings.kafka_topic_prefix + DEAD_LETTERS.name
    consumer = AIOKafkaConsumer(
        topic,
        **client_options(settings),
        group_id=f"{settings.kafka_topic_prefix}{consumer_name}-replay",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=13_000_000,
    )
    producer = make_producer(settings)
    await consumer.start()
    await producer.start()
    try:
        return await _replay_all(consumer, producer, consumer_name)
    finally:
        await consumer.stop()
        await producer.stop()


async def _replay_all(consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, consumer_name: str) -> int:
    count = 0
    ends = await consumer.end_offsets(consumer.assignment())
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
            for record in records:
                if record.offset < ends[partition]:  # what is parked anew meanwhile is for the next time
                    count += await _replay_one(producer, record, consumer_name)
        await consumer.commit()
    return count


async def _replay_one(producer: AIOKafkaProducer, raw: "ConsumerRecord[bytes, bytes]", consumer_name: str) -> int:
    try:
        letter = from_record(Record(raw.topic, raw.key, raw.value, raw.headers), [RecordParked]).data
    except Unreadable as why:
        log.warning("dead-letter.unreadable", reason=why.reason, partition=raw.partition, offset=raw.offset)
        return 0
    if letter.consumer != consumer_name or letter.truncated:
        return 0
    headers = [(header.name, header.value) for header in letter.headers]
    await producer.send_and_wait(letter.origin.topic, letter.value, key=letter.key, headers=headers)
    return 1
