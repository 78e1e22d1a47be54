"""What is kept of imports and for how long: the SQL of reading it, of forgetting it, and the rules for pruning.

Imports, with all that belongs to them, go when they have not been used for the time that the settings say, or at once
when the product says so: what is forgotten is shown to nobody from then on, and deleted by the next pruning. An import
that never ended and that no job will end, as of a job buried by earlier code, counts as ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common.database import Connection
from common.pruning import KEEP_INBOX, Rule
from importer.repository import ImportRow, Imports, SieFile, SieFiles

IMPORTS_AT_ONCE = 20  # deleted in one statement: each may have a hundred megabytes
OLD_IMPORT = """
    (used_at < clock() - $1::interval or forgotten_at is not null) and (ended_at is not null or not exists (
        select from jobs
        where kind = 'import' and business_key = import_id::text and status in ('queued', 'running', 'waiting')
    ))
"""


def rules(retention: timedelta) -> list[Rule]:
    """What of the importer's own tables goes, and when; answers, SIE files and results go with their import."""
    return [
        Rule("cancellations", "requested_at < clock() - $1::interval", KEEP_INBOX),
        Rule("imports", OLD_IMPORT, retention, lot=IMPORTS_AT_ONCE),
    ]


@dataclass(frozen=True)
class Kept:
    """An import as it is shown."""

    row: ImportRow
    completed: dict[str, Any] | None
    """The data of its last `import.completed`."""
    used_at: datetime


class Keeping:
    """What is kept, for those who ask: what was forgotten is not there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, import_id: UUID) -> Kept | None:
        row = await Imports(self._connection).find(import_id)
        more = await self._connection.fetchrow(
            """
            select completed, used_at from imports left join results using (import_id)
            where import_id = $1 and forgotten_at is null
            """,
            import_id,
        )
        return Kept(row, more["completed"], more["used_at"]) if row and more else None

    async def result(self, import_id: UUID) -> bytes | None:
        """All that was found, but for the SIE file; its retention counts from now."""
        content: bytes | None = None
        if await self._use(import_id):
            content = await self._connection.fetchval("select content from results where import_id = $1", import_id)
        return content

    async def sie_file(self, import_id: UUID) -> SieFile | None:
        """Just as Fortnox sent it; its retention counts from now."""
        return await SieFiles(self._connection).find(import_id) if await self._use(import_id) else None

    async def forget_ended(self, connection_id: UUID) -> None:
        """The product says that what is kept of a connection's imports is to go; those under way go on."""
        await self._connection.execute(f"{FORGET} and ended_at is not null", connection_id)

    async def forget_all(self, connection_id: UUID) -> None:
        """The connection is gone: those under way leave nothing either."""
        await self._connection.execute(FORGET, connection_id)

    async def _use(self, import_id: UUID) -> bool:
        used: UUID | None = await self._connection.fetchval(
            "update imports set used_at = clock() where import_id = $1 and forgotten_at is null returning import_id",
            import_id,
        )
        return used is not None


FORGET = "update imports set forgotten_at = clock() where connection_id = $1 and forgotten_at is null"


class Stories:
    """All that the records say of an import, for an operator."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, import_id: UUID) -> dict[str, Any] | None:
        row = await self._connection.fetchrow(
            """
            select i.*, r.completed, octet_length(r.content) as result_bytes,
                   s.sha256, s.fetched_at, octet_length(s.content) as sie_bytes,
                   (select count(*) from answers a where a.import_id = i.import_id) as answers,
                   (select min(requested_at) from cancellations c where c.import_id = i.import_id
                       and coalesce(c.connection_id, i.connection_id) = i.connection_id) as cancelled_at
            from imports i left join results r using (import_id) left join sie_files s using (import_id)
            where i.import_id = $1
            """,
            import_id,
        )
        return dict(row) if row else None

    async def jobs(self, import_id: UUID) -> list[dict[str, Any]]:
        """Its own, and those that published it again."""
        rows = await self._connection.fetch(
            """
            select kind, status, attempts, reason, created_at, started_at, run_at, lease_until, finished_at,
                   cancel_requested
            from jobs
            where (kind = 'import' and business_key = $1::text) or lane = 'resend:' || $1::text
            order by position
            """,
            str(import_id),
        )
        return [dict(row) for row in rows]

    async def under_way(self) -> list[tuple[str, int, datetime]]:
        """How many imports have not ended, by how they stand, and when the oldest of them was asked for."""
        rows = await self._connection.fetch(
            "select status, count(*), min(requested_at) from imports where ended_at is null group by status"
        )
        return [(row[0], row[1], row[2]) for row in rows]
