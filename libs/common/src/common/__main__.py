"""`python -m common create-topics` creates the Kafka topics from their declaration, `write-docs` writes docs/ from it.

Kafka is named by the same settings as a service's (KAFKA_BOOTSTRAP_SERVERS, KAFKA_TOPIC_PREFIX, …) or by options.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from common.events import documentation
from common.messaging.administration import create_topics
from common.messaging.producer import client_options
from common.settings import KafkaSettings, load

parser = argparse.ArgumentParser(prog="python -m common", description=__doc__)
commands = parser.add_subparsers(dest="command", required=True)
creating = commands.add_parser("create-topics")
creating.add_argument("--bootstrap-servers")
creating.add_argument("--prefix")
creating.add_argument("--replication", type=int, default=int(os.environ.get("KAFKA_REPLICATION", "1")))
writing = commands.add_parser("write-docs")
writing.add_argument("--folder", type=Path, default=Path("docs"))


def main(arguments: argparse.Namespace) -> None:
    if arguments.command == "create-topics":
        create(arguments)
        return
    try:
        changed = documentation.write(arguments.folder)
    except documentation.IncompatibleChange as change:
        sys.exit(f"Within a major version a type only grows. Refused:\n{change}")
    print("written:", *changed or ["nothing, all is up to date"], sep="\n  ")


def create(arguments: argparse.Namespace) -> None:
    given = {"KAFKA_BOOTSTRAP_SERVERS": arguments.bootstrap_servers, "KAFKA_TOPIC_PREFIX": arguments.prefix}
    os.environ.update({name: value for name, value in given.items() if value is not None})
    settings = load(KafkaSettings)
    created = create_topics(
        prefix=settings.kafka_topic_prefix, replication=arguments.replication, **client_options(settings)
    )
    for name in asyncio.run(created):
        print("created", name)


main(parser.parse_args())
