"""The SQL of changing master keys: which rows have a key of their own, and under which master key it is."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from common.database import Connection


@dataclass(frozen=True)
class KeyRow:
    """A row with a sealed key of its own."""

    id: UUID
    master_key: str
    sealed_key: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """What its key is bound to."""
        return f"grants/{self.id}"


class Keys:
    """Sealed keys of all rows that have one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def not_under(self, master_key: str, *, after: UUID | None, limit: int) -> list[KeyRow]:
        """Rows whose key is under another master key, by id, beyond `after`."""
        rows = await self._connection.fetch(
            """
            select id, master_key, sealed_key from grants
            where master_key <> $1 and ($2::uuid is null or id > $2) order by id limit $3
            """,
            master_key,
            after,
            limit,
        )
        return [KeyRow(row["id"], row["master_key"], row["sealed_key"]) for row in rows]

    async def change(self, row: KeyRow, master_key: str, sealed_key: bytes) -> bool:
        """Stores the key anew, if nobody has changed it meanwhile."""
        done = await self._connection.execute(
            "update grants set master_key = $3, sealed_key = $4 where id = $1 and sealed_key = $2",
            row.id,
            row.sealed_key,
            master_key,
            sealed_key,
        )
        return done == "UPDATE 1"

    async def needed_besides(self, master_key: str) -> Counter[str]:
        """How many rows, and connect sessions that are under way, need each other master key."""
        rows = await self._connection.fetch(
            """
            select name, count(*) as many from (
                select master_key as name from grants
                union all
                select split_part(encode(expected_company, 'escape'), ':', 1) from connect_sessions
                where expected_company is not null and status in ('open', 'started', 'exchanging')
                    and expires_at > clock()
            ) as needed
            where name <> $1 group by name
            """,
            master_key,
        )
        return Counter({row["name"]: row["many"] for row in rows})
