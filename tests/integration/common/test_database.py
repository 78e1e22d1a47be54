"""Migrations and pools, on a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from common import database

EVERYTHING = ["common/0001_messaging.sql", "common/0002_jobs.sql"]


@pytest.fixture
async def empty(create_database: Callable[..., Awaitable[str]]) -> str:
    return await create_database()


async def test_eight_replicas_that_migrate_at_once_apply_everything_once(empty: str) -> None:
    applied = await asyncio.gather(*(database.migrate(empty, "common") for _ in range(8)))

    assert max(applied) == EVERYTHING
    assert [one for one in applied if one] == [EVERYTHING]


async def test_a_migration_that_was_changed_afterwards_is_refused(empty: str) -> None:
    await database.migrate(empty, "common")
    connection = await database.connect(empty, "common")
    await connection.execute("update migrations set checksum = 'other' where name like '%0002%'")
    await connection.close()

    with pytest.raises(database.MigrationChanged, match="0002_jobs"):
        await database.migrate(empty, "common")


async def test_a_migration_that_fails_leaves_nothing_and_is_tried_again(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [
        ("common/0001.sql", "create table kept (id int)"),
        ("common/0002.sql", "create table lost (id int); nonsense"),
    ]
    mended = [broken[0], ("common/0002.sql", "create table lost (id int)")]
    monkeypatch.setattr(database, "migrations", lambda *_: broken)
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await database.migrate(empty, "common")

    monkeypatch.setattr(database, "migrations", lambda *_: mended)

    assert await database.migrate(empty, "common") == ["common/0002.sql"]


async def test_services_share_a_database_and_not_a_table(empty: str) -> None:
    await database.migrate(empty, "common__one")
    await database.migrate(empty, "common__two")
    one, two = [await database.connect(empty, schema) for schema in ("common__one", "common__two")]
    await one.execute("insert into outbox_sequences values ('t', '', 1)")

    assert await two.fetchval("select count(*) from outbox_sequences") == 0
    await one.close()
    await two.close()


async def test_a_session_whose_beginning_is_cancelled_is_not_left_open(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[database.Connection] = []

    async def cancelled(connection: database.Connection) -> None:
        begun.append(connection)
        raise asyncio.CancelledError

    monkeypatch.setattr(database, "_codecs", cancelled)

    with pytest.raises(asyncio.CancelledError):
        await database.connect(empty, "common")

    assert [one.is_closed() for one in begun] == [True]


async def test_code_says_which_migrations_it_misses(empty: str) -> None:
    connection = await database.connect(empty, "common")
    with pytest.raises(database.MigrationsMissing, match="none"):
        await database.require_migrations(connection, "common")
    await database.migrate(empty, "common")
    await connection.execute("delete from migrations where name like '%0002%'")

    with pytest.raises(database.MigrationsMissing, match="0002_jobs"):
        await database.require_migrations(connection, "common")
    await connection.close()


async def test_old_code_is_content_with_migrations_that_it_does_not_know(empty: str) -> None:
    await database.migrate(empty, "common")
    connection = await database.connect(empty, "common")
    await connection.execute("insert into migrations values ('common/9999_later.sql', 'x')")

    await database.require_migrations(connection, "common")

    assert await database.migrate(empty, "common") == []
    await connection.close()


async def test_a_migration_gives_way_to_a_long_transaction_instead_of_blocking_the_service(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.migrate(empty, "common")
    monkeypatch.setattr(database, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(
        database, "migrations", lambda *_: [("common/0009.sql", "alter table jobs add column more int")]
    )
    reader = await database.connect(empty, "common")
    await reader.execute("begin; select count(*) from jobs")

    with pytest.raises(asyncpg.LockNotAvailableError):
        await database.migrate(empty, "common")
    await reader.execute("commit")

    assert await database.migrate(empty, "common") == ["common/0009.sql"]
    await reader.close()


async def test_json_comes_back_as_it_was_put_in(empty: str) -> None:
    connection = await database.connect(empty, "common")
    value = {"text": "Årets kostnad – 7 %", "list": [1, None, {"amount": "0.10"}], "large": 2**60}

    assert await connection.fetchval("select $1::jsonb", value) == value
    await connection.close()
