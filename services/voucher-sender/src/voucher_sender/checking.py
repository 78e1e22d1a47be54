"""The check as a step of the batch: reads what it needs, decides what is to be booked, tells it all at once."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from decimal import Decimal

import structlog

from common.database import Connection
from common.events import VoucherChecked, VoucherRejected
from common.events.envelope import EventData
from common.events.voucher_batches import Mode, Policy
from voucher_sender import checks, earlier, look_alikes, marks, receipts
from voucher_sender.checks import Checked
from voucher_sender.content import content_hash
from voucher_sender.earlier import Known
from voucher_sender.findings import OF_REGISTERS, standing_of, wrong
from voucher_sender.look_alikes import Booked, Wanted
from voucher_sender.marker import marker_of
from voucher_sender.problems import OTHERS_FAILED
from voucher_sender.registers import Reading, Registers
from voucher_sender.repository import (
    Batch,
    Batches,
    Claimed,
    Entry,
    Outcome,
    Receipt,
    Receipts,
    SeriesLocks,
    State,
    Vouchers,
)
from voucher_sender.sender import Desk

log = structlog.get_logger()

MENDABLE = frozenset(problem.code for problem in OF_REGISTERS)


RECEIPTED = frozenset({State.BOOKED, State.DUPLICATED})
"""States in which a voucher can have its receipt; its content doesn't change any more."""


class ClaimLost(Exception):
    """Another batch took one of the vouchers in hand, or booked it, while this one was checked: check again."""


@dataclass(frozen=True)
class Case:
    """A batch with all that was found out about it."""

    tenant: int
    registers: Registers
    known: Known
    checked: list[Checked]


async def check(desk: Desk) -> None:
    """Checks all vouchers and keeps the result; those to be booked are then this batch's."""
    reading = Reading(desk, desk.command)
    while True:
        case = await _examine(desk, reading)
        if reading.from_memory and any(found.code in MENDABLE for one in case.checked for found in one.findings):
            reading.insist()
            continue
        with contextlib.suppress(ClaimLost):
            await _conclude(desk, case)
            return


async def _examine(desk: Desk, reading: Reading) -> Case:
    """Everything that can be known without booking. What may only be read beside the event loop is read there."""
    read = await reading.registers()
    tenant = desk.permits.tenant
    assert tenant is not None, "a call has been made"
    known = await _compared(desk, tenant, read, await _known(desk, tenant, read))
    return Case(tenant, read, known, await asyncio.to_thread(checks.run, desk.command, read, known))


async def _known(desk: Desk, tenant: int, read: Registers) -> Known:
    """What we know of the vouchers and of the series from before."""
    batch = desk.command
    ids = [voucher.voucher_id for voucher in batch.vouchers]
    async with desk.sender.pool.acquire() as connection:
        lockable = None
        if read.year is not None and read.locked_until is not None:
            lockable = await SeriesLocks(connection).lockable(
                tenant,
                read.year.id,
                batch.series,
                read.locked_until,
                exempt_for=desk.timing.lock_memory,
                refused_for=desk.timing.refusal_memory,
            )
        return Known(
            batch.batch_id,
            await Vouchers(connection).known(tenant, ids),
            {one: marker_of(desk.sender.client_id, tenant, one) for one in ids},
            lockable,
        )


async def _compared(desk: Desk, tenant: int, read: Registers, known: Known) -> Known:
    """Held against the books, and where only a marker can tell, against that."""
    if read.year is None:
        return known
    wanted = Wanted.of(desk.command.vouchers, earlier.places(known, read.year.id))
    if read.sie is not None:
        books = await asyncio.to_thread(look_alikes.read, read.sie, desk.command.financial_year, wanted)
        known = replace(known, books=books)
    found = known.books.everything_alike if known.books else frozenset()
    async with desk.sender.pool.acquire() as connection:
        ours = await Receipts(connection).at(tenant, read.year.id, [one.place for one in found]) if found else []
    unsure = [place for place in earlier.unsure(desk.command, read.year.id, known) if place[0] in read.series]
    days = {voucher.date for voucher in desk.command.vouchers}
    seen = await marks.look(desk.fortnox, read.year.id, unsure, days)
    receipted = {Booked(one.series, one.number, one.voucher_date, one.rows_hash): one.marked for one in ours}
    return replace(known, receipted=receipted, marks=seen)


