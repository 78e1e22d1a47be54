"""By hand: run the embedded servers alone, fetch what they need, renew the list of jars."""

import argparse
import contextlib
import signal
import sys

from sandbox.embedded import jars, java
from sandbox.embedded.errors import EmbeddedError
from sandbox.embedded.servers import servers

HELP = {
    "run": "start Kafka and PostgreSQL, print how to reach them, end them at Ctrl-C",
    "fetch": "download Kafka's jars into the cache",
    "java": "print which Java would run Kafka",
    "lock": "resolve Kafka's jars anew and write kafka.lock",
}


def run() -> None:
    """Until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), servers() as addresses:
        print(f"KAFKA_BOOTSTRAP_SERVERS={addresses.kafka}\nDATABASE_URL={addresses.postgres}", flush=True)
        signal.pause()


def main() -> None:
    """Does one of HELP's commands; an embedded error becomes its sentence and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in HELP.items():
        commands.add_parser(name, help=text)
    command = parser.parse_args().command
    try:
        if command == "run":
            run()
        elif command == "fetch":
            print(f"{len(jars.class_path())} jars are in the cache")
        elif command == "java":
            print(java.find())
        else:
            print(f"{jars.make_lock()} jars written to {jars.LOCK.name}")
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
