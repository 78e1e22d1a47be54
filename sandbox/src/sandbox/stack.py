"""Everything at once: Kafka, PostgreSQL, the simulator and the three services, each a process of its own."""

import asyncio
import base64
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from common import database
from common.messaging.administration import create_topics
from sandbox import leaks
from sandbox.embedded import Command, Kafka, Postgres, Process, Supervisor, ports, python_module, responds
from sandbox.fortnox.control import Simulator
from sandbox.product import Connector, Product, ProductSettings, Received

SERVICES = {"connector": "connector", "importer": "importer", "voucher-sender": "voucher_sender"}
"""Each service's name and the name of its module and schema."""
DEFAULT_BOOKS = Path(__file__).parent / "books" / "Sie4.se"
CLIENT_ID = "bokbrygga-sandbox"
SHORT_TIMES = {
    "JOB_LEASE_SECONDS": "2",
    "SETTLING_SECONDS": "1",
    "CALL_TIMEOUT_SECONDS": "3",
    "AWAY_SECONDS": "1",
    "LOST_SECONDS": "5",
}
"""Settings with which what a process left is taken over within seconds: for tests, not for the real Fortnox."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to run."""

    books: Path = DEFAULT_BOOKS
    replicas: Mapping[str, int] = field(default_factory=dict)
    """How many of each service; one where it isn't named."""
    topic_prefix: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings for all services, on top of those that the stack makes."""
    kafka: str | None = None
    postgres: str | None = None
    """Servers that run already; embedded ones where they are None."""


@dataclass
class Stack:
    """What runs, and how it is reached. Processes can be killed, frozen and started again by name."""

    plan: Plan
    kafka: str
    postgres: str = field(repr=False)
    servers: dict[str, Kafka | Postgres] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    """By name: `simulator`, `connector-1`, `importer-1`, `importer-2` …"""
    ports: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict, repr=False)

    def url(self, name: str) -> str:
        return f"http://{ports.LOOPBACK}:{self.ports[name]}"

    def product_settings(self) -> ProductSettings:
        return ProductSettings(
            kafka_bootstrap_servers=self.kafka,
            kafka_topic_prefix=self.plan.topic_prefix,
            database_url=SecretStr(self.postgres),
            connector_url=self.url("connector-1"),
            connector_key=SecretStr(self.keys["product"]),
        )


@contextmanager
def running(plan: Plan) -> Iterator[Stack]:
    """Starts all of it and stops all of it; raises EmbeddedError when something can't be started."""
    with Supervisor() as below, Supervisor() as above, ThreadPoolExecutor(8) as pool:
        stack = _servers(plan, below, pool)
        simulator = pool.submit(_start_simulator, stack, above)
        pool.submit(asyncio.run, _prepare(stack)).result()
        simulator.result()
        _choose_ports(stack)
        for started in [pool.submit(_start_service, stack, above, name) for name in stack.ports if name != "simulator"]:
            started.result()
        yield stack


@asynccontextmanager
async def product_of(
    stack: Stack, heard: Callable[[Received], None] = lambda _event: None
) -> AsyncIterator[tuple[Product, Connector, Simulator]]:
    """The stand-in product on a running stack, its way to the connector, and the simulator's strings."""
    settings = stack.product_settings()
    async with (
        Product.running(settings, heard) as product,
        Connector(settings.connector_url, settings.connector_key.get_secret_value()) as connector,
        Simulator(stack.url("simulator")) as simulator,
    ):
        yield product, connector, simulator


def _servers(plan: Plan, supervisor: Supervisor, pool: ThreadPoolExecutor) -> Stack:
    """Kafka and PostgreSQL, started at the same time unless they are given."""
    servers: dict[str, Kafka | Postgres] = {}
    if plan.kafka is None:
        servers["kafka"] = Kafka(supervisor)
    if plan.postgres is None:
        servers["postgres"] = Postgres(supervisor)
    for started in [pool.submit(server.start) for server in servers.values()]:
        started.result()
    kafka, postgres = servers.get("kafka"), servers.get("postgres")
    return Stack(
        plan,
        kafka.bootstrap if isinstance(kafka, Kafka) else str(plan.kafka),
        postgres.dsn if isinstance(postgres, Postgres) else str(plan.postgres),
        servers,
        keys={
            name: leaks.MARK + secrets.token_urlsafe(24)
            for name in ("product", "importer", "voucher-sender", "fortnox", "master")
        },
    )


async def _prepare(stack: Stack) -> None:
    """Topics and tables, which compose makes in jobs of their own: the services never make them."""
    migrations = [database.migrate(stack.postgres, schema) for schema in SERVICES.values()]
    await asyncio.gather(create_topics(stack.kafka, stack.plan.topic_prefix), *migrations)


def _start_simulator(stack: Stack, supervisor: Supervisor) -> None:
    port = stack.ports["simulator"] = ports.free()
    stack.processes["simulator"] = supervisor.start(
        python_module(
            "sandbox",
            "fortnox",
            "--port",
            str(port),
            "--books",
            str(stack.plan.books.resolve()),
            "--client-id",
            CLIENT_ID,
            "--client-secret",
            stack.keys["fortnox"],
            name="simulator",
            ready=responds(port, "/_sim/clock"),
        )
    )


def _choose_ports(stack: Stack) -> None:
    for service in SERVICES:
        for number in range(1, stack.plan.replicas.get(service, 1) + 1):
            stack.ports[f"{service}-{number}"] = ports.free()


def _start_service(stack: Stack, supervisor: Supervisor, name: str) -> None:
    stack.processes[name] = supervisor.start(service_command(stack, name.rsplit("-", 1)[0], name))


def service_command(stack: Stack, service: str, name: str, env: Mapping[str, str] | None = None) -> Command:
    """How one more process of a service is started on a running stack; `env` has what is to be otherwise for it."""
    port = stack.ports.setdefault(name, ports.free())
    return python_module(
        SERVICES[service],
        "run",
        name=name,
        env={**_settings(stack, service, name), **stack.plan.settings, **(env or {})},
        ready=responds(port),
    )


def _settings(stack: Stack, service: str, name: str) -> dict[str, str]:
    """What a process of a service is told through its environment."""
    return {
        "DATABASE_URL": stack.postgres,
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka,
        "KAFKA_TOPIC_PREFIX": stack.plan.topic_prefix,
        "PORT": str(stack.ports[name]),
        "CALLERS": json.dumps(_callers(stack, service)),
        "LOG_FORMAT": "json",
        "CONNECTOR_URL": stack.url("connector-1"),
        "CONNECTOR_KEY": stack.keys.get(service, ""),
        "PUBLIC_URL": stack.url("connector-1"),
        "FORTNOX_API_URL": stack.url("simulator"),
        "FORTNOX_AUTH_URL": stack.url("simulator"),
        "FORTNOX_CLIENT_ID": CLIENT_ID,
        "FORTNOX_CLIENT_SECRET": stack.keys["fortnox"],
        "MASTER_KEYS": json.dumps({"sandbox": base64.b64encode(stack.keys["master"].encode()[:32]).decode()}),
        "ALLOWED_ORIGINS": '["http://localhost:3000"]',
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }


def _callers(stack: Stack, service: str) -> dict[str, object]:
    product = {"connector": ["connect", "lookups"], "importer": ["imports"], "voucher-sender": ["vouchers"]}[service]
    callers: dict[str, object] = {"product": {"keys": [stack.keys["product"]], "scopes": product}}
    if service == "connector":
        for name in ("importer", "voucher-sender"):
            callers[name] = {"keys": [stack.keys[name]], "scopes": ["leases"]}
    return callers
