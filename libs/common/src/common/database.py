"""PostgreSQL: the pool and the migrations. Each service has a schema of its own."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

Greet: TypeAlias = Callable[[Connection], Awaitable[None]]

GONE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,  # the connection or the pool is closed
    asyncpg.InternalClientError,  # what asyncpg makes of a connection that broke in the middle of an answer
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement cancelled
    asyncpg.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.TransactionRollbackError,  # deadlock, serialization failure
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a replica that is about to be promoted
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,  # the password is just being rotated
)
"""What asyncpg raises while the server is away or can't do it just now; it passes. See `is_away`."""

WRONG_CALL = "the server expects "  # so many arguments, and others were passed; asyncpg has no type for it
LOCK_TIMEOUT = "10s"  # how long a migration waits for a table before it gives way and is tried again


def is_away(error: BaseException) -> bool:
    """Whether it passes. What asyncpg says of a call of ours that is wrong is an InterfaceError too: that stays."""
    return isinstance(error, GONE) and not isinstance(error, ValueError) and not str(error).startswith(WRONG_CALL)


class MigrationsMissing(Exception):
    """The database lacks migrations that this code needs."""


class MigrationChanged(Exception):
    """A migration that was applied has other content now."""


def settings_for(schema: str) -> dict[str, str]:
    """A session finds its service's schema.

    It dies within seconds of a holder whose machine is gone; locks of one that stands still go after a minute or two.
    """
    return {
        "search_path": schema,
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "idle_in_transaction_session_timeout": "60000",
        # Also of a process that was stopped in the middle of a statement, which isn't idle; PostgreSQL 17 and later.
        "transaction_timeout": "90000",
    }


async def connect(dsn: str, schema: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection outside the pool, for what must hold a session."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        dsn, server_settings=settings_for(schema), timeout=5, command_timeout=60
    )
    try:
        await _codecs(connection)
    except BaseException:
        connection.terminate()  # nobody else knows of it
        raise
    return connection


async def create_pool(dsn: str, schema: str, *, largest: int = 10, greet: Greet | None = None) -> Pool:
    """A pool that starts with one connection: twelve processes times ten would exceed PostgreSQL's hundred.

    `greet` is the first to use each new connection: the database behind it may have been replaced by another.
    """

    async def init(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await _codecs(connection)
        if greet is not None:
            await greet(connection)

    pool: Pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=largest,
        timeout=5,
        command_timeout=60,
        max_inactive_connection_lifetime=60,
        server_settings=settings_for(schema),
        init=init,
    )
    return pool


async def _codecs(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: to_json(value).decode(), decoder=from_json
    )


def migrations(*packages: str) -> list[tuple[str, str]]:
    """Numbered SQL files of the packages' `migrations` folders, as (name, text), common's first."""
    wanted = dict.fromkeys(("common", *packages))
    return [one for package in wanted for one in _files(package, files(package).joinpath("migrations"))]


def _files(package: str, folder: Traversable) -> Iterable[tuple[str, str]]:
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            yield f"{package}/{file.name}", file.read_text(encoding="utf-8")


async def migrate(dsn: str, schema: str) -> list[str]:
    """Applies what is missing, one transaction each; several replicas may try at once. Returns what it applied.

    Raises MigrationChanged when an applied file's content has changed since.
    """
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        await connection.execute("select pg_advisory_lock(hashtextextended($1, 0))", f"migrate:{schema}")
        await connection.execute(f'create schema if not exists "{schema}"')
        await connection.execute(f'set search_path to "{schema}"')
        await connection.execute("select set_config('lock_timeout', $1, false)", LOCK_TIMEOUT)
        await connection.execute(
            "create table if not exists migrations (name text primary key, checksum text not null,"
            " applied_at timestamptz not null default now())"
        )
        applied = await _applied(connection)
        todo = [(name, text) for name, text in migrations(schema_package(schema)) if not _same(applied, name, text)]
        for name, text in todo:
            async with connection.transaction():
                await connection.execute(text)
                await connection.execute("insert into migrations values ($1, $2)", name, _checksum(text))
        return [name for name, _ in todo]
    finally:
        await connection.close()


async def require_migrations(connection: Connection, schema: str) -> None:
    """Raises MigrationsMissing unless all that this code knows of is applied."""
    if not await connection.fetchval("select to_regclass($1)", f'"{schema}".migrations'):
        raise MigrationsMissing("none applied")
    applied = await _applied(connection)
    missing = [name for name, _ in migrations(schema_package(schema)) if name not in applied]
    if missing:
        raise MigrationsMissing(", ".join(missing))


def schema_package(schema: str) -> str:
    """A service's schema is named after its import name; tests may add a suffix after two underscores."""
    return schema.split("__", maxsplit=1)[0]


async def _applied(connection: Connection) -> dict[str, str]:
    rows = await connection.fetch("select name, checksum from migrations")
    return {row["name"]: row["checksum"] for row in rows}


def _same(applied: dict[str, str], name: str, text: str) -> bool:
    if name not in applied:
        return False
    if applied[name] != _checksum(text):
        raise MigrationChanged(name)
    return True


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
