"""Servers, databases and topic prefixes for all tests.

`SERVERS` says where Kafka and PostgreSQL are: `embedded` (the default), `external` (KAFKA_BOOTSTRAP_SERVERS and
DATABASE_URL name them) or `docker` (those of docker-compose.yml). They are started once per run, by the main process
(pytest-xdist's controller), and only when the first test asks: a thread of the main process listens for that.
"""

import json
import os
import secrets
import subprocess
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict
from importlib.resources import files
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from xdist.scheduler import LoadScopeScheduling

from common import database as migrations
from common import logging
from common.messaging.administration import create_topics
from sandbox.embedded import EmbeddedError, Servers, Supervisor, ports, servers, supervision
from sandbox.leaks import Scan

ROOT = Path(__file__).parents[1]
DESK = pytest.StashKey["Desk"]()
STARTER = pytest.StashKey["Starter"]()
LOGS = pytest.StashKey[TemporaryDirectory[str]]()
SCAN = Scan()
SERVICES = ("connector", "importer", "voucher_sender")
ORDER = ("faults", "e2e", "integration", "browser", "contract", "unit")  # folders, by how long their tests take

CreateDatabase = Callable[..., Awaitable[str]]
Migrate = Callable[[str], Awaitable[object]]


class Starter(threading.Thread):
    """Starts the servers in the main process when the first worker asks for them, and ends them with the run."""

    def __init__(self) -> None:
        super().__init__(name="servers", daemon=True)
        key = secrets.token_bytes(16)
        self._listener = Listener((ports.LOOPBACK, 0), backlog=64, authkey=key)
        self.desk = Desk(self._listener.address, key.hex())

    def run(self) -> None:
        answer: dict[str, str] | None = None
        with ExitStack() as started, self._listener:
            while True:
                with self._listener.accept() as visitor:
                    if visitor.recv() == "end":
                        return
                    answer = answer or self._start(started)
                    visitor.send(answer)

    def end(self) -> None:
        with self.desk.visit() as desk:
            desk.send("end")
        self.join()

    def _start(self, started: ExitStack) -> dict[str, str]:
        try:
            addresses = started.enter_context(_servers())
        except (EmbeddedError, OSError, subprocess.SubprocessError, pytest.UsageError) as error:
            return {"error": str(error)}
        return {"kafka": addresses.kafka, "postgres": addresses.postgres}


class Desk(NamedTuple):
    """Where the main process is asked for the servers."""

    address: Any
    key: str

    def visit(self) -> "Connection[Any, Any]":
        return Client(tuple(self.address), authkey=bytes.fromhex(self.key))


def pytest_configure(config: pytest.Config) -> None:
    logging.configure("tests", style="json")  # what a test's output shows is what production's logs would
    if hasattr(config, "workerinput"):
        config.stash[DESK] = Desk(*config.workerinput["servers"])
        return
    config.stash[LOGS] = TemporaryDirectory(prefix="bokbrygga-tests-")
    os.environ.setdefault(supervision.LOGS, config.stash[LOGS].name)
    config.stash[STARTER] = Starter()
    config.stash[STARTER].start()
    config.stash[DESK] = config.stash[STARTER].desk


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Notes a line of what was measured; the end of the run prints it."""
    return lambda text: record_property("figure", text)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What every test wrote is looked through in the main process, which gets it from the workers.

    Pytest's own record of log lines is what they are before our logging makes them safe.
    """
    written = [] if "plants_secrets" in report.keywords else report.sections
    for name, text in (section for section in written if not section[0].startswith("Captured log")):
        SCAN.text("output", f"{report.nodeid} ({name})", text)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that has left a secret anywhere has failed."""
    folder = Path(os.environ[supervision.LOGS])
    if hasattr(session.config, "workerinput"):
        (folder / f"{uuid.uuid4()}.scan").write_text(json.dumps(asdict(SCAN)))
        return
    SCAN.logs(folder)
    for path in folder.glob("*.scan"):
        SCAN.add(Scan(**json.loads(path.read_text())))
    if SCAN.found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    called = [report for report in reports if getattr(report, "when", None) == "call"]
    terminalreporter.section("figures")
    for text in (text for report in called for name, text in report.user_properties if name == "figure"):
        terminalreporter.line(text)
    looked_at = ", ".join(f"{count} {kind}s" for kind, count in sorted(SCAN.looked_at.items())) or "nothing"
    terminalreporter.line(f"secrets in {looked_at}: {len(SCAN.found) or 'none'}")
    for place in sorted(set(SCAN.found)):
        terminalreporter.line(f"  {place}", red=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells each of pytest-xdist's workers where to ask."""
    node.workerinput["servers"] = list(node.config.stash[DESK])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins."""
    items.sort(key=lambda item: ORDER.index(item.path.relative_to(ROOT / "tests").parts[0]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "Scheduling":
    """In place of --dist loadgroup, which does nothing with pytest 9.2 (pytest-xdist 3.8 writes to `_nodeid`)."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # an untyped base
    """A file's tests stay in one worker; those on the shared stack in one together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "tests/e2e" if file.startswith("tests/e2e/") else file


def pytest_unconfigure(config: pytest.Config) -> None:
    if starter := config.stash.get(STARTER, None):
        starter.end()
        config.stash[LOGS].cleanup()


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
    compose = ["docker", "compose", "--env-file", ".env.example", "--project-name", f"bokbrygga-tests-{os.getpid()}"]
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
def scan() -> Scan:
    """Looks for secrets; a finding fails the run. These fixtures' databases and topics are looked through anyway."""
    return SCAN


@pytest.fixture(scope="session")
def server_addresses(pytestconfig: pytest.Config) -> Servers:
    """Kafka and PostgreSQL, started when the first test of the run asks."""
    with pytestconfig.stash[DESK].visit() as desk:
        desk.send("servers")
        answer = desk.recv()
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
    for name in set(made) - set(templates.values()):
        await SCAN.database(_dsn(postgres, name))
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
    await SCAN.topics(kafka, topic_prefix)
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
