"""HTTP in: how an import stands, and its SIE file just as Fortnox sent it."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from common.events import FinancialYear
from common.http import Access
from common.openapi import problem_responses
from common.service import Runtime, current_runtime
from importer import problems
from importer.repository import ImportRow, Imports, Results, SieFiles
from importer.settings import ImporterSettings

router = APIRouter(prefix="/v1/imports", dependencies=[Depends(Access("imports"))])

ThisRuntime = Annotated[Runtime[ImporterSettings], Depends(current_runtime)]


class ImportState(BaseModel):
    """How an import stands; `completed` is the data of its last `import.completed`, with all checks."""

    import_id: UUID
    connection_id: UUID
    datasets: list[str]
    financial_year: FinancialYear
    closing_date: date
    status: str
    """queued, running, waiting, completed, failed, cancelled or refused."""
    percent: int
    line: str
    """Swedish, to be shown as it is."""
    trouble: dict[str, Any] | None
    requested_at: datetime
    ended_at: datetime | None
    checks: list[dict[str, Any]] = []
    completed: dict[str, Any] | None = None


@router.get("/{import_id}", responses=problem_responses(problems.UNKNOWN_IMPORT))
async def state(import_id: UUID, runtime: ThisRuntime) -> ImportState:
    """How an import stands."""
    async with runtime.pool.acquire() as connection:
        row = await Imports(connection).find(import_id)
        completed = await Results(connection).completed(import_id)
    if row is None:
        raise problems.UNKNOWN_IMPORT.error()
    return _state(row, completed)


@router.get("/{import_id}/sie", responses=problem_responses(problems.NO_SIE_FILE))
async def sie_file(import_id: UUID, runtime: ThisRuntime) -> Response:
    """The SIE file, byte for byte; its SHA-256 is the ETag."""
    async with runtime.pool.acquire() as connection:
        file = await SieFiles(connection).find(import_id)
        await Results(connection).used(import_id)
    if file is None:
        raise problems.NO_SIE_FILE.error()
    headers = {
        "content-disposition": f'attachment; filename="{import_id}.se"',
        "etag": f'"{file.sha256}"',
        "last-modified": file.fetched_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    return Response(file.content, media_type="application/octet-stream", headers=headers)


def _state(row: ImportRow, completed: dict[str, Any] | None) -> ImportState:
    return ImportState(
        import_id=row.import_id,
        connection_id=row.connection_id,
        datasets=row.datasets,
        financial_year=FinancialYear(from_date=row.year_from, to_date=row.year_to),
        closing_date=row.closing_date,
        status=row.status,
        percent=row.percent,
        line=row.line,
        trouble=row.trouble,
        requested_at=row.requested_at,
        ended_at=row.ended_at,
        checks=completed["checks"] if completed else [],
        completed=completed,
    )
