"""Servers, databases and topic prefixes for all tests.

`SERVERS` says where Kafka and PostgreSQL are: `embedded` (the default), `external` (KAFKA_BOOTSTRAP_SERVERS and
DATABASE_URL name them) or `docker` (those of docker-compose.yml). They are started once per run, by the main process
(pytest-xdist's controller), and only when the first test asks: it leaves a file, a thread of the main process sees it,
starts them and leaves their addresses in another.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from common import database as migrations
from common.messaging.administration import create_topics
from sandbox.embedded import EmbeddedError, Servers, Supervisor, ports, servers

ROOT = Path(__file__).parents[1]
FOLDER = pytest.StashKey[Path]()
STARTER = pytest.StashKey["Starter"]()
SERVICES = ("connector", "importer", "voucher_sender")
LONGEST_START = 300  # seconds, with Kafka's jars to be downloaded

CreateDatabase = Callable[..., Awaitable[str]]
Migrate = Callable[[str], Awaitable[object]]


class Starter(threading.Thread):
    """Starts the servers in the main process when a worker asks for them, and ends them with the run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="servers")
        self.folder, self._over = folder, threading.Event()

    def run(self) -> None:
        wanted = self.folder / "wanted"
        while not wanted.exists():
            if self._over.wait(0.05):
                return
        try:
            with _servers() as addresses:
                self._leave({"kafka": addresses.kafka, "postgres": addresses.postgres})
                self._over.wait()
        except (EmbeddedError, OSError, subprocess.SubprocessError, pytest.UsageError) as error:
            self._leave({"error": str(error)})

    def end(self) -> None:
        self._over.set()
        self.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _leave(self, answer: dict[str, str]) -> None:
        (self.folder / "draft").write_text(json.dumps(answer))
        (self.folder / "draft").rename(self.folder / "answer")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.stash[FOLDER] = Path(config.workerinput["servers"])
        return
    config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="bokbrygga-tests-"))
    config.stash[STARTER] = Starter(config.stash[FOLDER])
    config.stash[STARTER].start()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: "pytest.Item") -> None:
    """Tells each of pytest-xdist's workers where to ask."""
    node.workerinput["servers"] = str(node.config.stash[FOLDER])  # type: ignore[attr-defined]  # xdist's, untyped


def pytest_unconfigure(config: pytest.Config) -> None:
    if starter := config.stash.get(STARTER, None):
        starter.end()


def _servers() -> AbstractContextManager[Servers]:
    kinds = {"embedded": servers, "external": _external, "docker": _docker}
    if (kind := os.environ.get("SERVERS", "embedded")) not in kinds:
        raise pytest.UsageError(f"SERVERS is {kind}; it may be {', '.join(kinds)}.")
    return kinds[kind]()


@contextmanager
def _external() -> Iterator[Servers]:
    missing = [name for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL") if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(f"SERVERS=external needs {' and '.join(missing)}.")
    yield Servers(kafka=os.environ["KAFKA_BOOTSTRAP_SERVERS"], postgres=os.environ["DATABASE_URL"])


@contextmanager
def _docker() -> Iterator[Servers]:
    """Kafka and PostgreSQL of our compose file, as a project of their own on free ports."""
    kafka_port, postgres_port = ports.free(), ports.free()
    compose = ["docker", "compose", "--project-name", f"bokbrygga-tests-{os.getpid()}"]
    env = {
        **os.environ,
        "KAFKA_PORT": str(kafka_port),
        "POSTGRES_PORT": str(postgres_port),
        "POSTGRES_PASSWORD": "tests",
    }
    try:
        subprocess.run([*compose, "up", "--detach", "--wait", "kafka", "postgres"], cwd=ROOT, env=env, check=True)
        yield Servers(
            kafka=f"127.0.0.1:{kafka_port}",
            postgres=f"postgresql://bokbrygga:tests@127.0.0.1:{postgres_port}/bokbrygga",
        )
    finally:
        subprocess.run([*compose, "down", "--volumes"], cwd=ROOT, env=env, check=False)


@pytest.fixture(scope="session")
def server_addresses(pytestconfig: pytest.Config) -> Servers:
    """Kafka and PostgreSQL, started when the first test of the run asks."""
    folder = pytestconfig.stash[FOLDER]
    (folder / "wanted").touch()
    deadline = time.monotonic() + LONGEST_START
    while not (folder / "answer").exists():
        if time.monotonic() > deadline:
            pytest.fail("The servers did not start in time.", pytrace=False)
        time.sleep(0.05)
    answer = json.loads((folder / "answer").read_text())
    if "error" in answer:
        pytest.fail(answer["error"], pytrace=False)
    return Servers(**answer)


@pytest.fixture(scope="session")
def kafka(server_addresses: Servers) -> str:
    """Kafka's bootstrap servers."""
    return server_addresses.kafka


@pytest.fixture(scope="session")
def postgres(server_addresses: Servers) -> str:
    """The DSN of a PostgreSQL user that may create databases."""
    return server_addresses.postgres


@pytest.fixture(scope="session")
async def create_database(postgres: str) -> AsyncIterator[CreateDatabase]:
    """Makes databases: `await create_database("importer")` has that service's tables, and so on for several.

    Each combination is migrated once per worker, as a template that later ones are copied from.
    With `migrate=` that coroutine function (of the DSN) does the migrating instead; the names then only tell templates
    apart. All are dropped when the worker ends.
    """
    admin = await asyncpg.connect(postgres)
    made: list[str] = []
    templates: dict[tuple[str, ...], str] = {}

    async def new(template: str | None = None) -> str:
        name = f"test_{uuid.uuid4().hex}"
        await admin.execute(f"create database {name}" + (f" template {template}" if template else ""))
        made.append(name)
        return name

    async def create(*schemas: str, migrate: Migrate | None = None) -> str:
        if schemas not in templates:
            name = await new()
            for schema in () if migrate else schemas:
                await migrations.migrate(_dsn(postgres, name), schema)
            if migrate:
                await migrate(_dsn(postgres, name))
            templates[schemas] = name
        return _dsn(postgres, await new(templates[schemas]))

    yield create
    for name in made:
        await admin.execute(f"drop database if exists {name} with (force)")
    await admin.close()


@pytest.fixture(scope="module")
async def database(create_database: CreateDatabase) -> str:
    """The DSN of a database of this module's own, with the tables of all services."""
    return await create_database(*(name for name in SERVICES if files(name).joinpath("migrations").is_dir()))


@pytest.fixture(scope="module")
def topic_prefix() -> str:
    """What this module's topics start with (the setting KAFKA_TOPIC_PREFIX)."""
    return f"test-{uuid.uuid4().hex[:12]}."


@pytest.fixture(scope="module")
async def topics(kafka: str, topic_prefix: str) -> AsyncIterator[str]:
    """All declared topics under this module's prefix, which it gives; deleted afterwards."""
    names = await create_topics(kafka, topic_prefix)
    yield topic_prefix
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics(names)
    await admin.close()


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """For tests that start processes, or kill servers, of their own: all are gone when the test ends."""
    with Supervisor() as owner:
        yield owner


def _dsn(server: str, database: str) -> str:
    """The same server and user, another database."""
    address, _, options = server.partition("?")
    return address.rsplit("/", 1)[0] + f"/{database}" + (f"?{options}" if options else "")
