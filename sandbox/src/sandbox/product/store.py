"""The product's own PostgreSQL schema: what came, and the imports that were proven whole."""

import json
from importlib.resources import files
from typing import Any
from uuid import UUID

from sandbox.product.assembly import ChunkValue, Proof
from sandbox.product.records import Received

Connection = Any  # a pool's connection or one of its own


class SecondReceipt(Exception):
    """A voucher got another receipt than the one it has: it would stand in the books twice."""


async def create_schema(connection: Connection) -> None:
    await connection.execute("select pg_advisory_lock(hashtext('product-schema'))")
    try:
        await connection.execute(files("sandbox.product").joinpath("schema.sql").read_text(encoding="utf-8"))
    finally:
        await connection.execute("select pg_advisory_unlock(hashtext('product-schema'))")


class Store:
    """All SQL of the product; the caller owns the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add_event(self, event: Received, about: str) -> bool:
        """Keeps an event; False when it came before (same source and id)."""
        status = await self._connection.execute(
            """
            insert into product.events (source, id, topic, type, connection_id, about, data)
            values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
            """,
            event.attributes["ce_source"],
            event.attributes["ce_id"],
            event.topic,
            event.type,
            UUID(event.key),
            about,
            (event.value or b"{}").decode(),
        )
        return bool(status.endswith("1"))

    async def add_chunk(self, event: Received) -> UUID:
        data = event.data
        snapshot = UUID(data["snapshot_id"])
        await self._connection.execute(
            "insert into product.chunks values ($1, $2, $3, $4, $5) on conflict do nothing",
            snapshot,
            data["dataset"],
            data["number"],
            event.type,
            event.value,
        )
        return snapshot

    async def announce(self, completed: dict[str, Any]) -> None:
        """Keeps what an import says it consists of; a newer snapshot of the same import takes the place of an older."""
        await self._connection.execute(
            """
            insert into product.imports (import_id, connection_id, snapshot_id, completed) values ($1, $2, $3, $4)
            on conflict (import_id) do update
            set snapshot_id = excluded.snapshot_id, completed = excluded.completed, proven_at = null, fault = null
            """,
            UUID(completed["import_id"]),
            UUID(completed["connection_id"]),
            UUID(completed["snapshot_id"]),
            json.dumps(completed),
        )

    async def unproven(self, snapshot: UUID) -> dict[str, Any] | None:
        """The announcement of a snapshot that is still to be proven."""
        text = await self._connection.fetchval(
            "select completed from product.imports where snapshot_id = $1 and proven_at is null for update", snapshot
        )
        return json.loads(text) if text else None

    async def chunks(self, snapshot: UUID) -> dict[tuple[str, int], ChunkValue]:
        rows = await self._connection.fetch("select * from product.chunks where snapshot_id = $1", snapshot)
        return {(row["dataset"], row["number"]): ChunkValue(row["type"], row["value"]) for row in rows}

    async def keep(self, import_id: UUID, snapshot: UUID, proof: Proof) -> None:
        """Replaces the import's data by the proven one, whole, and lets its chunks go."""
        await self._connection.execute("delete from product.rows where import_id = $1", import_id)
        parts = {"company": [proof.company] if proof.company else [], **proof.parts}
        await self._connection.copy_records_to_table(
            "rows",
            schema_name="product",
            columns=["import_id", "part", "position", "data"],
            records=[
                (import_id, part, position, json.dumps(row))
                for part, rows in parts.items()
                for position, row in enumerate(rows)
            ],
        )
        await self._connection.execute(
            "update product.imports set proven_at = clock_timestamp(), fault = null where import_id = $1", import_id
        )
        await self._connection.execute("delete from product.chunks where snapshot_id = $1", snapshot)

    async def note_fault(self, import_id: UUID, fault: str) -> None:
        await self._connection.execute("update product.imports set fault = $2 where import_id = $1", import_id, fault)

    async def add_receipt(self, receipt: dict[str, Any]) -> None:
        """Keeps a receipt. Raises SecondReceipt."""
        given = (receipt["series"], receipt["number"], receipt["financial_year"], receipt["rows_hash"])
        row = await self._connection.fetchrow(
            """
            insert into product.receipts as r
                (connection_id, voucher_id, series, number, financial_year, rows_hash, corrects)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (connection_id, voucher_id) do update set series = r.series
            returning series, number, financial_year, rows_hash
            """,
            UUID(receipt["connection_id"]),
            receipt["voucher_id"],
            *given,
            (receipt.get("corrects") or {}).get("voucher_id"),
        )
        if tuple(row) != given:
            raise SecondReceipt(receipt["voucher_id"])

    async def events_about(self, about: str) -> list[dict[str, Any]]:
        """Events about an import or a batch, in the order in which they came: {type, …data}."""
        rows = await self._connection.fetch(
            "select type, data from product.events where about = $1 order by position", about
        )
        return [{"type": row["type"], **json.loads(row["data"])} for row in rows]

    async def proven(self, import_id: UUID) -> bool:
        return bool(
            await self._connection.fetchval(
                "select proven_at is not null from product.imports where import_id = $1", import_id
            )
        )

    async def fault(self, import_id: UUID) -> str | None:
        fault: str | None = await self._connection.fetchval(
            "select fault from product.imports where import_id = $1", import_id
        )
        return fault

    async def part(self, import_id: UUID, part: str) -> list[dict[str, Any]]:
        """A proven import's rows of one part, such as `vouchers` or `customer_ledger`, in order."""
        rows = await self._connection.fetch(
            "select data from product.rows where import_id = $1 and part = $2 order by position", import_id, part
        )
        return [json.loads(row["data"]) for row in rows]

    async def receipts(self, connection_id: UUID) -> dict[str, dict[str, Any]]:
        rows = await self._connection.fetch(
            "select * from product.receipts where connection_id = $1 order by voucher_id", connection_id
        )
        return {row["voucher_id"]: dict(row) for row in rows}
