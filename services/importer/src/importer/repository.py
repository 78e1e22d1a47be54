"""The SQL of imports under way; that of what is kept of them is in `kept`. The caller owns the transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.database import Connection
from common.events import ImportRequested, Trouble

SELECT_IMPORT = """
    select import_id, connection_id, datasets, year_from, year_to, closing_date, status, percent, line,
           waiting_since, waits, trouble, requested_at, ended_at, joins, superseded_by
    from imports
"""


@dataclass(frozen=True)
class ImportRow:
    """How an import stands."""

    import_id: UUID
    connection_id: UUID
    datasets: list[str]
    year_from: date
    year_to: date
    closing_date: date
    status: str
    percent: int
    line: str
    waiting_since: datetime | None
    waits: int
    trouble: dict[str, str] | None
    requested_at: datetime
    ended_at: datetime | None
    joins: UUID | None
    superseded_by: UUID | None


@dataclass(frozen=True)
class SieFile:
    """A SIE file as Fortnox sent it."""

    content: bytes
    sha256: str
    fetched_at: datetime


@dataclass(frozen=True)
class Waited:
    """How long an import has been waiting for the same thing, and how often it has asked."""

    since: datetime
    times: int
    known: bool
    """The trouble was told before."""


class Imports:
    """How each import stands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(self, request: ImportRequested) -> None:
        """A new import, known from its request on."""
        await self._connection.execute(
            """
            insert into imports (import_id, connection_id, datasets, year_from, year_to, closing_date)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (import_id) do nothing
            """,
            request.import_id,
            request.connection_id,
            list(request.datasets),
            request.financial_year.from_date,
            request.financial_year.to_date,
            request.ledger_date,
        )

    async def find(self, import_id: UUID) -> ImportRow | None:
        row = await self._connection.fetchrow(f"{SELECT_IMPORT} where import_id = $1", import_id)
        return ImportRow(**row) if row else None

    async def under_way(self, request: ImportRequested) -> list[ImportRow]:
        """Others of the same company and year that have not ended and go on, newest first.

        Until the transaction ends nobody else begins an import of this connection.
        """
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"imports of {request.connection_id}"
        )
        rows = await self._connection.fetch(
            f"""
            {SELECT_IMPORT}
            where connection_id = $1 and ended_at is null and import_id <> $2 and superseded_by is null
              and year_from = $3 and year_to = $4
              and not exists (
                  select from cancellations
                  where cancellations.import_id = imports.import_id
                    and coalesce(cancellations.connection_id, $1) = $1
              )
            order by requested_at desc
            """,
            request.connection_id,
            request.import_id,
            request.financial_year.from_date,
            request.financial_year.to_date,
        )
        return [ImportRow(**row) for row in rows]

    async def join(self, import_id: UUID, other: UUID) -> None:
        """It takes the other's result, if there is one in the end."""
        await self._connection.execute("update imports set joins = $2 where import_id = $1", import_id, other)

    async def supersede(self, import_id: UUID, by: UUID) -> None:
        """It is to end, since another one gives all that it would have given."""
        await self._connection.execute("update imports set superseded_by = $2 where import_id = $1", import_id, by)

    async def running(self, import_id: UUID, percent: int, line: str, plan: Mapping[str, Any]) -> None:
        """It goes on, and has come so far."""
        await self._connection.execute(
            """
            update imports set status = 'running', percent = greatest(percent, $2), line = $3, plan = $4
            where import_id = $1
            """,
            import_id,
            percent,
            line,
            plan,
        )

    async def calls_before(self, import_id: UUID) -> dict[str, int]:
        """The calls that the connection's last completed import was planned to take, by what they were for."""
        plan: dict[str, int] | None = await self._connection.fetchval(
            """
            select before.plan -> 'planned'
            from imports this join imports before using (connection_id)
            where this.import_id = $1 and before.status = 'completed' and before.plan is not null
              and before.joins is null
            order by before.ended_at desc limit 1
            """,
            import_id,
        )
        return plan or {}

    async def got_on(self, import_id: UUID) -> None:
        """Something new was read: what it waited for, if it did, is over."""
        await self._connection.execute(
            "update imports set waiting_since = null, waits = 0, trouble = null"
            " where import_id = $1 and waiting_since is not null",
            import_id,
        )

    async def waiting(self, import_id: UUID, trouble: Trouble) -> Waited:
        """It waits, from now on or still."""
        row = await self._connection.fetchrow(
            """
            with before as (select trouble ->> 'code' as code from imports where import_id = $1)
            update imports
            set status = 'waiting', trouble = $2, waits = waits + 1, waiting_since = coalesce(waiting_since, clock())
            where import_id = $1
            returning waiting_since, waits, coalesce((select code from before) = $3, false) as known
            """,
            import_id,
            trouble.model_dump(mode="json"),
            trouble.code,
        )
        assert row is not None
        return Waited(row["waiting_since"], row["waits"], row["known"])

    async def plan(self, import_id: UUID, plan: Mapping[str, Any]) -> None:
        """The calls that it was planned to take, and those that it took."""
        await self._connection.execute("update imports set plan = $2 where import_id = $1", import_id, plan)

    async def end(self, import_id: UUID, status: str, trouble: Trouble | None = None) -> None:
        """It came to its end; what was kept only to go on after a crash goes."""
        await self._connection.execute(
            """
            update imports
            set status = $2, trouble = $3, ended_at = clock(), used_at = clock(),
                percent = case when $2 = 'completed' then 100 else percent end
            where import_id = $1
            """,
            import_id,
            status,
            None if trouble is None else trouble.model_dump(mode="json"),
        )
        await self._connection.execute("delete from answers where import_id = $1", import_id)


