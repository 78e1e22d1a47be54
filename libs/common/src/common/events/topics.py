"""The one declaration of the Kafka topics: compose, the demo and the tests create them from it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Topic:
    """A topic and how it is kept. Partitions never grow in place, since that would break the order per key."""

    name: str
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


IMPORT_REQUESTS = Topic("fortnox.import-requests.v1")
VOUCHER_BATCHES = Topic("fortnox.voucher-batches.v1", largest_record=8_000_000)
CONNECTIONS = Topic("fortnox.connections.v1", retention=None, compacted=True)
CONNECT_ATTEMPTS = Topic("fortnox.connect-attempts.v1")
IMPORTS = Topic("fortnox.imports.v1")
IMPORT_DATA = Topic("fortnox.import-data.v1", retention=timedelta(days=7))
VOUCHERS = Topic("fortnox.vouchers.v1")
DEAD_LETTERS = Topic("fortnox.dead-letters.v1", retention=timedelta(days=90), largest_record=12_000_000)

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
