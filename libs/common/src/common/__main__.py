"""`python -m common create-topics`: creates the Kafka topics from their declaration.

Kafka is named by the same settings as a service's (KAFKA_BOOTSTRAP_SERVERS, KAFKA_TOPIC_PREFIX, …) or by options.
"""

import argparse
import asyncio
import os

from common.messaging.administration import create_topics
from common.messaging.producer import client_options
from common.settings import KafkaSettings, load

parser = argparse.ArgumentParser(prog="python -m common", description=__doc__)
parser.add_argument("command", choices=["create-topics"])
parser.add_argument("--bootstrap-servers")
parser.add_argument("--prefix")
parser.add_argument("--replication", type=int, default=int(os.environ.get("KAFKA_REPLICATION", "1")))
arguments = parser.parse_args()
if arguments.bootstrap_servers:
    os.environ["KAFKA_BOOTSTRAP_SERVERS"] = arguments.bootstrap_servers
if arguments.prefix is not None:
    os.environ["KAFKA_TOPIC_PREFIX"] = arguments.prefix
settings = load(KafkaSettings)
for name in asyncio.run(
    create_topics(prefix=settings.kafka_topic_prefix, replication=arguments.replication, **client_options(settings))
):
    print("created", name)
