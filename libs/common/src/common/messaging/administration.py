"""Creating the topics from their one declaration. The services never do it themselves."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from common.events import topics


async def create_topics(bootstrap_servers: str, prefix: str = "", *, replication: int = 1) -> list[str]:
    """Creates what is missing; returns the names of what it created. Raises KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        answer = await admin.create_topics(
            [
                NewTopic(prefix + topic.name, topic.partitions, replication, topic_configs=topic.config())
                for topic in topics.ALL
            ]
        )
    finally:
        await admin.close()
    created = []
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code == 0:
            created.append(name)
        elif error is not TopicAlreadyExistsError:
            raise error(name)
    return created
