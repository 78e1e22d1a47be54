"""The producer of import data: another one after a failed send."""

from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from common.events import Record
from importer.publishing import Publisher


class FakeProducer:
    """Takes records until it is broken; from then on it fails for ever, as an idempotent producer does."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.broken = self.stopped = False

    async def send_and_wait(self, topic: str, value: Any, **_more: Any) -> None:
        if self.broken:
            raise KafkaConnectionError("gone")
        self.sent.append((topic, value))

    async def stop(self) -> None:
        self.stopped = True


class Factory:
    def __init__(self) -> None:
        self.made: list[FakeProducer] = []

    async def __call__(self) -> AIOKafkaProducer:
        self.made.append(FakeProducer())
        return cast("AIOKafkaProducer", self.made[-1])


RECORD = Record("fortnox.import-data.v1", b"key", b"value")


async def test_one_producer_is_made_when_it_is_needed_and_used_again() -> None:
    factory = Factory()
    publisher = Publisher(factory, "test.")
    assert factory.made == []

    await publisher.send(RECORD)
    await publisher.send(RECORD)

    (producer,) = factory.made
    assert producer.sent == [("test.fortnox.import-data.v1", b"value")] * 2


async def test_after_a_failed_send_another_producer_is_made() -> None:
    factory = Factory()
    publisher = Publisher(factory, "")
    await publisher.send(RECORD)
    factory.made[0].broken = True

    with pytest.raises(KafkaConnectionError):
        await publisher.send(RECORD)
    await publisher.send(RECORD)

    assert factory.made[0].stopped
    assert len(factory.made[1].sent) == 1
