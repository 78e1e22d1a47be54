"""Which company a connection leads to, as its events tell."""

from uuid import UUID

from common.database import Connection


class Companies:
    """Names for the headings of documents."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def remember(
        self, connection_id: UUID, tenant: int, name: str, organisation_number: str | None, *, removed: bool
    ) -> None:
        await self._connection.execute(
            """
            insert into companies (connection_id, tenant, name, organisation_number, removed_at)
            values ($1, $2, $3, $4, case when $5 then clock() end)
            on conflict (connection_id) do update
            set tenant = excluded.tenant, name = excluded.name, organisation_number = excluded.organisation_number,
                removed_at = case when $5 then coalesce(companies.removed_at, clock()) end
            """,
            connection_id,
            tenant,
            name,
            organisation_number,
            removed,
        )

    async def find(self, connection_id: UUID, tenant: int | None) -> dict[str, str | None] | None:
        """Of the connection, or of another one to the same company."""
        row = await self._connection.fetchrow(
            """
            select name, organisation_number from companies
            where tenant = $2 or $2::bigint is null and connection_id = $1
            order by connection_id = $1 desc, removed_at is null desc limit 1
            """,
            connection_id,
            tenant,
        )
        return dict(row) if row else None
