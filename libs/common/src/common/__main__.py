"""`python -m common create-topics`: creates the Kafka topics from their declaration."""

import argparse
import asyncio
import os

from common.messaging.administration import create_topics

parser = argparse.ArgumentParser(prog="python -m common", description=__doc__)
parser.add_argument("command", choices=["create-topics"])
parser.add_argument("--bootstrap-servers", default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"))
parser.add_argument("--prefix", default=os.environ.get("KAFKA_TOPIC_PREFIX", ""))
parser.add_argument("--replication", type=int, default=int(os.environ.get("KAFKA_REPLICATION", "1")))
arguments = parser.parse_args()
for name in asyncio.run(
    create_topics(arguments.bootstrap_servers, arguments.prefix, replication=arguments.replication)
):
    print("created", name)
