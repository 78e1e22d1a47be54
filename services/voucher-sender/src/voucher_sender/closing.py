"""The end of a batch: a last search for anything doubled, counts that add up, what is left to do."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import structlog

from common.events import Trouble, VouchersCompleted
from common.events.envelope import EventData
from common.events.voucher_batches import Mode
from fortnox import Voucher, VoucherListItem
from voucher_sender import lookup, refusals
from voucher_sender.marker import markers_in
from voucher_sender.problems import AWAITING_APPROVAL, CARRY_BALANCES
from voucher_sender.repository import Batch, Batches, Tally, Vouchers
from voucher_sender.sender import Desk

log = structlog.get_logger()


async def something_is_left(desk: Desk) -> bool:
    """Whether a voucher that passed has no outcome yet."""
    async with desk.sender.pool.acquire() as connection:
        return bool(await Vouchers(connection).pending(desk.command.batch_id))


async def close(desk: Desk) -> None:
    """Ends a batch whose vouchers all have their outcome."""
    doubles = await _search_for_doubles(desk) if desk.command.mode is Mode.BOOK else []
    await finish(desk, doubles)


async def finish(desk: Desk, more: Sequence[EventData]) -> None:
    """Counts, tells and ends."""
    async with desk.job.transaction() as connection:
        await desk.keep_calls(connection)
        tally = await Batches(connection).tally(desk.command.batch_id)
        told = completed(desk.command.connection_id, desk.batch, tally)
        await Batches(connection).end(desk.command.batch_id, told.model_dump(mode="json"))
        await desk.job.complete_in(connection, *more, told)
    log.info("batch.completed", **told.model_dump(include={"booked", "already_booked", "rejected", "uncertain"}))


def completed(connection_id: UUID, batch: Batch, tally: Tally) -> VouchersCompleted:
    """How a batch that was checked has ended."""
    booked = tally.booked + tally.already_booked
    in_check = batch.mode is Mode.CHECK
    left = [AWAITING_APPROVAL.error(vouchers=tally.awaiting_approval)] if tally.awaiting_approval else []
    if booked and batch.next_year:
        left.append(CARRY_BALANCES.error(next_year=batch.next_year))
    return VouchersCompleted(
        connection_id=connection_id,
        batch_id=batch.batch_id,
        mode=batch.mode,
        vouchers=tally.vouchers,
        passed=tally.passed,
        booked=tally.booked,
        already_booked=tally.already_booked,
        rejected=tally.vouchers - tally.passed if in_check else tally.rejected,
        uncertain=tally.uncertain,
        awaiting_approval=tally.awaiting_approval,
        left_to_do=tuple(Trouble.of(one) for one in left),
        calls=tally.calls,
        seconds=round(tally.seconds, 3),
    )


async def _search_for_doubles(desk: Desk) -> list[EventData]:
    """The last net: what the batch sent must carry its marker once. What was sent twice has time to show first."""
    async with desk.sender.pool.acquire() as connection:
        markers = await Vouchers(connection).markers(desk.command.batch_id)
        above = await Vouchers(connection).lowest_intent(desk.command.batch_id)
        repeated_at = await Vouchers(connection).last_repeat(desk.command.batch_id)
        now = await Vouchers(connection).clock()
    if not markers:
        return []
    if repeated_at is not None:
        await desk.clock.sleep((repeated_at + desk.timing.settling - now).total_seconds())
    found = await _numbers(desk, above)
    return [
        refusals.duplicated(
            desk, voucher_id, marker, [(desk.command.series, number, desk.financial_year) for number in found[marker]]
        )
        for marker, voucher_id in markers.items()
        if len(found[marker]) > 1
    ]


async def _numbers(desk: Desk, above: int) -> defaultdict[str, list[int]]:
    """The numbers that carry each marker: as the list shows them; where it shows none, as read singly from `above`."""
    shelf = await lookup.read(desk.fortnox, desk.command.series, desk.financial_year)
    seen: list[VoucherListItem] | list[Voucher] = list(shelf.items)
    if not shelf.shows_markers:
        numbers = sorted(one.voucher_number for one in shelf.items if one.voucher_number >= above)
        seen = await lookup.read_singly(desk.fortnox, shelf, numbers)
    found = defaultdict(list)
    for one in sorted(seen, key=lambda one: one.voucher_number):
        for marker in markers_in(one.comments):
            found[marker].append(one.voucher_number)
    return found
