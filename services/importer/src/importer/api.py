"""HTTP in: how an import stands, what its checks say, and the documents that an accountant opens and files."""

import asyncio
import base64
import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from common.events import Dataset
from common.http import only
from common.openapi import examples, problem_responses
from common.service import Runtime, current_runtime
from common.spreadsheets import MEDIA_TYPE as XLSX
from importer import examples as ex
from importer import problems
from importer.documents import as_csv, bundle
from importer.documents.ledger_book import workbook
from importer.kept import Keeping, Kept
from importer.repository import SieFile
from importer.result import Ledger, Result
from importer.settings import ImporterSettings
from importer.views import ImportChecks, ImportState, import_checks, import_state

router = APIRouter(prefix="/v1", dependencies=[only("imports")], generate_unique_id_function=lambda route: route.name)

OCTETS = "application/octet-stream"


def shown(value: object) -> dict[str, Any]:
    """An example of a parameter."""
    return {"example": {"value": str(value)}}


def a_file(media_type: str) -> dict[int | str, dict[str, Any]]:
    """What a call answers that gives a file."""
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


ThisRuntime = Annotated[Runtime[ImporterSettings], Depends(current_runtime)]
ImportId = Annotated[UUID, Path(openapi_examples=shown(ex.IMPORT_ID))]
ConnectionId = Annotated[UUID, Path(openapi_examples=shown(ex.CONNECTION_ID))]
LedgerName = Annotated[
    Literal[Dataset.CUSTOMER_LEDGER, Dataset.SUPPLIER_LEDGER], Path(openapi_examples=shown("customer_ledger"))
]
NO_RESULT = (problems.UNKNOWN_IMPORT, problems.RESULT_GONE)
NO_LEDGER = (*NO_RESULT, problems.NO_LEDGER)


@router.get(
    "/imports/{import_id}",
    responses=problem_responses(problems.UNKNOWN_IMPORT) | examples(200, completed=ex.COMPLETED, waiting=ex.WAITING),
    tags=["imports"],
)
async def state(import_id: ImportId, runtime: ThisRuntime) -> ImportState:
    """How an import stands, and what it came to."""
    return import_state(await _kept(import_id, runtime), runtime.settings.retention)


@router.get(
    "/imports/{import_id}/checks",
    responses=problem_responses(*NO_RESULT) | examples(200, checks=ex.CHECKS),
    tags=["imports"],
)
async def checks(import_id: ImportId, runtime: ThisRuntime) -> ImportChecks:
    """What a completed import's checks say, and how each ledger stands to its accounts, difference by difference."""
    return import_checks(import_id, await _result(import_id, runtime))


@router.get(
    "/imports/{import_id}/sie",
    response_class=Response,
    responses=problem_responses(problems.UNKNOWN_IMPORT, problems.NO_SIE_FILE) | a_file(OCTETS),
    tags=["documents"],
)
async def sie_file(import_id: ImportId, runtime: ThisRuntime) -> Response:
    """The SIE file, byte for byte as Fortnox sent it; its SHA-256 is the `ETag` and, in base64, the `Repr-Digest`."""
    file = await _sie_file(import_id, runtime)
    answer = _file(file.content, OCTETS, f"{import_id}.se")
    answer.headers["last-modified"] = file.fetched_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return answer


@router.get(
    "/imports/{import_id}/{ledger}.xlsx",
    response_class=Response,
    responses=problem_responses(*NO_LEDGER) | a_file(XLSX),
    tags=["documents"],
)
async def ledger_spreadsheet(import_id: ImportId, ledger: LedgerName, runtime: ThisRuntime) -> Response:
    """A ledger as an accountant files it: "Reskontralista per balansdagen", "Avstämning", "Fakturor efter balansdagen".

    Amounts are numbers, totals are formulas, and whatever a text begins with, it is text.
    """
    result, chosen = await _ledger(import_id, ledger, runtime)
    content = await asyncio.to_thread(workbook, import_id, result, chosen)
    return _file(content, XLSX, bundle.file_name(result, chosen, "xlsx"))


@router.get(
    "/imports/{import_id}/{ledger}.csv",
    response_class=Response,
    responses=problem_responses(*NO_LEDGER) | a_file("text/csv"),
    tags=["documents"],
)
async def ledger_csv(import_id: ImportId, ledger: LedgerName, runtime: ThisRuntime) -> Response:
    """A ledger's open items as a Swedish Excel opens them: semicolons, decimal comma, UTF-8 with a byte order mark."""
    result, chosen = await _ledger(import_id, ledger, runtime)
    content = await asyncio.to_thread(as_csv.file, result, chosen)
    return _file(content, as_csv.MEDIA_TYPE, bundle.file_name(result, chosen, "csv"))


@router.get(
    "/imports/{import_id}/documents.zip",
    response_class=Response,
    responses=problem_responses(*NO_RESULT, problems.NO_SIE_FILE) | a_file(bundle.MEDIA_TYPE),
    tags=["documents"],
)
async def all_documents(import_id: ImportId, runtime: ThisRuntime) -> Response:
    """All of them in one: each ledger as a spreadsheet and as CSV, and the SIE file. The same bytes each time."""
    result = await _result(import_id, runtime)
    file = await _sie_file(import_id, runtime)
    content = await asyncio.to_thread(bundle.archive, import_id, result, file.content)
    return _file(content, bundle.MEDIA_TYPE, f"underlag-{result.closing_date}.zip")


@router.delete("/connections/{connection_id}/imports", status_code=204, tags=["documents"])
async def forget(connection_id: ConnectionId, runtime: ThisRuntime) -> None:
    """All that is kept of a connection's ended imports goes: nobody is shown it any more, and it is soon deleted."""
    async with runtime.pool.acquire() as connection:
        await Keeping(connection).forget_ended(connection_id)


async def _kept(import_id: UUID, runtime: Runtime[Any]) -> Kept:
    async with runtime.pool.acquire() as connection:
        kept = await Keeping(connection).find(import_id)
    if kept is None:
        raise problems.UNKNOWN_IMPORT.error()
    return kept


async def _result(import_id: UUID, runtime: Runtime[Any]) -> Result:
    async with runtime.pool.acquire() as connection:
        content = await Keeping(connection).result(import_id)
    if content is None:
        await _kept(import_id, runtime)
        raise problems.RESULT_GONE.error()
    return await asyncio.to_thread(Result.model_validate_json, content)


async def _ledger(import_id: UUID, dataset: Dataset, runtime: Runtime[Any]) -> tuple[Result, Ledger]:
    result = await _result(import_id, runtime)
    for ledger in result.ledgers:
        if ledger.dataset is dataset:
            return result, ledger
    raise problems.NO_LEDGER.error()


async def _sie_file(import_id: UUID, runtime: Runtime[Any]) -> SieFile:
    async with runtime.pool.acquire() as connection:
        file = await Keeping(connection).sie_file(import_id)
    if file is None:
        await _kept(import_id, runtime)
        raise problems.NO_SIE_FILE.error()
    return file


def _file(content: bytes, media_type: str, name: str) -> Response:
    """To be saved under a name of ours; `Repr-Digest` is RFC 9530's."""
    digest = hashlib.sha256(content)
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "etag": f'"{digest.hexdigest()}"',
        "repr-digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
    }
    return Response(content, media_type=media_type, headers=headers)
