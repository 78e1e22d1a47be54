"""`python -m <service> run | migrate | replay-dead-letters`, the same for every service."""

import argparse
import asyncio
from collections.abc import Callable
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from common import database, logging
from common.messaging.dead_letters import replay
from common.settings import ServiceSettings, load

log = structlog.get_logger()

AppFactory = Callable[[Any], FastAPI]


def main(name: str, schema: str, settings_class: type[ServiceSettings], create_app: AppFactory) -> None:
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(prog=f"python -m {schema}")
    parser.add_argument("command", choices=["run", "migrate", "replay-dead-letters"])
    command = parser.parse_args().command
    settings = load(settings_class)
    logging.configure(name, style=settings.log_format, level=settings.log_level)
    if command == "run":
        run(create_app(settings), settings)
    elif command == "migrate":
        applied = asyncio.run(migrate_patiently(settings.database_url.get_secret_value(), schema))
        log.info("database.migrated", applied=applied)
    else:
        log.info("dead-letters.replayed", count=asyncio.run(replay(settings, name)))


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
