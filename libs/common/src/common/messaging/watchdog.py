"""Notices a consumer that no longer consumes: aiokafka can get stuck after a broker restart, and says nothing of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from common.clock import Clock

log = structlog.get_logger()

LOOK_EVERY = 30.0  # seconds
PATIENCE = 300.0  # seconds for which new records may wait while nothing is committed


class Stuck(Exception):
    """Records came to a partition, and none has been committed for long: everything is to be brought up anew."""


@dataclass
class Progress:
    """A partition since its group last committed something there."""

    committed: int
    end: int
    came_at: float | None = None
    """When a record was first seen that came after that. One that was there already may be a transaction's marker."""


async def watch(broker: KafkaBroker, clock: Clock) -> None:
    """Never ends, except with Stuck. It looks at what the groups have committed, whichever replica consumes."""
    known: dict[TopicPartition, Progress] = {}
    while True:
        await clock.sleep(LOOK_EVERY)
        for consumer in _consumers(broker.subscribers):
            try:
                found = await _look(consumer)
            except KafkaError as error:
                log.warning("consumer.not-watched", error=type(error).__name__)
            else:
                judge(known, found, clock.boottime())


def judge(known: dict[TopicPartition, Progress], found: Mapping[TopicPartition, tuple[int, int]], now: float) -> None:
    """Takes what was found, committed and end by partition, into what is known. Raises Stuck."""
    for partition, (committed, end) in found.items():
        progress = known.get(partition)
        if progress is None or progress.committed != committed:
            known[partition] = Progress(committed, end)
        elif end > progress.end and progress.came_at is None:
            progress.came_at = now
        elif progress.came_at is not None and now - progress.came_at > PATIENCE:
            raise Stuck(f"{partition.topic}, partition {partition.partition}, at {committed} of {end}")


async def _look(consumer: AIOKafkaConsumer) -> dict[TopicPartition, tuple[int, int]]:
    partitions = [
        TopicPartition(topic, number)
        for topic in consumer.subscription()
        for number in consumer.partitions_for_topic(topic) or ()
    ]
    ends = await consumer.end_offsets(partitions)
    return {one: (await consumer.committed(one) or 0, ends[one]) for one in partitions}


def _consumers(subscribers: Iterable[Any]) -> list[AIOKafkaConsumer]:
    return [subscriber.consumer for subscriber in subscribers if subscriber.consumer]
