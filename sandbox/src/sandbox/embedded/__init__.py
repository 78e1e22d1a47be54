"""Real Apache Kafka and real PostgreSQL as child processes, and the supervision that other processes are run with."""

from sandbox.embedded.broker import Kafka
from sandbox.embedded.errors import DownloadRefused, EmbeddedError, Ended, NoJava, NotReady, PortTaken, WrongChecksum
from sandbox.embedded.postgresql import Postgres
from sandbox.embedded.servers import Servers, kafka, postgres, postgres_server, servers, servers_from_environment
from sandbox.embedded.services import python_module, responds
from sandbox.embedded.supervision import Command, Process, Supervisor

__all__ = [
    "Command",
    "DownloadRefused",
    "EmbeddedError",
    "Ended",
    "Kafka",
    "NoJava",
    "NotReady",
    "PortTaken",
    "Postgres",
    "Process",
    "Servers",
    "Supervisor",
    "WrongChecksum",
    "kafka",
    "postgres",
    "postgres_server",
    "python_module",
    "responds",
    "servers",
    "servers_from_environment",
]
