"""What the HTTP interface answers."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from common.events import FinancialYear
from common.events.types import Amount, Model, Timestamp, Trouble
from common.events.voucher_batches import Mode, Policy
from common.events.vouchers import BookedAs, Corrects, Finding, FortnoxLink, NotCorrected, Standing
from voucher_sender.repository import Outcome, State

ACCEPTED: Literal["accepted"] = "accepted"


class Stage(StrEnum):
    """How far a batch is."""

    ACCEPTED = "accepted"
    """The command has come; the work has not begun."""
    AT_WORK = "at_work"
    COMPLETED = "completed"
    REFUSED = "refused"
    """It was not begun, and `refused` says why."""


class ReceiptView(Model):
    """Where a voucher was booked: written once, never changed."""

    series: str
    number: int
    financial_year: int
    """Fortnox's id of the year."""
    voucher_date: date
    sent_at: Timestamp | None
    """When the call was about to be made that booked it; None where that is not known."""
    booked_at: Timestamp
    """When the receipt was written: at once, or when the voucher was found."""
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
    batch_id: UUID
    """The batch that the receipt was written for."""


class Uncertain(Model):
    """It is not known whether the voucher was booked."""

    since: Timestamp
    code: str | None
    """Why, as `voucher.uncertain` told it last."""
    swedish: str | None
    next_step: str | None
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

    year: FinancialYear | None = None
    """The financial year that it lies in; None in receipts of older versions."""
    requested_by: str = Field(repr=False)
    requested_at: Timestamp


class Told(Model):
    """What is told of a voucher, within a batch or by itself."""

    voucher_id: str
    outcome: Outcome | None
    """Within its batch. None: not settled yet, or only checked."""
    marker: str | None
    findings: tuple[Finding, ...]
    receipt: ReceiptView | None
    standing: Standing | None
    """How Fortnox has what the receipt names, as the batch's check found it; None where there is no receipt."""
    uncertain: Uncertain | None
    found_at: tuple[BookedAs, ...]
    """Where it was found, if more than once: a person must decide. A batch's entry tells it until that is done."""
    decision: Decision | None
    corrects: Correction | None = None
    """The voucher that this one reverses."""
    corrected_by: Correction | None = None
    """The voucher that reverses this one."""


class Entry(Told):
    """A voucher within a batch."""

    position: int
    voucher_date: date | None
    total: Amount | None
    """Sum of the debit side, as approved."""
    passed: bool


class VoucherState(Told):
    """A voucher's way into Fortnox, with what its newest batch said of it."""

    batch_id: UUID
    """Its newest batch: `outcome` and `findings` are of that one; which batch booked it, the receipt tells."""
    state: State | Literal["accepted"] | None
    """`accepted`: its batch has not been checked yet. None: not taken in hand, since it was only checked, or did not
    pass."""


class Counts(Model):
    """The vouchers of a batch: all of them are in one of the other figures."""

    vouchers: int
    booked: int
    already_booked: int
    rejected: int
    """Of a batch that was only checked, those that did not pass."""
    uncertain: int
    open: int
    """Without an outcome: the batch is at work, or was only checked and they passed."""


class Totals(Counts):
    """A batch in figures, amounts by the debit side."""

    awaiting_approval: int
    differing: int
    not_as_booked: int
    """Booked before, and no longer in Fortnox as they were booked."""
    duplicated: int
    """In Fortnox more than once: a person must decide."""
    approved_total: Amount
    booked_total: Amount
    """Of what is in Fortnox: booked now, or before. What is not there as it was booked is not counted."""
    not_as_booked_total: Amount
    """By their receipts."""


class Waiting(Model):
    """Why the batch does not get anywhere just now."""

    since: Timestamp
    code: str | None
    next_try: Timestamp | None


class Refused(Model):
    """Why a batch was not begun, as `vouchers.refused` told it."""

    trouble: Trouble
    not_corrected: tuple[NotCorrected, ...] = ()
    """Of a correction, all vouchers that stand in its way."""


class Batch(Model):
    """A batch, whichever way it is told of."""

    batch_id: UUID
    connection_id: UUID
    mode: Mode
    series: str
    year: FinancialYear
    stage: Stage
    asked_at: Timestamp | None
    """When the command was sent; None in batches of older versions."""
    began_at: Timestamp | None
    """None as long as it is only accepted."""
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
    refused: Refused | None
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
    refused: Refused | None
    totals: Totals
    vouchers: tuple[Entry, ...]
