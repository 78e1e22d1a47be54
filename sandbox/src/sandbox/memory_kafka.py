"""A Kafka in this process, for tests that stop a process at each of its awaits: what was written is there for good."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from common.events.envelope import Record

HandOver = Callable[[Record], Awaitable[Any]]


@dataclass
class MemoryKafka:
    """Topics of one partition, and one group of readers."""

    records: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    """By topic, in the order in which they were written."""
    committed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By topic: the offset from which the next reader goes on."""

    def write(self, record: Record) -> None:
        written = self.records[record.topic]
        written.append(replace(record, partition=0, offset=len(written)))

    async def consume(self, topic: str, hand_over: HandOver) -> None:
        """Hands over what is not committed yet, and commits after each record, as our consumers do."""
        while (offset := self.committed[topic]) < len(self.records[topic]):
            await hand_over(self.records[topic][offset])
            await asyncio.sleep(0)
            self.committed[topic] = offset + 1
            await asyncio.sleep(0)

    def producer(self) -> Any:
        """What a relay is given in place of an AIOKafkaProducer."""
        return MemoryProducer(self)


@dataclass
class MemoryProducer:
    """The part of AIOKafkaProducer that our relay uses; a record is written one await before it is acknowledged."""

    kafka: MemoryKafka

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def stop(self) -> None:
        await asyncio.sleep(0)

    async def partitions_for(self, _topic: str) -> set[int]:
        await asyncio.sleep(0)
        return {0}

    async def send(
        self, topic: str, value: bytes | None, *, key: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> "asyncio.Future[None]":
        await asyncio.sleep(0)
        self.kafka.write(Record(topic, key, value, list(headers)))
        acknowledged = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(acknowledged.set_result, None)
        return acknowledged
