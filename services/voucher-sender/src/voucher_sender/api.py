"""HTTP in: the state of a batch and of each voucher, at any time."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from common.http import Access
from common.openapi import problem_responses
from common.problems import NOT_FOUND
from common.service import Runtime, current_runtime
from voucher_sender.repository import States
from voucher_sender.views import BatchState, VoucherState

router = APIRouter(prefix="/v1", dependencies=[Depends(Access("vouchers"))], responses=problem_responses(NOT_FOUND))

Current = Annotated[Runtime[Any], Depends(current_runtime)]


@router.get("/batches/{batch_id}")
async def batch(batch_id: UUID, runtime: Current) -> BatchState:
    """A batch, how far it is, and what became of each of its vouchers."""
    async with runtime.pool.acquire() as connection:
        state = await States(connection).batch(batch_id)
    if state is None:
        raise NOT_FOUND.error()
    return BatchState.model_validate(state)


@router.get("/connections/{connection_id}/vouchers/{voucher_id:path}")
async def voucher(connection_id: UUID, voucher_id: str, runtime: Current) -> VoucherState:
    """A voucher by the product's own id, with its receipt where there is one."""
    async with runtime.pool.acquire() as connection:
        state = await States(connection).voucher(connection_id, voucher_id)
    if state is None:
        raise NOT_FOUND.error()
    return VoucherState.model_validate(state)
