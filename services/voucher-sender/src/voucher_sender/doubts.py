"""A voucher of unknown outcome whose batch is not at work on it: its receipt, and what its batch is told.

A person decides so, or another batch of its series finds it.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from common.database import Connection
from common.events import EventData, FinancialYear, VouchersApproved, VouchersCorrectionRequested
from common.events.envelope import Event, new_event
from common.events.voucher_batches import ApprovedVoucher
from common.jobs.store import load
from fortnox import Voucher
from voucher_sender import content, receipts, telemetry
from voucher_sender.marker import markers_in
from voucher_sender.repository import MARKER_DIFFERS, Decisions, Doubt, Outcome, Pending, Receipts, Vouchers
from voucher_sender.sender import Desk

COMMANDS = {one.TYPE: one for one in (VouchersApproved, VouchersCorrectionRequested)}


async def receipt_found(desk: Desk, connection: Connection, pending: Pending, found: Sequence[Voucher]) -> bool:
    """Gives a voucher that an ended batch left uncertain, and that another has found, its receipt, and tells it.

    False where that is not this batch's affair: its own batch goes on with it, or a person must say which one counts.
    """
    decisions = Decisions(connection)
    doubt = await decisions.left_uncertain(desk.tenant, pending.voucher_id)
    if doubt is None or len(found) != 1 or doubt.intended_at != pending.intended_at or not await decisions.hold(doubt):
        return False
    differing = await differences(connection, doubt, found[0])
    told = await receipt(connection, doubt, found[0], differing, decided=False)
    because, now = await cause(decisions, doubt), desk.clock.now()
    source = desk.job.source
    await desk.job.outbox.add(connection, *(new_event(one, source=source, time=now, cause=because) for one in told))
    telemetry.VOUCHERS.labels(Outcome.BOOKED).inc()
    telemetry.DIFFERING.inc(bool(differing))
    return True


async def differences(session: Connection, doubt: Doubt, booked: Voucher) -> tuple[str, ...]:
    """How what Fortnox has differs from what was approved, and what else speaks against it."""
    told = []
    if doubt.marker not in markers_in(booked.comments):
        told.append(f"{MARKER_DIFFERS}{doubt.marker} → saknas")
    approved = await Decisions(session).approved(doubt.batch_id, doubt.voucher_id)
    if approved is None:
        told.append("det som godkändes finns inte kvar att jämföra med")
    else:
        year = doubt.financial_year if doubt.financial_year is not None else booked.year
        series = doubt.series if doubt.series is not None else booked.voucher_series
        told += content.differences(ApprovedVoucher.model_validate(approved), series, year, booked)
    return tuple(told)


async def receipt(
    session: Connection, doubt: Doubt, booked: Voucher, told: tuple[str, ...], *, decided: bool
) -> Sequence[EventData]:
    """Writes the receipt of the voucher that counts; returns what tells its batch. `told`: how it differs."""
    year = None
    if doubt.year_from and doubt.year_to and booked.year == doubt.batch_year:
        year = FinancialYear(from_date=doubt.year_from, to_date=doubt.year_to)
    made = receipts.of(
        booked,
        year,
        doubt.tenant,
        doubt.voucher_id,
        marker=doubt.marker,
        batch_id=doubt.batch_id,
        at=await Vouchers(session).clock(),
        told=told,
        decided=decided,
    )
    written = await Receipts(session).write(made)
    await Vouchers(session).booked(doubt.tenant, doubt.voucher_id)
    await Decisions(session).settle(doubt, Outcome.BOOKED, [])
    return receipts.events(_Told(doubt.told_to, doubt.batch_id), written)


async def cause(decisions: Decisions, doubt: Doubt) -> Event[EventData] | None:
    """The command that began it all, as long as its job is kept and can be read: batches end because it can't be."""
    with contextlib.suppress(KeyError, ValidationError):
        command = await decisions.command(doubt.batch_id)
        return load(command, COMMANDS) if command else None  # type: ignore[arg-type]
    return None


@dataclass(frozen=True)
class _Told:
    connection_id: UUID
    batch_id: UUID
