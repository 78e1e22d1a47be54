"""What tests/conftest.py hands to other tests."""

from collections.abc import Awaitable, Callable

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from common.events.topics import ALL


async def test_databases_are_copies_of_a_template_and_do_not_share_rows(
    create_database: Callable[..., Awaitable[str]],
) -> None:
    async def migrate(dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute("create table notes (text text); insert into notes values ('from the template')")
        await connection.close()

    first, second = [await create_database("notes", migrate=migrate) for _ in range(2)]
    one, other = await asyncpg.connect(first), await asyncpg.connect(second)
    await one.execute("insert into notes values ('mine')")

    assert [row["text"] for row in await other.fetch("select text from notes")] == ["from the template"]
    assert first != second
    await one.close()
    await other.close()


async def test_a_database_has_the_tables_of_the_services(database: str) -> None:
    connection = await asyncpg.connect(database)

    assert await connection.fetchval("select 1") == 1
    await connection.close()


async def test_the_declared_topics_are_there_under_the_prefix_of_the_module(
    topics: str, topic_prefix: str, kafka: str
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()

    assert topics == topic_prefix
    assert {topics + topic.name for topic in ALL} <= set(await admin.list_topics())
    await admin.close()
