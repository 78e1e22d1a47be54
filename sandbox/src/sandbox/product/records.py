"""Records as the product sends and receives them: CloudEvents attributes in `ce_` headers, JSON in the value."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

SOURCE = "urn:example:product"


@dataclass(frozen=True)
class CommandRecord:
    """A command, ready to be sent; sending it again sends the same event."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Received:
    """An event that came. `data` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    key: str
    attributes: dict[str, str]
    value: bytes | None

    @property
    def type(self) -> str:
        return self.attributes.get("ce_type", "")

    @property
    def data(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.value or b"{}")
        return parsed


def command(topic: str, kind: str, connection_id: UUID, data: dict[str, Any]) -> CommandRecord:
    """A command about a connection, keyed by it so that all about one company stays in order."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid4()),
        "ce_source": SOURCE,
        "ce_type": kind,
        "ce_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "content-type": "application/json",
    }
    value = json.dumps({"connection_id": str(connection_id), **data}).encode()
    return CommandRecord(
        topic, str(connection_id).encode(), value, [(name, text.encode()) for name, text in headers.items()]
    )


def attributes(headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    return {name: value.decode() for name, value in headers}
