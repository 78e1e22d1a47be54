"""The one declaration of the Kafka topics: compose, the demo and the tests create them from it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Topic:
    """A topic and how it is kept. Partitions never grow in place, since that would break the order per key."""

    name: str
    by: str
    """Who writes it."""
    about: str
    partitions: int = 12
    retention: timedelta | None = timedelta(days=30)
    compacted: bool = False
    largest_record: int = 1_000_000
    """Bytes, before compression."""

    def config(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        retention = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(retention),
            "max.message.bytes": str(self.largest_record + 100_000),
        }


IMPORT_REQUESTS = Topic("fortnox.import-requests.v1", "product", "what the importer is to do")
VOUCHER_BATCHES = Topic(
    "fortnox.voucher-batches.v1", "product", "what the voucher-sender is to check and book", largest_record=8_000_000
)
CONNECTIONS = Topic(
    "fortnox.connections.v1",
    "connector",
    "the full state of each connection; a record without a value, after `connection.removed`, ends it",
    retention=None,
    compacted=True,
)
CONNECT_ATTEMPTS = Topic("fortnox.connect-attempts.v1", "connector", "attempts to connect that came to nothing")
IMPORTS = Topic("fortnox.imports.v1", "importer", "how imports go and how they end")
IMPORT_DATA = Topic(
    "fortnox.import-data.v1", "importer", "the imported data, in numbered chunks", retention=timedelta(days=7)
)
VOUCHERS = Topic("fortnox.vouchers.v1", "voucher-sender", "findings, receipts and how batches end")
DEAD_LETTERS = Topic(
    "fortnox.dead-letters.v1",
    "all services",
    "records that can never be handled, each with its reason and origin",
    retention=timedelta(days=90),
    largest_record=12_000_000,
)

ALL = (
    IMPORT_REQUESTS,
    VOUCHER_BATCHES,
    CONNECTIONS,
    CONNECT_ATTEMPTS,
    IMPORTS,
    IMPORT_DATA,
    VOUCHERS,
    DEAD_LETTERS,
)
