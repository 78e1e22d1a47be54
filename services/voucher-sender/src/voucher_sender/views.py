"""What the HTTP interface answers."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from common.events import FinancialYear
from common.events.types import Amount, Model, Timestamp
from common.events.voucher_batches import Mode, Policy
from common.events.vouchers import BookedAs, Corrects, Finding, FortnoxLink
from voucher_sender.repository import Outcome, State
from voucher_sender.repository.receipts import AWAITING_APPROVAL, api_path


class ReceiptView(Model):
    """Where a voucher was booked: written once, never changed."""

    series: str
    number: int
    financial_year: int
    """Fortnox's id of the year."""
    voucher_date: date
    booked_at: Timestamp
    approval_state: int | None
    """As Fortnox said then: 0 not for approval, 1 not ready, 2 not approved, 3 approved."""
    awaiting_approval: bool
    rows_hash: str
    total: Amount
    marker: str
    differences: tuple[str, ...]
    """How what was booked differs from what was approved, in Swedish."""
    link: FortnoxLink
    decided: bool
    """Whether a person decided that this is the voucher."""


class Uncertain(Model):
    """It is not known whether the voucher was booked."""

    since: Timestamp
    code: str | None
    """Why, as `voucher.uncertain` told it last."""
    next_try: Timestamp | None
    """None: nobody looks for it any more; send it again, or decide."""


class Decision(Model):
    """What a person decided about a voucher that could not be found out."""

    decided: Literal["booked", "not_booked"]
    reason: str = Field(repr=False)
    decided_by: str = Field(repr=False)
    decided_at: Timestamp
    differences: tuple[str, ...]
    """What the person knew to differ from what was approved."""


class Correction(Corrects):
    """The other voucher of a correction, and who asked for it."""

    requested_by: str = Field(repr=False)
    requested_at: Timestamp


class Entry(Model):
    """A voucher within a batch."""

    position: int
    voucher_id: str
    voucher_date: date | None
    total: Amount | None
    """Sum of the debit side, as approved."""
    passed: bool
    outcome: Outcome | None
    """None: not settled yet, or only checked."""
    findings: tuple[Finding, ...]
    receipt: ReceiptView | None
    uncertain: Uncertain | None
    decision: Decision | None
    corrects: Correction | None = None
    """The voucher that this one reverses."""
    corrected_by: Correction | None = None
    """The voucher that reverses this one."""


class VoucherState(Model):
    """A voucher's way into Fortnox, with what its newest batch said of it."""

    voucher_id: str
    batch_id: UUID
    state: State | None
    """None: never taken in hand, since it was only checked, or did not pass."""
    outcome: Outcome | None
    marker: str | None
    findings: tuple[Finding, ...]
    uncertain: Uncertain | None
    found_at: tuple[BookedAs, ...]
    """Where it was found, if more than once."""
    receipt: ReceiptView | None
    decision: Decision | None
    corrects: Correction | None = None
    """The voucher that this one reverses."""
    corrected_by: Correction | None = None
    """The voucher that reverses this one."""


class Counts(Model):
    """The vouchers of a batch: all of them are in one of the other figures."""

    vouchers: int
    booked: int
    already_booked: int
    rejected: int
    uncertain: int
    open: int
    """Without an outcome: the batch is at work, or was only checked."""


class Totals(Counts):
    """A batch in figures, amounts by the debit side."""

    awaiting_approval: int
    differing: int
    approved_total: Amount
    booked_total: Amount
    """Of what is in Fortnox: booked now, or before."""


class Waiting(Model):
    """Why the batch does not get anywhere just now."""

    since: Timestamp
    code: str | None
    next_try: Timestamp | None


class Batch(Model):
    """A batch, whichever way it is told of."""

    batch_id: UUID
    connection_id: UUID
    mode: Mode
    series: str
    year: FinancialYear
    began_at: Timestamp
    ended_at: Timestamp | None


class BatchSummary(Batch):
    """A batch in a list."""

    counts: Counts


class BatchPage(Model):
    """Some of a connection's batches, the newest first."""

    batches: tuple[BatchSummary, ...]
    next: UUID | None
    """To be given as `after` for the page that follows; None: this was the last."""


class BatchState(Batch):
    """A batch and its vouchers, in order."""

    policy: Policy
    financial_year: int | None
    """Fortnox's id of the year, once it has been read."""
    checked_at: Timestamp | None
    waiting: Waiting | None
    calls: int
    vouchers: tuple[Entry, ...]


class Company(Model):
    """Whose books they are."""

    name: str = Field(repr=False)
    organisation_number: str | None = Field(repr=False)
    """None for a sole trader: it is a person's number, and not kept."""


class BatchReceipts(Batch):
    """A batch's receipts, as an accountant files them."""

    company: Company | None
    financial_year: int | None
    totals: Totals
    vouchers: tuple[Entry, ...]


def batch_state(row: Mapping[str, Any]) -> BatchState:
    """From what the database has."""
    waiting = None
    if row["waiting_since"] is not None and row["ended_at"] is None:
        waiting = {"since": row["waiting_since"], "code": row["waiting_code"], "next_try": row["next_try"]}
    return BatchState.model_validate({**row, "year": _year(row), "waiting": waiting, "vouchers": _entries(row)})


def batch_summary(row: Mapping[str, Any]) -> BatchSummary:
    return BatchSummary.model_validate({**row, "year": _year(row)})


def batch_receipts(row: Mapping[str, Any], company: Mapping[str, Any] | None) -> BatchReceipts:
    entries = [Entry.model_validate(one) for one in _entries(row)]
    return BatchReceipts.model_validate(
        {**row, "year": _year(row), "company": company, "totals": totals(entries), "vouchers": entries}
    )


def voucher_state(row: Mapping[str, Any]) -> VoucherState:
    return VoucherState.model_validate({**_entry(row), "found_at": row["found_at"] or ()})


def totals(entries: Sequence[Entry]) -> Totals:
    """What the entries come to."""
    receipts = [one.receipt for one in entries if one.receipt is not None]
    outcomes = [one.outcome for one in entries]
    return Totals(
        vouchers=len(entries),
        booked=outcomes.count(Outcome.BOOKED),
        already_booked=outcomes.count(Outcome.ALREADY_BOOKED),
        rejected=outcomes.count(Outcome.REJECTED),
        uncertain=outcomes.count(Outcome.UNCERTAIN),
        open=outcomes.count(None),
        awaiting_approval=sum(one.awaiting_approval for one in receipts),
        differing=sum(bool(one.differences) for one in receipts),
        approved_total=sum((one.total for one in entries if one.total is not None), start=Decimal(0)),
        booked_total=sum((one.total for one in receipts), start=Decimal(0)),
    )


def _year(row: Mapping[str, Any]) -> FinancialYear:
    return FinancialYear(from_date=row["year_from"], to_date=row["year_to"])


def _entries(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_entry(one) for one in row["vouchers"]]


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """With the receipt's derived fields."""
    return {**row, "receipt": _receipt(row["receipt"])}


def _receipt(kept: Mapping[str, Any] | None) -> ReceiptView | None:
    if kept is None:
        return None
    year = None
    if kept["year_from"] and kept["year_to"]:
        year = FinancialYear(from_date=kept["year_from"], to_date=kept["year_to"])
    awaiting = kept["approval_state"] in AWAITING_APPROVAL
    path = api_path(kept["series"], kept["number"], kept["financial_year"])
    return ReceiptView.model_validate(
        {**kept, "awaiting_approval": awaiting, "link": FortnoxLink(path=path, year=year)}
    )
