"""The end of a batch whose job can't even be read: told by what the database alone knows."""

from uuid import UUID

from common.database import Connection
from common.events import EventData, Trouble, VoucherRejected, VouchersRefused, VoucherUncertain
from common.jobs.store import Claim
from common.problems import ProblemError
from voucher_sender import closing, findings
from voucher_sender.problems import UNCERTAIN_GAVE_UP
from voucher_sender.repository import Batch, Batches, Outcome, Pending, State, Vouchers


async def bury(connection: Connection, claim: Claim, error: ProblemError) -> list[EventData]:
    """Ends the batch in the transaction that buries its job: what was not sent is free for another batch.

    What may be in Fortnox stays so, and holds back its series until that is found out.
    """
    batches, batch_id = Batches(connection), UUID(claim.business_key)
    batch = await batches.find(batch_id)
    if batch is None or not batch.checked:
        refused = VouchersRefused(connection_id=claim.connection_id, batch_id=batch_id, trouble=Trouble.of(error))
        await batches.end(batch_id, refused.model_dump(mode="json"))
        return [refused]
    left = await Vouchers(connection).pending(batch_id)
    told = [await _settle(connection, claim, batch, pending, error) for pending in left]
    completed = closing.completed(claim.connection_id, batch, await batches.tally(batch_id, findings.CONTRARY_CODES))
    await batches.end(batch_id, completed.model_dump(mode="json"))
    return [*told, completed]


async def _settle(
    connection: Connection, claim: Claim, batch: Batch, pending: Pending, error: ProblemError
) -> EventData:
    """A voucher that has no outcome yet."""
    assert batch.tenant is not None
    about = {"connection_id": claim.connection_id, "batch_id": batch.batch_id, "voucher_id": pending.voucher_id}
    if pending.state is State.INTENDED:
        trouble = UNCERTAIN_GAVE_UP.error(marker=pending.marker)
        uncertain = await Vouchers(connection).uncertain(batch.tenant, pending.voucher_id, trouble.problem.code)
        await Batches(connection).settle(batch.batch_id, pending.position, Outcome.UNCERTAIN)
        return VoucherUncertain(**about, since=uncertain.since, next_try=None, trouble=Trouble.of(trouble))
    finding = findings.wrong(error.problem, pending.voucher_id, **error.data)
    dumped = [finding.model_dump(mode="json")]
    await Vouchers(connection).rejected(batch.tenant, pending.voucher_id)
    await Batches(connection).settle(batch.batch_id, pending.position, Outcome.REJECTED, dumped)
    return VoucherRejected(**about, findings=(finding,))
