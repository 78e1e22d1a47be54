"""Kafka in: a FastStream broker whose subscribers hand whole records over, whatever is in them."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from faststream.security import BaseSecurity, SASLScram512
from prometheus_client import REGISTRY

from common.events.envelope import Record
from common.events.topics import Topic
from common.settings import ServiceSettings

log = structlog.get_logger()

HandOver = Callable[[Record], Awaitable[Any]]

GRACE = 10.0  # seconds that a handler gets to finish when the service stops
PAUSE = 1.0  # seconds between tries to hand a record over
LONGEST_HANDLING_MS = 3_600_000  # a database that is away for an hour only makes the consumer wait


def make_broker(settings: ServiceSettings, service: str) -> KafkaBroker:
    """A broker that creates no topics and commits only what was handled."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        client_id=service,
        security=_security(settings),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        graceful_timeout=GRACE,
        allow_auto_create_topics=False,
        middlewares=[KafkaPrometheusMiddleware(registry=REGISTRY, app_name=service)],
        logger=structlog.get_logger("kafka.consumer"),  # its own one writes past our redaction
        log_level=10,
    )


def subscribe(broker: KafkaBroker, settings: ServiceSettings, topic: Topic, group: str, hand_over: HandOver) -> None:
    """Reads a topic from its beginning, one record at a time.

    Each subscription is a group of its own (`importer.fortnox.import-requests.v1`): members of one group with
    different topics would disturb each other, and wait for each other's heartbeats at start.
    """
    subscriber = broker.subscriber(
        settings.kafka_topic_prefix + topic.name,
        group_id=f"{settings.kafka_topic_prefix}{group}.{topic.name}",
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        session_timeout_ms=6_000,  # the shortest that brokers allow: how long a dead process keeps its partitions
        heartbeat_interval_ms=1_000,
        rebalance_timeout_ms=30_000,
        max_poll_interval_ms=LONGEST_HANDLING_MS,
        max_partition_fetch_bytes=topic.largest_record + 1_000_000,
        parser=_parse,
        decoder=_undecoded,
        title=topic.name,
    )

    @subscriber
    async def handle(message: KafkaMessage) -> None:
        raw: Any = message.raw_message
        name = raw.topic.removeprefix(settings.kafka_topic_prefix)
        record = Record(raw.topic, raw.key, raw.value, list(raw.headers), raw.partition, raw.offset)
        with structlog.contextvars.bound_contextvars(topic=name, partition=raw.partition, offset=raw.offset):
            await _insist(hand_over, record)


async def _insist(hand_over: HandOver, record: Record) -> None:
    """Tries until it has been handed over: FastStream's own way of trying again is a loop without a pause."""
    while True:
        try:
            await hand_over(record)
        except Exception:
            log.exception("record.not-handed-over")
            await asyncio.sleep(PAUSE)
        else:
            return


async def _parse(raw: Any, original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
    """FastStream's own parser decodes all headers and fails on one that is no text: it is given none."""
    message = await original(dataclasses.replace(raw, headers=()))
    message.raw_message = raw
    return message


async def _undecoded(message: KafkaMessage) -> bytes:
    return bytes(message.body or b"")


def _security(settings: ServiceSettings) -> BaseSecurity:
    use_ssl = "SSL" in settings.kafka_security_protocol
    if settings.kafka_sasl_username:
        return SASLScram512(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password.get_secret_value(),
            use_ssl=use_ssl,
        )
    return BaseSecurity(use_ssl=use_ssl)
