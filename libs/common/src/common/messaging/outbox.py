"""The outbox: an event is written in the transaction that makes it true, and published afterwards."""

from collections.abc import Sequence

from pydantic_core import to_json

from common.database import Connection
from common.events.envelope import Event, EventData, Record, to_record

ADD = """
    with said as (
        select * from unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[])
            with ordinality as s (topic, key, value, headers, n)
    ),
    reserved as (
        insert into outbox_sequences as s
        select topic, key, count(*) from said group by topic, key order by topic, key -- one order: no deadlock
        on conflict (topic, key) do update set last = s.last + excluded.last
        returning topic, key, last
    ),
    numbered as (
        select said.*, last - count(*) over (partition by topic, key)
            + row_number() over (partition by topic, key order by n) as sequence
        from said join reserved using (topic, key)
    )
    insert into outbox (topic, key, value, headers)
    select topic, key, value, headers::jsonb || jsonb_build_array(jsonb_build_array('ce_sequence', sequence::text))
    from numbered
    order by n
"""


class TooLarge(Exception):
    """An event is larger than its topic takes. Found when it is written, not when it is sent."""


class Outbox:
    """Writes events to be published. `prefix` is put before each topic's name."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    async def add(self, connection: Connection, *events: Event[EventData]) -> None:
        """Adds the events, in order, to the caller's transaction: one statement for all. Raises TooLarge."""
        await self._add(connection, [(to_record(event), event.data.TOPIC.largest_record) for event in events])

    async def add_tombstone(self, connection: Connection, record: Record) -> None:
        """Adds a record without a value, which removes its key from a compacted topic."""
        await self._add(connection, [(record, 0)])

    async def _add(self, connection: Connection, records: Sequence[tuple[Record, int]]) -> None:
        """Each key's sequence numbers are reserved in one go, before any row gets its id."""
        for record, largest in records:
            if len(record.value or b"") > largest:
                raise TooLarge(f"{record.topic}: {len(record.value or b'')} bytes, {largest} are allowed")
        if records:
            await connection.execute(
                ADD,
                [self._prefix + record.topic for record, _ in records],
                [record.key or b"" for record, _ in records],
                [record.value for record, _ in records],
                [_as_json(record.headers) for record, _ in records],
            )


def _as_json(headers: Sequence[tuple[str, bytes | None]]) -> str:
    return to_json([(name, (value or b"").decode()) for name, value in headers]).decode()
