"""What happens to a batch that can't go on now: it waits without a worker, or it ends with the reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from common.events import Trouble, VouchersApproved, VouchersRefused, VouchersWaiting, VoucherUncertain
from common.events.vouchers import NotCorrected
from common.jobs import Job
from common.problems import ProblemError
from voucher_sender import closing, reasons, refusals
from voucher_sender.findings import wrong
from voucher_sender.problems import GAVE_UP_WAITING, UNCERTAIN_GAVE_UP
from voucher_sender.reasons import Pause, Reason, final, word_of
from voucher_sender.repository import Batches, Outcome, Pending, State, Vouchers
from voucher_sender.resolve import Uncertain
from voucher_sender.sender import Command, Desk, Sender

log = structlog.get_logger()


async def put_off(desk: Desk, reason: Reason) -> None:
    """Waits, and says so of a voucher whose outcome is unknown; or ends what can't come to a good end."""
    log.warning("batch.put-off", reason=str(reason))
    unknown = await _unknown(desk)
    end, pause = final(reason), reasons.pause(reason, desk.timing)
    if isinstance(reason, Uncertain):
        await _wait_uncertain(desk, reason.pending, reason.next_try, reason.error)
    elif unknown is not None:
        error = pause.uncertain.error(reason=word_of(reason))
        await _wait_uncertain(desk, unknown, await _now(desk) + pause.patience, error)
    elif end is not None:
        await _end(desk, end)
    else:
        await _wait(desk, pause, word_of(reason))


async def give_up(job: Job[Command], sender: Sender, error: ProblemError) -> None:
    """Ends a batch that was attempted too often. What may be in Fortnox stays uncertain, and a new batch goes on."""
    async with sender.desk(job) as desk:
        await desk.begin()
        await _end(desk, error)


async def _wait_uncertain(desk: Desk, unknown: Pending, until: datetime, error: ProblemError) -> None:
    """Postpones for as long as it takes; tells of the uncertain voucher, once per cause."""
    code = error.problem.code
    async with desk.job.transaction() as connection:
        await desk.keep_calls(connection)
        uncertain = await Vouchers(connection).uncertain(desk.tenant, unknown.voucher_id, code)
        if not uncertain.told:
            await desk.job.say(connection, _uncertain(desk, unknown, uncertain.since, until, error))
    await desk.job.postpone(until, code)


async def _wait(desk: Desk, pause: Pause, word: str) -> None:
    """Postpones, tells of it once per cause, and ends what has got nowhere for too long."""
    batch, trouble, longest = desk.command, pause.trouble, desk.timing.give_up_after
    async with desk.job.transaction() as connection:
        await desk.keep_calls(connection)
        wait = await Batches(connection).wait(batch.batch_id, trouble.code)
        gives_up_at = wait.since + longest
        until = min(wait.now + pause.patience, gives_up_at)
        if not wait.told and wait.now < gives_up_at:
            await desk.job.say(connection, _waiting(batch, trouble, until, gives_up_at))
    if wait.now < gives_up_at:
        await desk.job.postpone(until, trouble.code)
    else:
        await _end(desk, GAVE_UP_WAITING.error(hours=round(longest / timedelta(hours=1)), reason=word))


def _waiting(batch: VouchersApproved, trouble: Trouble, next_try: datetime, gives_up_at: datetime) -> VouchersWaiting:
    return VouchersWaiting(
        connection_id=batch.connection_id,
        batch_id=batch.batch_id,
        trouble=trouble,
        next_try=next_try,
        gives_up_at=gives_up_at,
    )


async def _end(desk: Desk, error: ProblemError) -> None:
    """Ends the batch: refused when nothing was begun, else what is left is rejected or uncertain, and all counted."""
    if not desk.batch.checked:
        await refuse(desk, error)
        return
    async with desk.sender.pool.acquire() as connection:
        left = await Vouchers(connection).pending(desk.command.batch_id)
    for pending in left:
        if pending.state is State.INTENDED:
            await _leave_uncertain(desk, pending)
        else:
            await refusals.settle(desk, pending, [wrong(error.problem, pending.voucher_id, **error.data)])
    await closing.finish(desk, [])


async def refuse(desk: Desk, error: ProblemError, not_corrected: Sequence[NotCorrected] = ()) -> None:
    """Ends what was not begun: nothing of it is in Fortnox."""
    batch = desk.command
    refused = VouchersRefused(
        connection_id=batch.connection_id,
        batch_id=batch.batch_id,
        trouble=Trouble.of(error),
        not_corrected=tuple(not_corrected),
    )
    async with desk.job.transaction() as connection:
        await desk.keep_calls(connection)
        await Batches(connection).end(batch.batch_id, refused.model_dump(mode="json"))
        await desk.job.complete_in(connection, refused)


async def _leave_uncertain(desk: Desk, unknown: Pending) -> None:
    error = UNCERTAIN_GAVE_UP.error(marker=unknown.marker)
    async with desk.job.transaction() as connection:
        uncertain = await Vouchers(connection).uncertain(desk.tenant, unknown.voucher_id, error.problem.code)
        await Batches(connection).settle(desk.command.batch_id, unknown.position, Outcome.UNCERTAIN)
        await desk.job.say(connection, _uncertain(desk, unknown, uncertain.since, None, error))


def _uncertain(
    desk: Desk, unknown: Pending, since: datetime, next_try: datetime | None, error: ProblemError
) -> VoucherUncertain:
    return VoucherUncertain(
        connection_id=desk.command.connection_id,
        batch_id=desk.command.batch_id,
        voucher_id=unknown.voucher_id,
        since=since,
        next_try=next_try,
        trouble=Trouble.of(error),
    )


async def _unknown(desk: Desk) -> Pending | None:
    """The first of the batch's vouchers that may be in Fortnox. Several can be, left so by batches before it."""
    async with desk.sender.pool.acquire() as connection:
        pending = await Vouchers(connection).pending(desk.command.batch_id)
    return next((one for one in pending if one.state is State.INTENDED), None)


async def _now(desk: Desk) -> datetime:
    async with desk.sender.pool.acquire() as connection:
        return await Vouchers(connection).clock()