class Answers:
    """What a running import has already been answered by Fortnox, by name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, import_id: UUID) -> dict[str, bytes]:
        rows = await self._connection.fetch("select name, content from answers where import_id = $1", import_id)
        return {row["name"]: row["content"] for row in rows}

    async def keep(self, import_id: UUID, name: str, content: bytes) -> None:
        await self._connection.execute(
            """
            insert into answers values ($1, $2, $3)
            on conflict (import_id, name) do update set content = excluded.content
            """,
            import_id,
            name,
            content,
        )

    async def drop(self, import_id: UUID, prefix: str) -> None:
        """Forgets the answers whose names begin so."""
        await self._connection.execute(
            "delete from answers where import_id = $1 and starts_with(name, $2)", import_id, prefix
        )


class SieFiles:
    """The evidence: never changed once its import has ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, import_id: UUID, content: bytes, sha256: str) -> None:
        """Just as it came; it replaces one that was out of date before the import ended."""
        await self._connection.execute(
            """
            insert into sie_files (import_id, content, sha256) values ($1, $2, $3)
            on conflict (import_id) do update
            set content = excluded.content, sha256 = excluded.sha256, fetched_at = clock()
            """,
            import_id,
            content,
            sha256,
        )

    async def find(self, import_id: UUID) -> SieFile | None:
        row = await self._connection.fetchrow(
            "select content, sha256, fetched_at from sie_files where import_id = $1", import_id
        )
        return SieFile(**row) if row else None


class Results:
    """What completed imports published, apart from their SIE files."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, import_id: UUID, content: bytes, completed: dict[str, Any]) -> None:
        await self._connection.execute(
            """
            insert into results values ($1, $2, $3)
            on conflict (import_id) do update set content = excluded.content, completed = excluded.completed
            """,
            import_id,
            content,
            completed,
        )

    async def find(self, import_id: UUID, connection_id: UUID) -> bytes | None:
        """Only for the connection that it belongs to."""
        content: bytes | None = await self._connection.fetchval(
            """
            select content from results join imports using (import_id)
            where import_id = $1 and connection_id = $2 and forgotten_at is null
            """,
            import_id,
            connection_id,
        )
        return content

    async def announced(self, import_id: UUID, completed: dict[str, Any]) -> None:
        """It was published again; its retention counts from now."""
        await self._connection.execute("update results set completed = $2 where import_id = $1", import_id, completed)
        await self.used(import_id)

    async def used(self, import_id: UUID) -> None:
        """Its retention counts from now."""
        await self._connection.execute("update imports set used_at = clock() where import_id = $1", import_id)


class Cancellations:
    """Cancellations, also of imports that nobody has asked for yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take_turns(self, import_id: UUID) -> None:
        """Until the transaction ends nobody else handles a request or cancellation of this import."""
        await self._connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"import:{import_id}")

    async def remember(self, import_id: UUID, connection_id: UUID) -> None:
        await self._connection.execute(
            "insert into cancellations (import_id, connection_id) values ($1, $2) on conflict do nothing",
            import_id,
            connection_id,
        )

    async def has(self, import_id: UUID, connection_id: UUID) -> bool:
        return bool(
            await self._connection.fetchval(
                """
                select exists (
                    select from cancellations
                    where import_id = $1 and (connection_id = $2 or connection_id is null)
                )
                """,
                import_id,
                connection_id,
            )
        )
