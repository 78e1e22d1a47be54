"""HTTP in: the state of batches and of each voucher at any time, and a batch's receipts to file."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from common.database import Connection
from common.events.voucher_batches import Mode
from common.http import only
from common.openapi import examples, problem_responses
from common.problems import NOT_FOUND
from common.service import Runtime, current_runtime
from common.spreadsheets import MEDIA_TYPE
from voucher_sender import answers, documents
from voucher_sender import examples as ex
from voucher_sender.problems import ONLY_CHECKED
from voucher_sender.repository import Companies, States
from voucher_sender.views import BatchPage, BatchReceipts, BatchState, VoucherState

router = APIRouter(prefix="/v1", dependencies=[only("vouchers")], generate_unique_id_function=lambda route: route.name)


def shown(value: object) -> dict[str, Any]:
    """An example of a parameter."""
    return {"example": {"value": value if isinstance(value, int) else str(value)}}


Current = Annotated[Runtime[Any], Depends(current_runtime)]
BatchId = Annotated[UUID, Path(openapi_examples=shown(ex.BATCH_ID))]
ConnectionId = Annotated[UUID, Path(openapi_examples=shown(ex.CONNECTION_ID))]
VoucherId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\x00]+$", openapi_examples=shown("v-2"))]


@router.get(
    "/batches/{batch_id}",
    responses=problem_responses(NOT_FOUND) | examples(200, ended=ex.ENDED, waiting=ex.WAITING),
    tags=["batches"],
)
async def batch(batch_id: BatchId, runtime: Current) -> BatchState:
    """A batch, how far it is, and what became of each of its vouchers."""
    async with runtime.pool.acquire() as connection:
        return answers.batch_state(await _batch(connection, batch_id))


@router.get(
    "/batches/{batch_id}/receipts",
    responses=problem_responses(NOT_FOUND, ONLY_CHECKED) | examples(200, receipts=ex.RECEIPTS),
    tags=["receipts"],
)
async def receipts(batch_id: BatchId, runtime: Current) -> BatchReceipts:
    """A batch's receipts as they are filed, with totals. Before `ended_at` they are preliminary."""
    async with runtime.pool.acquire() as connection:
        state = await _batch(connection, batch_id)
        if state["mode"] == Mode.CHECK:
            raise ONLY_CHECKED.error()
        company = await Companies(connection).find(state["connection_id"], state["tenant"])
    return answers.batch_receipts(state, company)


@router.get(
    "/batches/{batch_id}/receipts.xlsx",
    response_class=Response,
    responses=problem_responses(NOT_FOUND, ONLY_CHECKED)
    | {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
    tags=["receipts"],
)
async def receipts_spreadsheet(batch_id: BatchId, runtime: Current) -> Response:
    """The same as a spreadsheet, "Överföringskvitto": a row for each voucher, control totals, reasons of refusals."""
    content = await asyncio.to_thread(documents.transfer_note, await receipts(batch_id, runtime))
    disposition = f'attachment; filename="overforingskvitto-{batch_id}.xlsx"'
    return Response(content, media_type=MEDIA_TYPE, headers={"content-disposition": disposition})


@router.get("/connections/{connection_id}/batches", responses=examples(200, page=ex.PAGE), tags=["batches"])
async def batches(
    connection_id: ConnectionId,
    runtime: Current,
    after: Annotated[UUID | None, Query(openapi_examples=shown(ex.BATCH_ID))] = None,
    limit: Annotated[int, Query(ge=1, le=200, openapi_examples=shown(50))] = 50,
) -> BatchPage:
    """The batches that were sent over a connection, the newest first. None for one that we have never heard of."""
    async with runtime.pool.acquire() as connection:
        rows = await States(connection).batches(connection_id, after, limit + 1)
    shown_here = tuple(answers.batch_summary(row) for row in rows[:limit])
    return BatchPage(batches=shown_here, next=shown_here[-1].batch_id if len(rows) > limit else None)


@router.get(
    "/connections/{connection_id}/vouchers/{voucher_id:path}",
    responses=problem_responses(NOT_FOUND) | examples(200, booked=ex.BOOKED, uncertain=ex.UNCERTAIN),
    tags=["vouchers"],
)
async def voucher(connection_id: ConnectionId, voucher_id: VoucherId, runtime: Current) -> VoucherState:
    """A voucher by the product's own id, with its receipt where there is one.

    Any connection to the company may ask, whichever of them sent it.
    """
    async with runtime.pool.acquire() as connection:
        state = await States(connection).voucher(connection_id, voucher_id)
        batch_id = None if state else await States(connection).accepted_voucher(connection_id, voucher_id)
    if batch_id is not None:
        return answers.accepted_voucher(batch_id, voucher_id)
    if state is None:
        raise NOT_FOUND.error()
    return answers.voucher_state(state)


async def _batch(connection: Connection, batch_id: UUID) -> dict[str, Any]:
    """The batch as the database has it, or as its command says while it has not been begun."""
    states = States(connection)
    state = await states.batch(batch_id)
    if state is None and (command := await states.accepted(batch_id)) is not None:
        return answers.accepted(command)
    state = state or await states.batch(batch_id)  # the work may have begun meanwhile
    if state is None:
        raise NOT_FOUND.error()
    return state
