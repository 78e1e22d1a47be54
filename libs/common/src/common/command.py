"""`python -m <service> run | migrate | replay-dead-letters`, the same for every service."""

import argparse
import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
import uvicorn
from fastapi import FastAPI

from common import database, logging
from common.messaging.dead_letters import replay
from common.settings import DatabaseSettings, ServiceSettings, load

log = structlog.get_logger()

AnySettings = TypeVar("AnySettings", bound=DatabaseSettings)
AppFactory = Callable[[Any], FastAPI]


def main(name: str, schema: str, settings_class: type[ServiceSettings], create_app: AppFactory) -> None:
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(prog=f"python -m {schema}")
    parser.add_argument("command", choices=["run", "migrate", "replay-dead-letters"])
    command = parser.parse_args().command
    if command == "run":
        settings = _prepare(name, settings_class)
        run(create_app(settings), settings)
    elif command == "migrate":
        dsn = _prepare(name, DatabaseSettings).database_url.get_secret_value()
        log.info("database.migrated", applied=asyncio.run(migrate_patiently(dsn, schema)))
    else:
        count = asyncio.run(replay(_prepare(name, ServiceSettings), name))
        log.info("dead-letters.replayed", count=count)


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
