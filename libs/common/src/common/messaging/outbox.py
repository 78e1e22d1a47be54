"""The outbox: an event is written in the transaction that makes it true, and published afterwards."""

from common.database import Connection
from common.events.envelope import Event, EventData, Record, to_record


class TooLarge(Exception):
    """An event is larger than its topic takes. Found when it is written, not when it is sent."""


class Outbox:
    """Writes events to be published. `prefix` is put before each topic's name."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    async def add(self, connection: Connection, *events: Event[EventData]) -> None:
        """Adds the events, in order, to the caller's transaction. Raises TooLarge."""
        for event in events:
            await self._add_record(connection, to_record(event), event.data.TOPIC.largest_record)

    async def add_tombstone(self, connection: Connection, record: Record) -> None:
        """Adds a record without a value, which removes its key from a compacted topic."""
        await self._add_record(connection, record, 0)

    async def _add_record(self, connection: Connection, record: Record, largest: int) -> None:
        if len(record.value or b"") > largest:
            raise TooLarge(f"{record.topic}: {len(record.value or b'')} bytes, {largest} are allowed")
        topic = self._prefix + record.topic
        sequence = await connection.fetchval(
            """
            insert into outbox_sequences as s values ($1, $2, 1)
            on conflict (topic, key) do update set last = s.last + 1
            returning last
            """,
            topic,
            record.key or b"",
        )
        headers = [(name, (value or b"").decode()) for name, value in record.headers]
        await connection.execute(
            "insert into outbox (topic, key, value, headers) values ($1, $2, $3, $4)",
            topic,
            record.key or b"",
            record.value,
            [*headers, ("ce_sequence", str(sequence))],
        )
