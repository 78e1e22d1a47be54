"""Creating the topics from their one declaration. The services only look whether they are there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from common.events import topics
from common.messaging.producer import client_options
from common.settings import KafkaSettings


class TopicsMissing(Exception):
    """Topics of the contract that the broker does not have; they are named."""


async def create_topics(
    bootstrap_servers: str, prefix: str = "", *, replication: int = 1, **security: Any
) -> list[str]:
    """Creates what is missing; returns the names of what it created. Raises KafkaError."""
    wanted = [
        NewTopic(prefix + topic.name, topic.partitions, replication, topic_configs=topic.config())
        for topic in topics.ALL
    ]
    async with _admin(bootstrap_servers=bootstrap_servers, **security) as admin:
        answer = await admin.create_topics(wanted)
    created = []
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code == 0:
            created.append(name)
        elif error is not TopicAlreadyExistsError:
            raise error(name)
    return created


async def require_topics(settings: KafkaSettings) -> None:
    """Raises TopicsMissing. A consumer or producer would wait in silence for a topic that is not there."""
    async with _admin(**client_options(settings)) as admin:
        there = await admin.list_topics()
    wanted = [settings.kafka_topic_prefix + topic.name for topic in topics.ALL]
    if missing := [name for name in wanted if name not in there]:
        raise TopicsMissing(", ".join(missing))


@asynccontextmanager
async def _admin(**options: Any) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
