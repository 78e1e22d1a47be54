"""Vouchers that are not booked, and how it is told: what Fortnox refused becomes the check's own findings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from common.database import Connection
from common.events import Trouble, VoucherDuplicated, VoucherRejected
from common.events.voucher_batches import VouchersApproved
from common.events.vouchers import BookedAs, Finding, Severity
from fortnox import Code, PeriodLocked, Refused, Voucher
from voucher_sender import checks, registers, telemetry
from voucher_sender import findings as words
from voucher_sender.earlier import Known
from voucher_sender.findings import wrong
from voucher_sender.problems import DUPLICATED, STOPPED
from voucher_sender.registers import Reading
from voucher_sender.repository import Batches, Outcome, Pending, Vouchers
from voucher_sender.sender import Desk

log = structlog.get_logger()

ACCOUNT_CODES = frozenset({Code.ACCOUNT_NOT_FOUND, Code.ACCOUNT_NOT_FOUND_AGAIN, Code.ACCOUNT_NOT_ACTIVE})


async def reject(desk: Desk, pending: Pending, refused: Refused) -> None:
    """A voucher that Fortnox refused although it passed the check."""
    log.warning("voucher.refused", **refused.details())
    if isinstance(refused, PeriodLocked):
        locked_until = await registers.locked_until(desk.fortnox)  # it may have been locked a second ago
        desk.batch = replace(desk.batch, locked_until=locked_until or desk.batch.locked_until)
        await reject_locked(desk, pending)
    else:
        await settle(desk, pending, await _explain(desk, pending, refused), proven_absent=True)


async def reject_locked(desk: Desk, pending: Pending) -> None:
    """A voucher in a period that turned out to be locked for the series."""
    until = desk.batch.locked_until or desk.approved(pending.position).date
    data: dict[str, Any] = {"locked_until": until, "series": desk.command.series}
    await settle(desk, pending, [wrong(words.SERIES_LOCKED, pending.voucher_id, **data)], proven_absent=True)


async def stop(desk: Desk, pending: Pending) -> None:
    """A voucher that is not sent since an earlier one was refused."""
    await settle(desk, pending, [wrong(STOPPED, pending.voucher_id)], proven_absent=True)


async def settle(desk: Desk, pending: Pending, found: Sequence[Finding], *, proven_absent: bool = False) -> None:
    """Keeps that the voucher is rejected and tells why, in one transaction."""
    batch = desk.command
    async with desk.transaction() as connection:
        await Vouchers(connection).rejected(desk.tenant, pending.voucher_id, proven_absent=proven_absent)
        await Batches(connection).settle(
            batch.batch_id, pending.position, Outcome.REJECTED, [one.model_dump(mode="json") for one in found]
        )
        await desk.keep_calls(connection)
        await desk.job.save_in(connection, {"settled": pending.position})
        await desk.job.say(
            connection,
            VoucherRejected(
                connection_id=batch.connection_id,
                batch_id=batch.batch_id,
                voucher_id=pending.voucher_id,
                findings=tuple(found),
            ),
        )
    telemetry.VOUCHERS.labels(Outcome.REJECTED).inc()


async def duplicate(desk: Desk, pending: Pending, found: Sequence[Voucher]) -> None:
    """A voucher that is in Fortnox more than once: a person decides, and nothing more is sent for it."""
    places = [(one.voucher_series, one.voucher_number, one.year) for one in found]
    async with desk.transaction() as connection:
        await Batches(connection).settle(desk.command.batch_id, pending.position, Outcome.UNCERTAIN)
        await desk.keep_calls(connection)
        await note_double(desk, connection, pending.voucher_id, pending.marker, places)
    telemetry.VOUCHERS.labels(Outcome.UNCERTAIN).inc()


async def note_double(
    desk: Desk, connection: Connection, voucher_id: str, marker: str, places: Sequence[tuple[str, int, int]]
) -> None:
    """Keeps that a person must decide, also where there is a receipt: that stays true. Tells the places.

    Places are series, number and Fortnox's id of the year.
    """
    log.error("voucher.duplicated", places=places)
    telemetry.DUPLICATED.inc()
    found = tuple(BookedAs(series=series, number=number, financial_year=year) for series, number, year in places)
    written = ", ".join(f"{one.series} {one.number}" for one in found)
    told = VoucherDuplicated(
        connection_id=desk.command.connection_id,
        batch_id=desk.command.batch_id,
        voucher_id=voucher_id,
        found=found,
        trouble=Trouble.of(DUPLICATED.error(places=written, marker=marker)),
    )
    await Vouchers(connection).duplicated(desk.tenant, voucher_id, [one.model_dump() for one in found])
    await desk.job.say(connection, told)


async def _explain(desk: Desk, pending: Pending, refused: Refused) -> list[Finding]:
    """What has changed since the check: it is made again for this voucher, by what was read when the one before was
    refused, then from fresh registers. Where these show nothing, Fortnox's own code must do.
    """
    batch = desk.command.model_copy(update={"vouchers": (desk.approved(pending.position),)})
    reading = Reading(desk, batch, with_books=False)
    while True:
        found = checks.run(batch, await reading.registers(), Known(batch.batch_id))[0].findings
        errors = [one for one in found if one.severity is Severity.ERROR]
        if errors or not reading.from_memory:
            return errors or [by_code(batch, refused.code)]
        reading.insist()


def by_code(batch: VouchersApproved, code: int | None) -> Finding:
    """What Fortnox's error number says (Fortnox fact 6.4)."""
    (voucher,) = batch.vouchers
    if code in ACCOUNT_CODES:
        accounts = ", ".join(str(account) for account in sorted({row.account for row in voucher.rows}))
        return wrong(words.ACCOUNT_REFUSED, voucher.voucher_id, accounts=accounts, code=code)
    if code == Code.CHARACTERS_NOT_ALLOWED:
        return wrong(words.CHARACTERS_REFUSED, voucher.voucher_id, code=code)
    if code == Code.DATE_OUTSIDE_YEAR:
        return wrong(words.DATE_OUTSIDE_YEAR, voucher.voucher_id, date=voucher.date, year=batch.financial_year)
    return wrong(words.REFUSED_BY_FORTNOX, voucher.voucher_id, code="–" if code is None else code)
