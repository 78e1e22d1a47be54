"""The end of a batch: a last search for anything doubled, counts that add up, what is left to do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from common.events import Trouble, VouchersCompleted
from common.events.voucher_batches import Mode
from voucher_sender import findings, lookup, refusals
from voucher_sender.marker import markers_in
from voucher_sender.problems import AWAITING_APPROVAL, CARRY_BALANCES, NOT_AS_BOOKED
from voucher_sender.repository import Batch, Batches, Sent, Tally, Vouchers
from voucher_sender.sender import Desk

log = structlog.get_logger()

Place = tuple[str, int, int]
"""Series, number and Fortnox's id of the year."""


@dataclass(frozen=True)
class Double:
    """A voucher that was found more than once."""

    voucher_id: str
    marker: str
    places: Sequence[Place]


async def something_is_left(desk: Desk) -> bool:
    """Whether a voucher that passed has no outcome yet."""
    async with desk.sender.pool.acquire() as connection:
        return bool(await Vouchers(connection).pending(desk.command.batch_id))


async def close(desk: Desk) -> None:
    """Ends a batch whose vouchers all have their outcome."""
    await finish(desk, await _search_for_doubles(desk) if desk.command.mode is Mode.BOOK else [])


async def finish(desk: Desk, doubles: Sequence[Double]) -> None:
    """Counts, tells and ends."""
    async with desk.transaction() as connection:
        for one in doubles:
            await refusals.note_double(desk, connection, one.voucher_id, one.marker, one.places)
        await desk.keep_calls(connection)
        tally = await Batches(connection).tally(desk.command.batch_id, findings.CONTRARY_CODES)
        told = completed(desk.command.connection_id, desk.batch, tally)
        await Batches(connection).end(desk.command.batch_id, told.model_dump(mode="json"))
        await desk.job.complete_in(connection, told)
    log.info("batch.completed", **told.model_dump(include={"booked", "already_booked", "rejected", "uncertain"}))


def completed(connection_id: UUID, batch: Batch, tally: Tally) -> VouchersCompleted:
    """How a batch that was checked has ended."""
    booked = tally.booked + tally.already_booked
    in_check = batch.mode is Mode.CHECK
    left = [NOT_AS_BOOKED.error(vouchers=tally.not_as_booked)] if tally.not_as_booked else []
    left += [AWAITING_APPROVAL.error(vouchers=tally.awaiting_approval)] if tally.awaiting_approval else []
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
        not_as_booked=tally.not_as_booked,
        left_to_do=tuple(Trouble.of(one) for one in left),
        calls=tally.calls,
        seconds=round(tally.seconds, 3),
    )


async def _search_for_doubles(desk: Desk) -> list[Double]:
    """The last net: what the batch sent must carry its marker once. What was sent twice has time to show first."""
    async with desk.sender.pool.acquire() as connection:
        sent = await Vouchers(connection).sent(desk.command.batch_id)
        above = await Vouchers(connection).lowest_intent(desk.command.batch_id)
        repeated_at = await Vouchers(connection).last_repeat(desk.command.batch_id)
        now = await Vouchers(connection).clock()
    if not sent:
        return []
    if repeated_at is not None:
        await desk.clock.sleep((repeated_at + desk.timing.settling - now).total_seconds())
    found = await _places(desk, sent, above)
    return [Double(one.voucher_id, one.marker, sorted(found[one.marker])) for one in sent if len(found[one.marker]) > 1]


async def _places(desk: Desk, sent: Sequence[Sent], above: int) -> defaultdict[str, set[Place]]:
    """Where each marker is: by the receipts, and by all that the series holds since the first was sent.

    Where the list shows no markers, single vouchers are read, except those that the receipts explain.
    """
    series, year = desk.command.series, desk.financial_year
    found: defaultdict[str, set[Place]] = defaultdict(set)
    for one in sent:
        if one.series is not None and one.number is not None and one.financial_year is not None:
            found[one.marker].add((one.series, one.number, one.financial_year))
    shelf = await lookup.read(desk.fortnox, series, year, down_to=above - lookup.MAY_COME_AGAIN)
    explained = {number for places in found.values() for code, number, of in places if (code, of) == (series, year)}
    suspects = shelf.suspects(lookup.like(desk.command.vouchers), above)
    unread = [number for number in suspects if number not in explained]
    for seen in (*shelf.items, *await lookup.read_singly(desk.fortnox, shelf, unread)):
        for marker in markers_in(seen.comments):
            found[marker].add((series, seen.voucher_number, year))
    return found
