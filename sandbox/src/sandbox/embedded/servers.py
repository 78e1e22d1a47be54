"""Kafka and PostgreSQL for whoever needs them: those that the environment names, or embedded ones."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.embedded.broker import Kafka
from sandbox.embedded.postgresql import Postgres
from sandbox.embedded.supervision import Supervisor


@dataclass(frozen=True)
class Servers:
    """Where the two are reached."""

    kafka: str  # bootstrap servers
    postgres: str = field(repr=False)  # DSN of a user that may create databases


@contextmanager
def servers(*, kafka: str | None = None, postgres: str | None = None) -> Iterator[Servers]:
    """Both, started at the same time; one that is given runs already and is only passed on."""
    with ThreadPoolExecutor(2) as pool, Supervisor() as supervisor:
        broker = pool.submit(lambda: kafka or _start_kafka(supervisor))
        database = pool.submit(lambda: postgres or postgres_server(supervisor))
        yield Servers(kafka=broker.result(), postgres=database.result())


@contextmanager
def servers_from_environment() -> Iterator[Servers]:
    """Both; those that KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL name are used as they are."""
    named = {"kafka": os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), "postgres": os.environ.get("DATABASE_URL")}
    with servers(**named) as addresses:
        yield addresses


@asynccontextmanager
async def kafka(data: Path | None = None) -> AsyncIterator[str]:
    """An embedded Kafka: its bootstrap servers. `data` keeps its topics from one run to the next."""
    with await asyncio.to_thread(Supervisor) as supervisor:
        yield await asyncio.to_thread(_start_kafka, supervisor, data)
        await asyncio.to_thread(supervisor.close)


@asynccontextmanager
async def postgres(data: Path | None = None) -> AsyncIterator[str]:
    """An embedded PostgreSQL: its DSN. `data` keeps its databases from one run to the next."""
    with await asyncio.to_thread(Supervisor) as supervisor:
        yield await asyncio.to_thread(postgres_server, supervisor, data)
        await asyncio.to_thread(supervisor.close)


def _start_kafka(supervisor: Supervisor, data: Path | None = None) -> str:
    server = Kafka(supervisor, data=data)
    server.start()
    return server.bootstrap


def postgres_server(supervisor: Supervisor, data: Path | None = None) -> str:
    """An embedded PostgreSQL of the supervisor's: its DSN."""
    server = Postgres(supervisor, data=data)
    server.start()
    return server.dsn
