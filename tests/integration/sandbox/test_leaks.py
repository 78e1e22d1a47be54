"""The search for secrets finds what is planted, wherever it is."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox.leaks import MARK, PLANTED_NUMBER, Scan

TICKET = "fZ3" + "aB1-_" * 8  # as secrets.token_urlsafe(32) makes them
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ0ZW5hbnRJZCI6MTIzNDU2fQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        f"token={JWT}",
        f"Bearer {JWT}",
        f"{MARK}0123abcd",
        f"state={TICKET}",
        f"refresh_token={'0f7ae9c1b2' * 4}",
        PLANTED_NUMBER,
        "198112189876",
    ],
)
def test_it_is_found_in_a_log(tmp_path: Path, text: str) -> None:
    scan = Scan()
    (tmp_path / "importer-1.log").write_text(f"one line\n{text}\n")

    scan.logs(tmp_path)

    [place] = scan.found
    assert "importer-1.log" in place
    assert text not in place


@pytest.mark.parametrize(
    "text", ["a" * 64, "deadbeef", "5566778899", "eyJ.short", "2f1d6f5e-0000-4000-8000-000000000000"]
)
def test_what_is_no_secret_is_not(text: str) -> None:
    scan = Scan()

    scan.text("log", "x", text)

    assert scan.found == []


async def test_it_is_found_in_a_row_of_bytes_and_of_text(
    create_database: Callable[..., Awaitable[str]], scan: Scan
) -> None:
    dsn = await create_database()
    connection = await asyncpg.connect(dsn)
    await connection.execute("create schema connector; create table connector.grants (id int, token bytea, note text)")
    await connection.execute("insert into connector.grants values (1, $1, $2)", JWT.encode(), f"of {PLANTED_NUMBER}")
    mine = Scan()

    await mine.database(dsn)
    await connection.execute("drop schema connector cascade")
    await connection.close()

    assert mine.found == [
        "a secret in column connector.grants.token",
        "a personal number in column connector.grants.note",
    ]


async def test_it_is_found_in_a_record(kafka: str) -> None:
    name = f"planted-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=3, replication_factor=1)])
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait(name, JWT.encode(), headers=[("why", PLANTED_NUMBER.encode())])
    await producer.stop()
    scan = Scan()

    await scan.topics(kafka, name)
    await admin.delete_topics([name])
    await admin.close()

    assert [place.split(" in ")[0] for place in scan.found] == ["a personal number", "a secret"]
