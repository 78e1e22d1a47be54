"""An original, as our receipt has it and as Fortnox has it now: whether it is still what we booked."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from common.events.types import FinancialYear
from common.events.voucher_batches import ApprovedVoucher, VouchersCorrectionRequested
from common.events.vouchers import BookedAs, Finding, NotCorrected, OneSide
from fortnox import Voucher
from voucher_sender.content import booked_lines, rows_hash
from voucher_sender.correcting import words
from voucher_sender.correcting.correction import reverse
from voucher_sender.correcting.reversals import Entry, Place, rows
from voucher_sender.findings import NEEDS_DECISION, REPEATED_ID, wrong
from voucher_sender.marker import markers_in
from voucher_sender.repository import CorrectedBefore, Receipt, State
from voucher_sender.row_checks import kronor

MOST_CHANGES = 10  # told in a finding's text; both sides are told whole beside it


@dataclass(frozen=True)
class Reversal:
    """A voucher in Fortnox that has reversed an original."""

    place: BookedAs
    ours: bool
    """By its marker: booked by a correction that our database has forgotten, or in another place than is asked now."""


@dataclass(frozen=True)
class Original:
    """A voucher that is to be corrected, and all that is known of it."""

    voucher_id: str
    times: int
    """How often the request names it."""
    receipt: Receipt | None
    booked: Voucher | None
    """What Fortnox has by the receipt's number now."""
    before: CorrectedBefore | None

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All that stands in the way of its correction, as far as receipt, earlier corrections and it itself show."""
        return tuple(self._findings())

    @property
    def is_whole(self) -> bool:
        """Whether nothing does."""
        return not self.findings

    @property
    def entry(self) -> Entry:
        """Its place in the books; of one that is whole."""
        assert self.receipt is not None
        assert self.booked is not None
        return Entry(place_of(self.receipt), self.receipt.voucher_date, "", rows(booked_lines(self.booked)))

    def reversing(self, request: VouchersCorrectionRequested, year: FinancialYear | None) -> ApprovedVoucher:
        """The voucher that reverses it; `year` is its own, where the correction lies in another."""
        assert self.receipt is not None
        assert self.booked is not None
        return reverse(request, self.receipt, self.booked, year)

    def verdict(self, reversal: Reversal | None) -> NotCorrected:
        """With both sides; it can be corrected when there is no finding."""
        found = [*self.findings, *self._reversed(reversal)]
        before = self.before
        by = [reversal.place] if reversal else []
        if before is not None and before.state is State.BOOKED:
            by.append(BookedAs(series=before.series, number=before.number, financial_year=before.financial_year))
        return NotCorrected(
            voucher_id=self.voucher_id,
            findings=tuple(found),
            receipt=_by_receipt(self.receipt) if self.receipt else None,
            in_fortnox=_by_fortnox(self.booked) if self.booked else None,
            corrected_by=tuple(by),
        )

    def _findings(self) -> Iterator[Finding]:
        if self.times > 1:
            yield wrong(REPEATED_ID, self.voucher_id, times=self.times)
        if self.receipt is None:
            yield wrong(words.NOT_OURS, self.voucher_id, id=self.voucher_id)
            return
        if self.before is not None:
            yield from _corrected_before(self.receipt, self.before)
        yield from _in_fortnox(self.receipt, self.booked)

    def _reversed(self, reversal: Reversal | None) -> Iterator[Finding]:
        if reversal is not None:
            series, number, _ = self.entry.place
            problem = words.ALREADY_CORRECTED if reversal.ours else words.REVERSED_IN_FORTNOX
            by = written(reversal.place.series, reversal.place.number)
            yield wrong(problem, self.voucher_id, place=written(series, number), by=by)


def place_of(receipt: Receipt) -> Place:
    return receipt.series, receipt.number, receipt.financial_year


def _corrected_before(receipt: Receipt, before: CorrectedBefore) -> Iterator[Finding]:
    place = written(receipt.series, receipt.number)
    if before.state is State.BOOKED:
        by = written(before.series, before.number)
        yield wrong(words.ALREADY_CORRECTED, receipt.voucher_id, place=place, by=by)
    elif before.state is State.DUPLICATED:
        yield wrong(NEEDS_DECISION, receipt.voucher_id)
    elif not before.ended:
        correction = before.correction_id
        yield wrong(words.CORRECTION_IN_PROGRESS, receipt.voucher_id, place=place, correction=correction)


def _in_fortnox(receipt: Receipt, booked: Voucher | None) -> Iterator[Finding]:
    """Series and number alone prove nothing: a removed voucher's number comes again (Fortnox fact 5.8)."""
    place, receipted = written(receipt.series, receipt.number), f"{receipt.voucher_date}, {kronor(receipt.total)}"
    if booked is None:
        yield wrong(words.ORIGINAL_REMOVED, receipt.voucher_id, place=place, receipt=receipted)
    elif receipt.marker not in markers_in(booked.comments) and not receipt.decided:
        now = f"{booked.transaction_date}, {kronor(total_of(booked))}"
        yield wrong(words.ORIGINAL_REPLACED, receipt.voucher_id, place=place, receipt=receipted, fortnox=now)
    elif changes := _changes(receipt, booked):
        told = "; ".join([*changes[:MOST_CHANGES], *(["…"] if len(changes) > MOST_CHANGES else [])])
        yield wrong(words.ORIGINAL_CHANGED, receipt.voucher_id, place=place, changes=told)


def _changes(receipt: Receipt, booked: Voucher) -> list[str]:
    """What the receipt says → what Fortnox has; nothing when they are the same."""
    told = []
    if booked.transaction_date != receipt.voucher_date:
        told.append(f"datum: {receipt.voucher_date} → {booked.transaction_date}")
    lines = booked_lines(booked)
    if rows_hash(lines) == receipt.rows_hash:
        return told
    if not receipt.lines:  # kept before receipts had their rows
        return [*told, f"rader för {kronor(receipt.total)} → andra rader för {kronor(total_of(booked))}"]
    then, now = Counter(receipt.lines), Counter(str(line) for line in lines)
    told += [f"rad: {line} → saknas" for line in (then - now).elements()]
    return told + [f"rad: saknas → {line}" for line in (now - then).elements()]


def total_of(booked: Voucher) -> Decimal:
    """Sum of the debit side."""
    return sum((line.amount for line in booked_lines(booked) if line.amount > 0), start=Decimal("0.00"))


def written(series: str | None, number: int | None) -> str:
    return f"{series} {number}"


def _by_receipt(receipt: Receipt) -> OneSide:
    series, number, year = place_of(receipt)
    return OneSide(
        series=series,
        number=number,
        financial_year=year,
        voucher_date=receipt.voucher_date,
        total=receipt.total,
        rows_hash=receipt.rows_hash,
        rows=tuple(receipt.lines),
    )


def _by_fortnox(booked: Voucher) -> OneSide:
    lines = booked_lines(booked)
    return OneSide(
        series=booked.voucher_series,
        number=booked.voucher_number,
        financial_year=booked.year,
        voucher_date=booked.transaction_date,
        total=total_of(booked),
        rows_hash=rows_hash(lines),
        rows=tuple(str(line) for line in lines),
    )
