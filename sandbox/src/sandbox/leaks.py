"""Looks for secrets in what a run has left behind: logs, tables, topics. Tells the place of a finding, never the text.

Tokens, keys and tickets may stand in clear nowhere. A personal number may stand where the contract says so (an event's
data, the SIE file), but in no log or error text, no record's key or headers, and nowhere in the connector's own tables.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

PLANTED_NUMBER = "811218-9876"
"""A personal number made for tests, as organisation number of companies in them."""
MARK = "sandbox-secret-"
"""What the sandbox's own keys and client secrets begin with."""
SECRET = re.compile(
    rf"""
      eyJ[\w-]{{8,}}\.[\w-]{{8,}}                        # an access token: a JWT
    | (?<![0-9A-Za-z])[0-9a-f]{{40}}(?![0-9A-Za-z])      # a refresh token or a code
    | {MARK}[\w-]{{8}} | c2FuZGJveC1zZWNyZXQt            # a key of ours, and what it is in base64
    | (?<![\w/+-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{{43}}(?![\w/+=-])  # a ticket, state or cookie
    """,
    re.VERBOSE,
)
NUMBER = re.compile(r"811218[-+ ]?9876")
IN_CLEAR = {("connector", "outbox", "value")}
"""Columns with an event's data, whose contract has the organisation number."""
TIMEOUT_MS = 20_000


@dataclass
class Scan:
    """What has been looked through, and where something was found."""

    looked_at: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def text(self, kind: str, place: str, text: str, *, numbers: bool = True) -> None:
        """Looks through one text."""
        self.looked_at[kind] = self.looked_at.get(kind, 0) + 1
        for name, pattern in (("a secret", SECRET), ("a personal number", NUMBER if numbers else None)):
            if pattern is not None and pattern.search(text):
                self.found.append(f"{name} in {kind} {place}")

    def add(self, other: "Scan") -> None:
        """Takes over what another one has seen."""
        for kind, count in other.looked_at.items():
            self.looked_at[kind] = self.looked_at.get(kind, 0) + count
        self.found += other.found

    def logs(self, folder: Path) -> None:
        """Looks through all logs below a folder."""
        for path in sorted(folder.rglob("*.log")):
            self.text("log", path.name, path.read_text(encoding="utf-8", errors="replace"))

    async def database(self, dsn: str) -> None:
        """Looks through every column of every table."""
        connection = await asyncpg.connect(dsn)
        try:
            for (schema, table), columns in (await _columns(connection)).items():
                await self._table(connection, schema, table, columns)
        finally:
            await connection.close()

    async def topics(self, bootstrap: str, prefix: str) -> None:
        """Looks through every record of the topics whose names begin so."""
        async for record in _records(bootstrap, prefix):
            place = f"{record.topic}/{record.partition}/{record.offset}"
            envelope = b"\n".join((record.key or b"", *(value or b"" for _, value in record.headers)))
            self.text("record", f"envelope {place}", envelope.decode(errors="replace"))
            self.text("record", place, (record.value or b"").decode(errors="replace"), numbers=False)

    async def _table(
        self, connection: "asyncpg.Connection[asyncpg.Record]", schema: str, table: str, columns: dict[str, str]
    ) -> None:
        texts = (
            f'encode("{name}", \'escape\') as "{name}"' if kind == "bytea" else f'"{name}"::text'
            for name, kind in columns.items()
        )
        for row in await connection.fetch(f'select {", ".join(texts)} from "{schema}"."{table}"'):  # noqa: S608  (its own names)
            for column, text in row.items():
                numbers = schema == "connector" and (schema, table, column) not in IN_CLEAR
                self.text("column", f"{schema}.{table}.{column}", text or "", numbers=numbers)


async def _columns(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[tuple[str, str], dict[str, str]]:
    rows = await connection.fetch(
        """
        select table_schema, table_name, column_name, data_type from information_schema.columns as c
        join information_schema.tables as t using (table_schema, table_name)
        where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'
        """
    )
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        tables.setdefault((row["table_schema"], row["table_name"]), {})[row["column_name"]] = row["data_type"]
    return tables


async def _records(bootstrap: str, prefix: str) -> AsyncIterator["ConsumerRecord[bytes, bytes]"]:
    places = await _places(bootstrap, prefix)
    if not places:
        return
    async with _consumer(bootstrap) as consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        left = {place for place in places if await consumer.position(place) < ends[place]}
        while left:
            for record in _flat(await consumer.getmany(timeout_ms=TIMEOUT_MS)):
                yield record
            left = {place for place in left if await consumer.position(place) < ends[place]}


async def _places(bootstrap: str, prefix: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = await admin.describe_topics([name for name in await admin.list_topics() if name.startswith(prefix)])
    finally:
        await admin.close()
    return [TopicPartition(one["topic"], part["partition"]) for one in topics for part in one["partitions"]]


@asynccontextmanager
async def _consumer(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def _flat(
    batch: dict[TopicPartition, list["ConsumerRecord[bytes, bytes]"]],
) -> Iterator["ConsumerRecord[bytes, bytes]"]:
    for records in batch.values():
        yield from records
