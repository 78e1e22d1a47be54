"""An original, as our receipt has it and as Fortnox has it now: whether it is still what we booked."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from common.events.types import FinancialYear
from common.events.voucher_batches import ApprovedVoucher, VouchersCorrectionRequested
from common.events.vouchers import BookedAs, Finding, NotCorrected, OneSide
from common.problems import Problem
from fortnox import Voucher
from voucher_sender.content import booked_lines, rows_hash
from voucher_sender.correcting import words
from voucher_sender.correcting.correction import reverse, year_name
from voucher_sender.correcting.reversals import Entry, Place, net
from voucher_sender.findings import NEEDS_DECISION, REPEATED_ID, wrong
from voucher_sender.marker import markers_in
from voucher_sender.repository import CorrectedBefore, KnownVoucher, Receipt, State
from voucher_sender.row_checks import kronor

MOST_CHANGES = 10  # told in a finding's text; both sides are told whole beside it


@dataclass(frozen=True)
class Reversal:
    """A voucher in Fortnox that has reversed an original, or may have."""

    place: BookedAs
    name: str
    problem: Problem
    """How it stands in the way: booked by a correction of ours that our database has forgotten, or by a person."""


@dataclass(frozen=True)
class Original:
    """A voucher that is to be corrected, and all that is known of it."""

    voucher_id: str
    times: int
    """How often the request names it."""
    known: KnownVoucher | None
    receipt: Receipt | None
    booked: Voucher | None
    """What Fortnox has by the receipt's number now."""
    sharing: Mapping[str, bool]
    """Other vouchers whose receipts name the same place: by id, whether we reversed just what its own receipt says."""
    before: CorrectedBefore | None
    reversing: "Original | None" = None
    """What it was reversed by, which may have been reversed in turn."""

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
        of = self.receipt
        return Entry(place_of(of), of.voucher_date, "", net(booked_lines(self.booked)), of.rows_hash)

    def reversing_voucher(self, request: VouchersCorrectionRequested, year: FinancialYear | None) -> ApprovedVoucher:
        """The voucher that reverses it; `year` is its own, where the correction lies in another."""
        assert self.receipt is not None
        assert self.booked is not None
        return reverse(request, self.receipt, self.booked, year)

    def verdict(self, reversal: Reversal | None) -> NotCorrected:
        """With both sides; it can be corrected when there is no finding."""
        found = list(self.findings)
        by = [reversal.place] if reversal else []
        if reversal is not None:
            series, number, _ = self.entry.place
            found.append(wrong(reversal.problem, self.voucher_id, place=written(series, number), by=reversal.name))
        if self.reversing is not None and (receipt := self.reversing.receipt) is not None:
            by.append(BookedAs(series=receipt.series, number=receipt.number, financial_year=receipt.financial_year))
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
        doubled = self.known is not None and self.known.state is State.DUPLICATED
        if doubled:
            yield wrong(NEEDS_DECISION, self.voucher_id)
        if self.receipt is not None:
            if self.before is not None:
                yield from self._corrected_before(self.receipt, self.before)
            yield from self.in_fortnox(self.receipt)
        elif not doubled:
            problem = words.NOT_YET_KNOWN if _under_way(self.known) else words.NOT_OURS
            yield wrong(problem, self.voucher_id, id=self.voucher_id)

    def _corrected_before(self, receipt: Receipt, before: CorrectedBefore) -> Iterator[Finding]:
        place = written(receipt.series, receipt.number)
        if self.reversing is not None:
            yield self._corrected(receipt, self.reversing)
        elif before.state is State.DUPLICATED:
            yield wrong(words.CORRECTION_DOUBLED, receipt.voucher_id, place=place)
        elif not before.ended:
            correction = before.correction_id
            yield wrong(words.CORRECTION_IN_PROGRESS, receipt.voucher_id, place=place, correction=correction)

    def _corrected(self, receipt: Receipt, reversing: "Original") -> Finding:
        """By a voucher that still stands, that was reversed in turn, or that is gone: all said of the last of them."""
        last = reversing
        while last.reversing is not None:
            last = last.reversing
        assert reversing.receipt is not None
        assert last.receipt is not None
        told: dict[str, Any] = {"place": written(receipt.series, receipt.number)}
        told["by"] = _named(reversing.receipt, receipt)
        if gone := [finding.swedish for finding in last.in_fortnox(last.receipt)]:
            return wrong(words.CORRECTION_CHANGED, receipt.voucher_id, **told, why=" ".join(gone).rstrip("."))
        if last is not reversing:
            return wrong(words.CORRECTED_IN_TURN, receipt.voucher_id, **told, last=_named(last.receipt, receipt))
        return wrong(words.ALREADY_CORRECTED, receipt.voucher_id, **told)

    def in_fortnox(self, receipt: Receipt) -> Iterator[Finding]:
        """Series and number alone prove nothing: a removed voucher's number comes again (Fortnox fact 5.8)."""
        booked = self.booked
        place, receipted = written(receipt.series, receipt.number), f"{receipt.voucher_date}, {kronor(receipt.total)}"
        if booked is None:
            yield wrong(words.ORIGINAL_REMOVED, receipt.voucher_id, place=place, receipt=receipted)
            return
        markers, changes = markers_in(booked.comments), _changes(receipt, booked)
        ours = receipt.marker in markers
        if other := self._shared(receipt, ours=ours):
            yield wrong(words.SHARED_PLACE, receipt.voucher_id, place=place, other=other)
        elif not ours and not markers and not changes and receipt.marked:
            yield wrong(words.ORIGINAL_UNMARKED, receipt.voucher_id, place=place)
        elif not ours and (markers or receipt.marked):
            now = f"{booked.transaction_date}, {kronor(total_of(booked))}"
            yield wrong(words.ORIGINAL_REPLACED, receipt.voucher_id, place=place, receipt=receipted, fortnox=now)
        elif changes:
            told = "; ".join([*changes[:MOST_CHANGES], *(["…"] if len(changes) > MOST_CHANGES else [])])
            yield wrong(words.ORIGINAL_CHANGED, receipt.voucher_id, place=place, changes=told)

    def _shared(self, receipt: Receipt, *, ours: bool) -> str | None:
        """Another voucher that this one in Fortnox may be: by a person's word, or reversed as such already."""
        if ours or receipt.decided:
            return next((one for one, is_reversed in self.sharing.items() if is_reversed or not ours), None)
        return None


def place_of(receipt: Receipt) -> Place:
    return receipt.series, receipt.number, receipt.financial_year


def written(series: str, number: int, year: FinancialYear | None = None) -> str:
    """`I 12`; `I 12 (2026)` where the year must be told."""
    return f"{series} {number} ({year_name(year)})" if year else f"{series} {number}"


def _named(receipt: Receipt, beside: Receipt) -> str:
    """With its year, where that is another than the other one's."""
    year = None
    if receipt.financial_year != beside.financial_year and receipt.year_from and receipt.year_to:
        year = FinancialYear(from_date=receipt.year_from, to_date=receipt.year_to)
    return written(receipt.series, receipt.number, year)


def _under_way(known: KnownVoucher | None) -> bool:
    """Whether a voucher without a receipt may be in Fortnox, or may yet come there."""
    if known is None or known.state is State.REJECTED:
        return False
    return known.state is State.INTENDED or not known.batch_ended


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
