"""`python -m <service> run | migrate | replay-dead-letters`, the same for every service, and what one has beside."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
import uvicorn
from fastapi import FastAPI

from common import database, logging
from common.database import Connection
from common.messaging.dead_letters import replay
from common.settings import DatabaseSettings, ServiceSettings, load

log = structlog.get_logger()

AnySettings = TypeVar("AnySettings", bound=DatabaseSettings)
AppFactory = Callable[[Any], FastAPI]


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """Most commands take none."""


@dataclass(frozen=True)
class Command:
    """A command of one service's own."""

    name: str
    help: str
    settings_class: type[DatabaseSettings]
    """What it needs to be told, and no more."""
    run: Callable[[Any, argparse.Namespace], Coroutine[Any, Any, int]]
    """Gets settings and arguments; gives the exit code."""
    arguments: Callable[[argparse.ArgumentParser], None] = _no_arguments


@asynccontextmanager
async def connected(settings: DatabaseSettings, schema: str) -> AsyncIterator[Connection]:
    """A connection to a service's database, for one of its commands."""
    connection = await database.connect(settings.database_url.get_secret_value(), schema)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


def main(
    name: str,
    schema: str,
    settings_class: type[ServiceSettings],
    create_app: AppFactory,
    commands: Sequence[Command] = (),
) -> None:
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(prog=f"python -m {schema}")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    choices.add_parser("run", help="serve until SIGTERM")
    choices.add_parser("migrate", help="apply the migrations that are missing")
    choices.add_parser("replay-dead-letters", help="send this service's parked records to their topics again")
    for one in commands:
        one.arguments(choices.add_parser(one.name, help=one.help))
    arguments = parser.parse_args()
    if arguments.command == "run":
        settings = _prepare(name, settings_class)
        run(create_app(settings), settings)
    elif arguments.command == "migrate":
        dsn = _prepare(name, DatabaseSettings).database_url.get_secret_value()
        log.info("database.migrated", applied=asyncio.run(migrate_patiently(dsn, schema)))
    elif arguments.command == "replay-dead-letters":
        count = asyncio.run(replay(_prepare(name, ServiceSettings), name))
        log.info("dead-letters.replayed", count=count)
    else:
        own = next(one for one in commands if one.name == arguments.command)
        raise SystemExit(asyncio.run(own.run(_prepare(name, own.settings_class), arguments)))


def _prepare(name: str, settings_class: type[AnySettings]) -> AnySettings:
    """Settings and logging. A command is told no more than it needs: a migration needs no key of anybody's."""
    settings = load(settings_class)
    logging.configure(name, style=settings.log_format, level=settings.log_level)
    return settings


def run(app: FastAPI, settings: ServiceSettings) -> None:
    """Serves until SIGTERM, then drains."""
    uvicorn.run(
        app, host=settings.host, port=settings.port, log_config=None, access_log=False, timeout_graceful_shutdown=15
    )


async def migrate_patiently(dsn: str, schema: str) -> list[str]:
    """Migrates, waiting for a database that is not there yet; gives up after a minute."""
    for _ in range(60):
        try:
            return await database.migrate(dsn, schema)
        except database.GONE as error:
            log.warning("database.waiting", error=type(error).__name__)
            await asyncio.sleep(1)
    return await database.migrate(dsn, schema)
