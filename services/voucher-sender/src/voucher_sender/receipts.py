"""The receipt of a voucher: made from what Fortnox has, kept once, told as often as it is asked for."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from common.events import FinancialYear, VoucherBooked, VoucherDiffers
from common.events.envelope import EventData
from common.events.vouchers import BookedAs, FortnoxLink, Standing
from fortnox import Voucher
from voucher_sender import telemetry
from voucher_sender.content import booked_lines, differences, rows_hash
from voucher_sender.repository import Batches, Outcome, Pending, Receipt, Receipts, Vouchers
from voucher_sender.sender import Desk

ORE = Decimal("0.01")


class Told(Protocol):
    """The batch that is told of a receipt."""

    @property
    def connection_id(self) -> UUID: ...

    @property
    def batch_id(self) -> UUID: ...


async def keep(desk: Desk, pending: Pending, booked: Voucher, outcome: Outcome) -> Receipt:
    """Writes the receipt and tells of it, in one transaction."""
    told = differs(desk, pending, booked)
    async with desk.transaction() as connection:
        at = await Vouchers(connection).booked(desk.tenant, pending.voucher_id)
        receipt = await Receipts(connection).write(make(desk, pending, booked, at, told))
        await Batches(connection).settle(desk.command.batch_id, pending.position, outcome, calls=desk.calls_to_keep())
        await desk.job.save_in(connection, {"settled": pending.position})
        await desk.job.say(connection, *events(desk.command, receipt))
    telemetry.VOUCHERS.labels(outcome).inc()
    if told:
        telemetry.DIFFERING.inc()
    return receipt


def differs(desk: Desk, pending: Pending, booked: Voucher) -> tuple[str, ...]:
    """How what Fortnox has booked differs from what was approved and sent."""
    year = pending.financial_year if pending.financial_year is not None else desk.financial_year
    series = pending.series if pending.series is not None else desk.command.series
    return differences(desk.approved(pending.position), series, year, booked)


def make(desk: Desk, pending: Pending, booked: Voucher, at: datetime, told: tuple[str, ...]) -> Receipt:
    """A receipt of the voucher as Fortnox returned it."""
    batch = desk.command
    year = batch.financial_year if booked.year == desk.financial_year else None
    return of(
        booked, year, desk.tenant, pending.voucher_id, marker=pending.marker, batch_id=batch.batch_id, at=at, told=told
    )


def of(
    booked: Voucher,
    year: FinancialYear | None,
    tenant: int,
    voucher_id: str,
    *,
    marker: str,
    batch_id: UUID,
    at: datetime,
    told: tuple[str, ...],
    decided: bool = False,
) -> Receipt:
    """What Fortnox has, as the receipt of a voucher."""
    lines = booked_lines(booked)
    return Receipt(
        tenant=tenant,
        voucher_id=voucher_id,
        series=booked.voucher_series,
        number=booked.voucher_number,
        financial_year=booked.year,
        voucher_date=booked.transaction_date,
        booked_at=at,
        approval_state=booked.approval_state,
        rows_hash=rows_hash(lines),
        total=sum((line.amount for line in lines if line.amount > 0), start=Decimal(0)).quantize(ORE),
        marker=marker,
        differences=list(told),
        batch_id=batch_id,
        lines=[str(line) for line in lines],
        year_from=year.from_date if year else None,
        year_to=year.to_date if year else None,
        decided=decided,
    )


def events(batch: Told, receipt: Receipt, standing: Standing = Standing.AS_BOOKED) -> list[EventData]:
    """The receipt as this batch is told of it, and how the voucher differs from what was approved, if it does.

    `standing` is how Fortnox has it now, where it is an old receipt.
    """
    told: list[EventData] = [
        VoucherBooked(
            connection_id=batch.connection_id,
            batch_id=batch.batch_id,
            voucher_id=receipt.voucher_id,
            series=receipt.series,
            number=receipt.number,
            financial_year=receipt.financial_year,
            voucher_date=receipt.voucher_date,
            sent_date=receipt.sent_at,
            booked_date=receipt.booked_at,
            approval_state=receipt.approval_state,
            rows_hash=receipt.rows_hash,
            total=receipt.total,
            marker=receipt.marker,
            awaiting_approval=receipt.awaiting_approval,
            link=link(receipt),
            decided=receipt.decided,
            corrects=receipt.corrects,
            standing=standing,
        )
    ]
    if receipt.differences:
        told.append(
            VoucherDiffers(
                connection_id=batch.connection_id,
                batch_id=batch.batch_id,
                voucher_id=receipt.voucher_id,
                booked=BookedAs(series=receipt.series, number=receipt.number, financial_year=receipt.financial_year),
                differences=tuple(receipt.differences),
            )
        )
    return told


def link(receipt: Receipt) -> FortnoxLink:
    if receipt.year_from is None or receipt.year_to is None:
        return FortnoxLink(path=receipt.path)
    return FortnoxLink(path=receipt.path, year=FinancialYear(from_date=receipt.year_from, to_date=receipt.year_to))
