"""The SQL of connections."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common.database import Connection
from common.pruning import prune_table

KEEP_REMOVED = timedelta(days=365)


@dataclass(frozen=True)
class ConnectionRow:
    """A connection between one assignment and one company."""

    id: UUID
    grant_id: UUID | None
    reference: str
    wanted_scopes: list[str]
    connected_at: datetime
    removed_at: datetime | None
    trouble: dict[str, Any] | None
    """What a consent for another connection to the company has cost this one."""


COLUMNS = ", ".join(one.name for one in fields(ConnectionRow))


@dataclass(frozen=True)
class Use:
    """By what a connection is used: its company's grant, which set of tokens, and what those may do."""

    grant_id: UUID
    version: int
    scopes: tuple[str, ...]
    refused_scopes: tuple[str, ...]


class Connections:
    """Connections: what each assignment in the product holds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, connection_id: UUID) -> ConnectionRow | None:
        rows = await self._connection.fetch(
            f"select {COLUMNS} from connections where id = $1",  # noqa: S608  (our own columns)
            connection_id,
        )
        return ConnectionRow(**rows[0]) if rows else None

    async def use(self, connection_id: UUID) -> Use | None:
        """None: there is no such connection, or not any more."""
        row = await self._connection.fetchrow(
            """
            select g.id as grant_id, g.version, g.scopes, g.refused_scopes
            from connections as c join grants as g on g.id = c.grant_id
            where c.id = $1 and c.removed_at is null
            """,
            connection_id,
        )
        return (
            None
            if row is None
            else Use(**dict(row) | {name: tuple(row[name]) for name in ("scopes", "refused_scopes")})
        )

    async def page(self, reference: str | None, after: UUID | None, limit: int) -> list[dict[str, Any]]:
        """Those that are not removed, in the order of their ids, with how their grant stands."""
        rows = await self._connection.fetch(
            """
            select c.id as connection_id, c.reference, g.status, g.kind, g.tenant, c.connected_at
            from connections as c join grants as g on g.id = c.grant_id
            where c.removed_at is null and ($1::text is null or c.reference = $1) and ($2::uuid is null or c.id > $2)
            order by c.id limit $3
            """,
            reference,
            after,
            limit,
        )
        return [dict(row) for row in rows]

    async def of_grant(self, grant_id: UUID) -> list[ConnectionRow]:
        """Those that are not removed."""
        rows = await self._connection.fetch(
            f"""
            select {COLUMNS} from connections where grant_id = $1 and removed_at is null order by connected_at, id
            """,  # noqa: S608  (our own columns)
            grant_id,
        )
        return [ConnectionRow(**row) for row in rows]

    async def put(self, connection_id: UUID, grant_id: UUID, reference: str, wanted_scopes: Sequence[str]) -> None:
        await self._connection.execute(
            """
            insert into connections (id, grant_id, reference, wanted_scopes, connected_at)
            values ($1, $2, $3, $4, clock())
            on conflict (id) do update
                set grant_id = $2, reference = $3, wanted_scopes = $4, connected_at = clock(), trouble = null
            """,
            connection_id,
            grant_id,
            reference,
            list(wanted_scopes),
        )

    async def mark(self, connection_id: UUID, trouble: dict[str, Any] | None) -> None:
        """Keeps what it was cost by another connection's consent."""
        await self._connection.execute("update connections set trouble = $2 where id = $1", connection_id, trouble)

    async def last_removed(self, grant_id: UUID) -> ConnectionRow | None:
        """The one with which the grant began to end."""
        rows = await self._connection.fetch(
            f"select {COLUMNS} from connections where grant_id = $1 order by removed_at desc limit 1",  # noqa: S608
            grant_id,
        )
        return ConnectionRow(**rows[0]) if rows else None

    async def remove(self, connection_id: UUID) -> bool:
        """False if it was removed before."""
        done = await self._connection.execute(
            "update connections set removed_at = clock() where id = $1 and removed_at is null", connection_id
        )
        return done == "UPDATE 1"

    async def prune(self) -> None:
        await prune_table(self._connection, "connections", "removed_at < clock() - $1::interval", KEEP_REMOVED)
