"""The real servers: started, killed, started again, and gone."""

import asyncio
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from sandbox import embedded
from sandbox.embedded import Kafka, NoJava, NotReady, PortTaken, Postgres, Supervisor, java, ports, python_module


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL gets to also where it has to run as another user, because the tests are root's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def test_kafka_finds_its_records_again_after_a_kill(supervisor: Supervisor) -> None:
    kafka = Kafka(supervisor)
    await asyncio.to_thread(kafka.start)
    first_address = kafka.bootstrap
    await send(kafka.bootstrap, b"before the kill")

    await asyncio.to_thread(kafka.kill)
    await asyncio.to_thread(kafka.start)

    assert kafka.bootstrap == first_address
    assert await records(kafka.bootstrap) == [b"before the kill"]


async def test_kafka_makes_no_topic_by_itself(kafka: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()

    await consumer._client.force_metadata_update()
    consumer.subscribe(["never-created"])

    assert "never-created" not in await consumer.topics()
    await consumer.stop()


async def test_postgres_finds_its_rows_again_after_a_kill(supervisor: Supervisor) -> None:
    postgres = Postgres(supervisor)
    await asyncio.to_thread(postgres.start)
    dsn = postgres.dsn
    await execute(dsn, "create table notes as select 'before the kill' as text")

    await asyncio.to_thread(postgres.kill)
    await asyncio.to_thread(postgres.start)

    assert postgres.dsn == dsn
    assert await fetch_value(dsn, "select text from notes") == "before the kill"


async def test_a_paused_postgres_answers_again_when_it_goes_on(supervisor: Supervisor) -> None:
    postgres = Postgres(supervisor)
    await asyncio.to_thread(postgres.start)
    connection = await asyncpg.connect(postgres.dsn)

    postgres.pause()
    answer = asyncio.ensure_future(connection.fetchval("select 1"))
    done, _ = await asyncio.wait([answer], timeout=0.2)
    postgres.resume()

    assert not done
    assert await answer == 1
    await connection.close()


async def test_postgres_is_reached_by_password_only(postgres: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres, password="wrong")


async def test_data_of_ones_own_folder_is_kept_from_one_run_to_the_next(open_folder: Path) -> None:
    async with embedded.postgres(open_folder / "data") as dsn:
        await execute(dsn, "create table notes as select 'of the first run' as text")
    async with embedded.postgres(open_folder / "data") as dsn:
        assert await fetch_value(dsn, "select text from notes") == "of the first run"


@pytest.mark.parametrize("server", [Kafka, Postgres])
def test_a_taken_port_is_said_in_one_sentence(server: type[Kafka | Postgres], supervisor: Supervisor) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as somebody:
        port = somebody.getsockname()[1]

        with pytest.raises(PortTaken, match=rf"Port {port}, where .* should listen, is taken by another process\."):
            server(supervisor, port=port).start()


def test_a_port_taken_at_the_last_moment_is_replaced_by_another(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as somebody:
        taken = somebody.getsockname()[1]
        choices = iter([taken])
        choose = ports.free
        monkeypatch.setattr(ports, "free", lambda: next(choices, None) or choose())
        monkeypatch.setattr(ports, "is_free", lambda _: True)
        postgres = Postgres(supervisor)

        postgres.start()

        assert postgres.alive
        assert str(taken) not in postgres.dsn


def test_a_server_that_cannot_start_is_an_error_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    postgres = Postgres(supervisor)
    postgres.start()
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(NotReady, match=r"PostgreSQL ended with exit code 1; its log .* ends:(.|\n)*9\.6"):
        postgres.start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_however_the_owner_of_real_servers_ends_nothing_stays(
    number: int, supervisor: Supervisor, open_folder: Path
) -> None:
    env = {"TMPDIR": str(open_folder), "KAFKA_BOOTSTRAP_SERVERS": "", "DATABASE_URL": ""}
    run = python_module("sandbox.embedded", "run", env=env, ready=lambda run: "DATABASE_URL=" in run.logged())
    owner = supervisor.start(run)
    (warden,) = psutil.Process(owner.pid).children()
    processes = [warden, *warden.children(recursive=True)]
    assert {"java", "postgres"} <= {process.name() for process in processes}

    owner.signal(number)
    _, alive = psutil.wait_procs(processes, timeout=30)

    assert alive == []
    assert list(open_folder.iterdir()) == []


def test_when_one_server_cannot_start_the_other_leaves_nothing(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "MINIMUM", 1_000)
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    monkeypatch.setenv("TMPDIR", str(open_folder))

    with pytest.raises(NoJava), embedded.servers():
        pass

    assert list(open_folder.iterdir()) == []


def test_servers_that_the_environment_names_are_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres.example/books")

    with embedded.servers_from_environment() as addresses:
        assert addresses.kafka == "kafka.example:9092"
        assert addresses.postgres == "postgresql://postgres.example/books"


async def send(bootstrap: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("notes", num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait("notes", value)


async def records(bootstrap: str) -> list[bytes]:
    async with AIOKafkaConsumer("notes", bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        record = await asyncio.wait_for(consumer.getone(), 20)
        return [record.value]


async def execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(sql)
    await connection.close()


async def fetch_value(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()
