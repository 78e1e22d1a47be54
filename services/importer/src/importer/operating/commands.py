"""`show`: what an operator types. It ends with 0, or with 1 when there is no such import."""

import argparse
import sys
from uuid import UUID

from common.command import Command, connected
from common.settings import DatabaseSettings
from importer.kept import Stories
from importer.operating import story


async def show(settings: DatabaseSettings, arguments: argparse.Namespace) -> int:
    """Prints the stories of imports."""
    missing = 0
    async with connected(settings, "importer") as connection:
        stories = Stories(connection)
        for import_id in arguments.id:
            record = await stories.find(import_id)
            if record is None:
                missing += 1
                print(f"no import {import_id}: it was never asked for, or its retention is over", file=sys.stderr)
            else:
                print(*story.of(record, await stories.jobs(import_id)), sep="\n")
    return 1 if missing else 0


def _for_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="+", type=UUID, metavar="IMPORT")


COMMANDS = [Command("show", "tell what the records say of imports", DatabaseSettings, show, _for_show)]
