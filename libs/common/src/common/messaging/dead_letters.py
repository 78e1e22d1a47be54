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

LARGEST_CARRIED = 8_200_000  # bytes of a record that a dead letter still carries, base64 included in its topic's limit


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
        carried = len(record.value or b"") <= LARGEST_CARRIED
        return RecordParked(
            connection_id=connection_of(record) or NOBODY,
            consumer=self.consumer,
            origin=Origin(topic=record.topic, partition=record.partition, offset=record.offset),
            reason=why.reason,
            detail=why.detail,
            parked_at=self.clock.now(),
            key=record.key,
            headers=tuple(Header(name=name, value=value) for name, value in record.headers),
            value=record.value if carried else None,
            truncated=not carried,
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
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            for record in records:
                count += await _replay_one(producer, record, consumer_name)
        await consumer.commit()
    return count


async def _replay_one(producer: AIOKafkaProducer, raw: "ConsumerRecord[bytes, bytes]", consumer_name: str) -> int:
    letter = from_record(Record(raw.topic, raw.key, raw.value, raw.headers), [RecordParked]).data
    if letter.consumer != consumer_name or letter.truncated:
        return 0
    headers = [(header.name, header.value) for header in letter.headers]
    await producer.send_and_wait(letter.origin.topic, letter.value, key=letter.key, headers=headers)
    return 1
