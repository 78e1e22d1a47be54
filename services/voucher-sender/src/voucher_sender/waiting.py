"""What happens to a batch that can't go on now: it waits without a worker, or it ends with the reason."""

from datetime import datetime, timedelta

import structlog

from common.events import Trouble, VouchersApproved, VouchersRefused, VoucherUncertain
from common.jobs import Job
from common.leases import ConnectorAway, LeaseRefused
from common.problems import Problem, ProblemError
from fortnox import FortnoxError, NotAllowed, TokenRefused, TryLater, UnreadableAnswer
from voucher_sender import closing, refusals
from voucher_sender.findings import wrong
from voucher_sender.problems import NOT_ALLOWED, UNCERTAIN_AWAY, UNCERTAIN_GAVE_UP, UNCERTAIN_LOST, UNKNOWN_CONNECTION
from voucher_sender.repository import Batches, Outcome, Pending, State, Vouchers
from voucher_sender.resolve import Uncertain
from voucher_sender.right import RightTaken
from voucher_sender.sender import Desk, Sender

log = structlog.get_logger()

REASONS = (
    Uncertain,
    RightTaken,
    LeaseRefused,
    ConnectorAway,
    TryLater,
    TokenRefused,
    NotAllowed,
    UnreadableAnswer,
    ProblemError,
)
"""What a batch can meet on its way that is no fault of ours."""

Reason = (
    Uncertain
    | RightTaken
    | LeaseRefused
    | ConnectorAway
    | TryLater
    | TokenRefused
    | NotAllowed
    | UnreadableAnswer
    | ProblemError
)

REMOVED = "connection.removed"  # the connector's code
RIGHT_TAKEN_FOR = timedelta(seconds=2)


async def put_off(desk: Desk, reason: Reason) -> None:
    """Waits, and says so of a voucher whose outcome is unknown; or ends what can't come to a good end."""
    log.warning("batch.put-off", reason=str(reason))
    unknown = await _unknown(desk)
    if isinstance(reason, Uncertain):
        await _wait(desk, reason.next_try, reason.error, reason.pending)
    elif unknown is None and isinstance(reason, NotAllowed):
        await _end(desk, NOT_ALLOWED.error(code=reason.code or "–"))
    elif unknown is None and isinstance(reason, ProblemError):
        await _end(desk, reason)
    elif unknown is None and isinstance(reason, LeaseRefused) and _gone(reason):
        await _end(desk, UNKNOWN_CONNECTION.error())
    else:
        problem, patience = _passing(desk, reason)
        await _wait(desk, await _now(desk) + patience, problem.error(reason=_word(reason)), unknown)


async def give_up(job: Job[VouchersApproved], sender: Sender, error: ProblemError) -> None:
    """Ends a batch that was attempted too often. What may be in Fortnox stays uncertain, and a new batch goes on."""
    async with sender.desk(job) as desk:
        await desk.begin()
        unknown = await _unknown(desk)
        if unknown is not None:
            await _leave_uncertain(desk, unknown)
        await _end(desk, error)


async def _wait(desk: Desk, until: datetime, error: ProblemError, unknown: Pending | None) -> None:
    """Postpones; tells of the uncertain voucher when that is new, or its reason is."""
    told: list[VoucherUncertain] = []
    async with desk.job.transaction() as connection:
        await desk.keep_calls(connection)
        if unknown is not None and unknown.uncertain_code != error.problem.code:
            since = await Vouchers(connection).uncertain(desk.tenant, unknown.voucher_id, error.problem.code)
            told.append(_uncertain(desk, unknown, since, until, error))
        await desk.job.say(connection, *told)
    await desk.job.postpone(until, error.problem.code)


async def _end(desk: Desk, error: ProblemError) -> None:
    """Ends the batch: refused when nothing was begun, else what is left is rejected and the rest counted."""
    if not desk.batch.checked:
        await _refuse(desk, error)
        return
    async with desk.sender.pool.acquire() as connection:
        left = await Vouchers(connection).pending(desk.command.batch_id)
    for pending in left:
        finding = wrong(error.problem, pending.voucher_id, **error.data)
        await refusals.settle(desk, pending, [finding])
    await closing.finish(desk, [])


async def _refuse(desk: Desk, error: ProblemError) -> None:
    batch = desk.command
    refused = VouchersRefused(connection_id=batch.connection_id, batch_id=batch.batch_id, trouble=Trouble.of(error))
    async with desk.job.transaction() as connection:
        await desk.keep_calls(connection)
        await Batches(connection).end(batch.batch_id, refused.model_dump(mode="json"))
        await desk.job.complete_in(connection, refused)


async def _leave_uncertain(desk: Desk, unknown: Pending) -> None:
    error = UNCERTAIN_GAVE_UP.error(marker=unknown.marker)
    async with desk.job.transaction() as connection:
        since = await Vouchers(connection).uncertain(desk.tenant, unknown.voucher_id, error.problem.code)
        await Batches(connection).settle(desk.command.batch_id, unknown.position, Outcome.UNCERTAIN)
        await desk.job.say(connection, _uncertain(desk, unknown, since, None, error))


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
    """The batch's voucher that may be in Fortnox; one at most, since it holds back those after it."""
    async with desk.sender.pool.acquire() as connection:
        pending = await Vouchers(connection).pending(desk.command.batch_id)
    return next((one for one in pending if one.state is State.INTENDED), None)


async def _now(desk: Desk) -> datetime:
    async with desk.sender.pool.acquire() as connection:
        return await Vouchers(connection).clock()


def _gone(refused: LeaseRefused) -> bool:
    """Whether the connection will not come back by itself: it was removed, or never was."""
    return refused.status == 404 or refused.trouble.code == REMOVED


def _passing(desk: Desk, reason: Reason) -> tuple[Problem, timedelta]:
    """What to say of an uncertain voucher, and how long to wait."""
    if isinstance(reason, RightTaken):
        return UNCERTAIN_AWAY, RIGHT_TAKEN_FOR
    if isinstance(reason, LeaseRefused | NotAllowed | ProblemError):
        return UNCERTAIN_LOST, desk.timing.lost
    return UNCERTAIN_AWAY, desk.timing.away


def _word(reason: Reason) -> str:
    """A word for operators, without anything that was sent."""
    if isinstance(reason, LeaseRefused):
        return reason.trouble.code
    return str(reason) if isinstance(reason, FortnoxError) else type(reason).__name__
