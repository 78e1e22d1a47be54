"""The SQL of changing master keys: which rows have a key of their own, and under which master key it is."""

from collections import Counter
from uuid import UUID

from common.database import Connection
from connector.repository.grants import Grant, grant_of


class Keys:
    """Sealed keys of all rows that have one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def not_under(self, master_key: str, *, after: UUID | None, limit: int) -> list[Grant]:
        """Grants whose key is under another master key, by id, beyond `after`."""
        rows = await self._connection.fetch(
            """
            select * from grants where master_key <> $1 and ($2::uuid is null or id > $2) order by id limit $3
            """,
            master_key,
            after,
            limit,
        )
        return [grant_of(row) for row in rows]

    async def change(self, grant: Grant, master_key: str, sealed_key: bytes, company_number: bytes) -> bool:
        """Stores what a master key makes of the grant, if nobody has changed it meanwhile."""
        done = await self._connection.execute(
            """
            update grants set master_key = $4, sealed_key = $5, company_number = $6
            where id = $1 and sealed_key = $2 and company = $3
            """,
            grant.id,
            grant.sealed_key,
            grant.company,
            master_key,
            sealed_key,
            company_number,
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