async def _conclude(desk: Desk, case: Case) -> None:
    """Keeps and tells what was found. Raises ClaimLost."""
    async with desk.sender.pool.acquire() as connection:
        booked_before = await Receipts(connection).get(case.tenant, case.known.vouchers)
    if any(case.known.vouchers[one].state not in RECEIPTED for one in booked_before):
        raise ClaimLost  # booked meanwhile, and nobody has compared what with
    verdicts = await asyncio.to_thread(_verdicts, desk, case.checked, booked_before)
    wanted = await asyncio.to_thread(_wanted, desk, verdicts, case.known)
    async with desk.job.transaction() as connection:
        batch = _batch(desk, case.tenant, case.registers)
        await Batches(connection).keep_check(batch, [entry for entry, _ in verdicts])
        if desk.command.mode is Mode.BOOK:
            await _claim(desk, connection, case.tenant, wanted)
        await desk.keep_calls(connection)
        await desk.job.save_in(connection, {"checked": True})
        await desk.job.say(connection, *(event for _, events in verdicts for event in events))
        await desk.read_batch(connection)
    log.info("batch.checked", vouchers=len(case.checked), passed=sum(one.passed for one in case.checked))


Verdict = tuple[Entry, list[EventData]]


def _verdicts(desk: Desk, checked: list[Checked], booked_before: dict[str, Receipt]) -> list[Verdict]:
    """For each voucher what is kept of it and what is told."""
    all_or_nothing = desk.command.policy is Policy.ALL_OR_NOTHING and not all(one.passed for one in checked)
    return [
        _verdict(desk, position, one, booked_before.get(one.voucher.voucher_id), held_back=all_or_nothing)
        for position, one in enumerate(checked, start=1)
    ]


def _verdict(desk: Desk, position: int, one: Checked, receipt: Receipt | None, *, held_back: bool) -> Verdict:
    batch, voucher_id = desk.command, one.voucher.voucher_id
    about = {"connection_id": batch.connection_id, "batch_id": batch.batch_id, "voucher_id": voucher_id}
    events: list[EventData] = [VoucherChecked(**about, passed=one.passed, findings=one.findings)]
    found, outcome = one.findings, None
    if batch.mode is Mode.BOOK and not one.passed:
        outcome = Outcome.REJECTED
        events.append(VoucherRejected(**about, findings=found))
    elif batch.mode is Mode.BOOK and receipt is not None:
        outcome = Outcome.ALREADY_BOOKED
        events += receipts.events(batch, receipt, standing_of(found))
    elif batch.mode is Mode.BOOK and held_back:
        outcome = Outcome.REJECTED
        found = (*found, wrong(OTHERS_FAILED, voucher_id))
        events.append(VoucherRejected(**about, findings=found))
    dumped = [finding.model_dump(mode="json") for finding in found]
    total = sum((row.debit for row in one.voucher.rows if row.debit), start=Decimal(0))
    return Entry(position, voucher_id, one.passed, dumped, outcome, one.voucher.date, total), events


def _wanted(desk: Desk, verdicts: list[Verdict], known: Known) -> list[Claimed]:
    """What is to be booked."""
    return [
        Claimed(entry.voucher_id, content_hash(desk.approved(entry.position)), known.markers[entry.voucher_id])
        for entry, _ in verdicts
        if entry.outcome is None
    ]


async def _claim(desk: Desk, connection: Connection, tenant: int, wanted: list[Claimed]) -> None:
    """Takes it in hand. Raises ClaimLost."""
    taken = await Vouchers(connection).claim(tenant, desk.job.connection_id, desk.command.batch_id, wanted)
    if len(taken) != len(wanted):
        raise ClaimLost


def _batch(desk: Desk, tenant: int, read: Registers) -> Batch:
    following = read.next_year
    return Batch(
        batch_id=desk.command.batch_id,
        mode=desk.command.mode,
        tenant=tenant,
        financial_year=read.year.id if read.year else None,
        next_year=f"{following.from_date}–{following.to_date}" if following else None,
        locked_until=read.locked_until,
        checked=True,
    )
