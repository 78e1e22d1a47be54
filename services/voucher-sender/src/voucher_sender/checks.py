"""All that can be known of a batch without booking it: functions of batch, registers and what we booked before."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from common.events.types import FinancialYear
from common.events.voucher_batches import ApprovedVoucher, VouchersApproved
from common.events.vouchers import Finding, Severity
from voucher_sender import findings as words
from voucher_sender.content import DESCRIPTION_LENGTH, tidy
from voucher_sender.earlier import Known, history, look_alikes, undeclared
from voucher_sender.findings import doubtful, wrong
from voucher_sender.problems import DIFFERENT_YEAR, NO_SERIES, NO_YEAR, SERIES_NOT_MANUAL
from voucher_sender.registers import Registers
from voucher_sender.row_checks import LARGEST, check_row, check_text, kronor


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
    checked = [
        Checked(one, tuple(_check(one, batch, registers, known, times[one.voucher_id]))) for one in batch.vouchers
    ]
    return checked if known.books is not None or registers.year is None else _not_compared(checked, registers)


def _check(
    voucher: ApprovedVoucher, batch: VouchersApproved, registers: Registers, known: Known, times: int
) -> Iterator[Finding]:
    if times > 1:
        yield wrong(words.REPEATED_ID, voucher.voucher_id, times=times)
    yield from history(voucher, batch.series, registers.year.id if registers.year else None, known)
    yield from _place(voucher.voucher_id, batch, registers)
    yield from _date(voucher, batch, registers, known)
    yield from _text(voucher)
    yield from _rows(voucher)
    for number, row in enumerate(voucher.rows, start=1):
        yield from check_row(voucher, number, row, registers)
    yield from undeclared(voucher, registers, known)
    yield from look_alikes(voucher, known)


def _place(voucher_id: str, batch: VouchersApproved, registers: Registers) -> Iterator[Finding]:
    """Whether year and series are there."""
    if registers.year is None:
        yield _no_year(voucher_id, batch.financial_year, registers)
        return
    usable = ", ".join(registers.usable_series) or "–"
    if batch.series not in registers.series:
        yield wrong(NO_SERIES, voucher_id, series=batch.series, usable=usable)
    elif not registers.series[batch.series].manual:
        yield wrong(SERIES_NOT_MANUAL, voucher_id, series=batch.series, usable=usable)


def _no_year(voucher_id: str, wanted: FinancialYear, registers: Registers) -> Finding:
    """Fortnox has other first and last days, or no such year at all."""
    for year in registers.years:
        if year.from_date <= wanted.to_date and wanted.from_date <= year.to_date:
            there = f"{year.from_date}–{year.to_date}"
            return wrong(DIFFERENT_YEAR, voucher_id, year=wanted, fortnox_year=there)
    years = ", ".join(f"{year.from_date}–{year.to_date}" for year in registers.years) or "–"
    return wrong(NO_YEAR, voucher_id, year=wanted, years=years)


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


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), start=Decimal(0))


def _not_compared(checked: list[Checked], registers: Registers) -> list[Checked]:
    """Said once, with the first voucher that could have been compared with the books."""
    for place, one in enumerate(checked):
        year = registers.year
        if year is not None and year.from_date <= one.voucher.date <= year.to_date:
            told = doubtful(words.NOT_COMPARED, one.voucher.voucher_id)
            return [*checked[:place], Checked(one.voucher, (*one.findings, told)), *checked[place + 1 :]]
    return checked
