"""All that can be known of a batch without booking it: functions of batch, registers and what we booked before."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from common.events.voucher_batches import ApprovedVoucher, VouchersApproved
from common.events.vouchers import Finding, Severity
from voucher_sender import findings as words
from voucher_sender.content import DESCRIPTION_LENGTH, content_hash, tidy
from voucher_sender.findings import doubtful, wrong
from voucher_sender.marker import markers_in
from voucher_sender.problems import NO_SERIES, NO_YEAR, SERIES_NOT_MANUAL
from voucher_sender.registers import Registers
from voucher_sender.repository import KnownVoucher, State
from voucher_sender.row_checks import LARGEST, check_row, check_text, kronor


@dataclass(frozen=True)
class Known:
    """What we know from before: vouchers with the batch's ids, and whether the series is subject to the lock."""

    batch_id: UUID
    vouchers: Mapping[str, KnownVoucher] = field(default_factory=dict)
    markers: Mapping[str, str] = field(default_factory=dict)
    """By voucher_id."""
    series_is_lockable: bool | None = None
    """None: not known; Fortnox tells it only by refusing (Fortnox fact 5.8)."""


@dataclass(frozen=True)
class Checked:
    """A voucher and what was found in it."""

    voucher: ApprovedVoucher
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


def run(batch: VouchersApproved, registers: Registers, known: Known) -> list[Checked]:
    """All findings at once, voucher by voucher in the batch's order."""
    times = Counter(voucher.voucher_id for voucher in batch.vouchers)
    return [Checked(one, tuple(_check(one, batch, registers, known, times[one.voucher_id]))) for one in batch.vouchers]


def _check(
    voucher: ApprovedVoucher, batch: VouchersApproved, registers: Registers, known: Known, times: int
) -> Iterator[Finding]:
    if times > 1:
        yield wrong(words.REPEATED_ID, voucher.voucher_id, times=times)
    yield from _history(voucher, registers, known)
    yield from _place(voucher.voucher_id, batch, registers)
    yield from _date(voucher, batch, registers, known)
    yield from _text(voucher)
    yield from _rows(voucher)
    for number, row in enumerate(voucher.rows, start=1):
        yield from check_row(voucher, number, row, registers)
    if known.vouchers.get(voucher.voucher_id) is None:
        yield from _look_alikes(voucher, registers)


def _history(voucher: ApprovedVoucher, registers: Registers, known: Known) -> Iterator[Finding]:
    """What became of this voucher_id before."""
    before = known.vouchers.get(voucher.voucher_id)
    if before is None:
        yield from _forgotten(voucher.voucher_id, registers, known)
        return
    same = before.content_hash == content_hash(voucher)
    if before.state is State.BOOKED:
        yield from _booked_before(voucher.voucher_id, before, registers, same=same)
    elif before.state is State.DUPLICATED:
        yield wrong(words.NEEDS_DECISION, voucher.voucher_id)
    elif before.batch_id != known.batch_id and not before.batch_ended and before.state is not State.REJECTED:
        yield wrong(words.IN_PROGRESS, voucher.voucher_id, batch=before.batch_id)
    elif before.state is State.INTENDED and not same:
        yield wrong(words.CHANGED_WHILE_UNCERTAIN, voucher.voucher_id)


def _forgotten(voucher_id: str, registers: Registers, known: Known) -> Iterator[Finding]:
    """In Fortnox with our marker, though not in our database, which may have been restored from a copy."""
    marker = known.markers.get(voucher_id)
    if registers.shelf is not None and marker is not None:
        for number in registers.shelf.marked(marker):
            yield doubtful(words.ALREADY_BOOKED, voucher_id, place=f"{registers.shelf.series} {number}")


def _booked_before(voucher_id: str, before: KnownVoucher, registers: Registers, *, same: bool) -> Iterator[Finding]:
    if not same:
        yield wrong(words.CHANGED_SINCE_BOOKED, voucher_id, place=before.place)
        return
    yield doubtful(words.ALREADY_BOOKED, voucher_id, place=before.place)
    shelf = registers.shelf
    if shelf is None or not shelf.shows_markers:
        return
    same_place = (before.series, before.financial_year) == (shelf.series, shelf.financial_year)
    if same_place and before.number not in shelf.marked(before.marker):
        yield doubtful(words.GONE_FROM_FORTNOX, voucher_id, place=before.place)


def _place(voucher_id: str, batch: VouchersApproved, registers: Registers) -> Iterator[Finding]:
    """Whether year and series are there."""
    if registers.year is None:
        years = ", ".join(f"{year.from_date}–{year.to_date}" for year in registers.years) or "–"
        yield wrong(NO_YEAR, voucher_id, year=batch.financial_year, years=years)
        return
    usable = ", ".join(registers.usable_series) or "–"
    if batch.series not in registers.series:
        yield wrong(NO_SERIES, voucher_id, series=batch.series, usable=usable)
    elif not registers.series[batch.series].manual:
        yield wrong(SERIES_NOT_MANUAL, voucher_id, series=batch.series, usable=usable)


def _date(voucher: ApprovedVoucher, batch: VouchersApproved, registers: Registers, known: Known) -> Iterator[Finding]:
    if voucher.date not in batch.financial_year:
        yield wrong(words.DATE_OUTSIDE_YEAR, voucher.voucher_id, date=voucher.date, year=batch.financial_year)
    if not locked(voucher.date, registers.locked_until) or known.series_is_lockable is False:
        return
    data: dict[str, Any] = {"locked_until": registers.locked_until, "series": batch.series}
    if known.series_is_lockable:
        yield wrong(words.SERIES_LOCKED, voucher.voucher_id, **data)
    else:
        yield doubtful(words.DATE_LOCKED, voucher.voucher_id, **data)


def locked(day: date, locked_until: date | None) -> bool:
    """Whether a day lies in the period that is locked for all but an exempt series."""
    return locked_until is not None and day <= locked_until


def _text(voucher: ApprovedVoucher) -> Iterator[Finding]:
    if not tidy(voucher.description):
        yield wrong(words.NO_TEXT, voucher.voucher_id)
        return
    yield from check_text(voucher.voucher_id, None, voucher.description, DESCRIPTION_LENGTH)


def _rows(voucher: ApprovedVoucher) -> Iterator[Finding]:
    if len(voucher.rows) < 2:
        yield wrong(words.TOO_FEW_ROWS, voucher.voucher_id, rows=len(voucher.rows))
    if any(abs(amount) >= LARGEST for row in voucher.rows for amount in (row.debit, row.credit) if amount):
        return  # told with the row
    debit = _total(row.debit for row in voucher.rows)
    credit = _total(row.credit for row in voucher.rows)
    if debit != credit:
        difference = kronor(abs(debit - credit))
        yield wrong(
            words.UNBALANCED, voucher.voucher_id, debit=kronor(debit), credit=kronor(credit), difference=difference
        )


def _look_alikes(voucher: ApprovedVoucher, registers: Registers) -> Iterator[Finding]:
    """The list has no rows, so date and text must do; what carries a marker of ours is no stranger."""
    if registers.shelf is None:
        return
    for item in registers.shelf.items:
        if item.transaction_date == voucher.date and (item.description or "") == tidy(voucher.description):
            if markers_in(item.comments):
                continue
            place = f"{item.voucher_series} {item.voucher_number}"
            yield doubtful(words.LOOKS_THE_SAME, voucher.voucher_id, place=place)


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), start=Decimal(0))
