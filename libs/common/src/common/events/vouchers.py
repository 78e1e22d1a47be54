"""What the voucher-sender tells: findings, receipts and how a batch ended."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.events.envelope import EventData
from common.events.topics import VOUCHERS
from common.events.types import Amount, FinancialYear, Model, Timestamp, Trouble
from common.events.voucher_batches import Mode, VoucherId


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Finding(Model):
    """Something that the check found, with where and what to do."""

    code: str
    severity: Severity
    voucher_id: VoucherId
    row: int | None = None
    """From 1; None where it concerns the whole voucher."""
    swedish: str
    next_step: str
    english: str
    proposal: str | None = Field(default=None, repr=False)
    """A cleaned text, where the text was what was wrong."""


class BatchEvent(EventData):
    TOPIC = VOUCHERS

    batch_id: UUID

    @property
    def business_key(self) -> str:
        return str(self.batch_id)


class VoucherChecked(BatchEvent):
    """The check of one voucher: passed when no finding is an error."""

    TYPE = "voucher.checked"

    voucher_id: VoucherId
    passed: bool
    findings: tuple[Finding, ...] = ()


class BookedAs(Model):
    """Where Fortnox has a voucher. Series and number alone never identify it: numbers can come again."""

    series: str
    number: int
    financial_year: int
    """Fortnox's id of the year."""


class Corrects(BookedAs):
    """The other voucher of a correction, by the product's id and by its place in Fortnox."""

    voucher_id: VoucherId


class OneSide(BookedAs):
    """A voucher as one side has it: our receipt, or Fortnox."""

    voucher_date: date
    total: Amount
    """Sum of the debit side."""
    rows_hash: str
    rows: tuple[str, ...] = ()
    """`account amount`, debit positive, with `KS` and `P` before cost centre and project; empty in receipts of older
    versions, which kept the hash alone."""


class NotCorrected(Model):
    """A voucher that can't be corrected: why, and what both sides say of it."""

    voucher_id: VoucherId
    findings: tuple[Finding, ...]
    receipt: OneSide | None = None
    """None where there is none: it is not one that we booked."""
    in_fortnox: OneSide | None = None
    """None where Fortnox has none by that number."""
    corrected_by: tuple[BookedAs, ...] = ()
    """What has reversed it already."""


class Standing(StrEnum):
    """How Fortnox has a voucher that was booked before, as a later check has found it."""

    AS_BOOKED = "as_booked"
    """As its receipt says, as far as can be seen."""
    CHANGED = "changed"
    """Somebody has changed it there since."""
    UNMARKED = "unmarked"
    """Date and rows are there, our marker is not: it was erased, or somebody has booked the same by hand."""
    GONE = "gone"
    """Fortnox has it no more; its number may have come again, for another voucher."""


class FortnoxLink(Model):
    """How to open a voucher through Fortnox's API. Fortnox documents no address of a page that shows it."""

    path: str
    """After the API's address: `/3/vouchers/I/12?financialyear=4`."""
    year: FinancialYear | None = None
    """The financial year's first and last day; None in receipts of older versions."""


class VoucherBooked(BatchEvent):
    """The receipt: this voucher was booked in Fortnox, once. Written once and never changed.

    Told again when the voucher is sent again; only `standing` may then be another than at first.
    """

    TYPE = "voucher.booked"

    voucher_id: VoucherId
    series: str
    number: int
    financial_year: int
    """Fortnox's id of the year."""
    voucher_date: date
    sent_date: Timestamp | None = None
    """When the call was about to be made that booked it; None where that is not known, since it was found in Fortnox
    after our memory of it was lost."""
    booked_date: Timestamp
    """When the receipt was written: at once, or when the voucher was found after its outcome had been unknown."""
    approval_state: int | None = None
    """As Fortnox said then: 0 not for approval, 1 not ready, 2 not approved, 3 approved."""
    awaiting_approval: bool = False
    """Whether it waits for somebody's approval in Fortnox (attest): state 1 or 2."""
    rows_hash: str
    """SHA-256 over the rows as Fortnox returned them."""
    total: Amount
    """Sum of the debit side."""
    marker: str
    corrects: Corrects | None = None
    """The voucher that this one reverses; None where it is no correction."""
    link: FortnoxLink | None = None
    decided: bool = False
    """Whether a person decided that this is the voucher, since it could not be found out."""
    standing: Standing = Standing.AS_BOOKED
    """Of an old receipt that is told again: what the batch's check found. Other than `as_booked`, do not show the
    voucher as booked: it was, and Fortnox does not have it so any more. It is not booked again by itself."""


class VoucherRejected(BatchEvent):
    """This voucher was not booked, and why."""

    TYPE = "voucher.rejected"

    voucher_id: VoucherId
    findings: tuple[Finding, ...]


class VoucherUncertain(BatchEvent):
    """Whether it was booked is not known yet; the sender goes on finding out and books nothing twice meanwhile."""

    TYPE = "voucher.uncertain"

    voucher_id: VoucherId
    since: Timestamp
    next_try: Timestamp | None
    trouble: Trouble


class VoucherDiffers(BatchEvent):
    """What Fortnox booked is not what was approved."""

    TYPE = "voucher.differs"

    voucher_id: VoucherId
    booked: BookedAs
    differences: tuple[str, ...]


class VoucherDuplicated(BatchEvent):
    """One voucher is in Fortnox more than once; a person must decide."""

    TYPE = "voucher.duplicated"

    voucher_id: VoucherId
    found: tuple[BookedAs, ...]
    trouble: Trouble


class VouchersWaiting(BatchEvent):
    """The batch waits for something that somebody else must do or that passes; it goes on by itself.

    Told once per cause, and only while no voucher of the batch is uncertain: then `voucher.uncertain` tells it.
    """

    TYPE = "vouchers.waiting"

    trouble: Trouble
    next_try: Timestamp | None = None
    gives_up_at: Timestamp | None = None


class VouchersCompleted(BatchEvent):
    """The batch's end.

    In mode book the counts add up: booked + already_booked + rejected + uncertain = vouchers. In mode check `rejected`
    are those that did not pass, and the others are 0.
    """

    TYPE = "vouchers.completed"

    mode: Mode
    vouchers: int
    passed: int
    booked: int
    already_booked: int
    rejected: int
    uncertain: int
    awaiting_approval: int = 0
    """How many of those booked, now or before, wait for approval in Fortnox; `left_to_do` says so too."""
    not_as_booked: int = 0
    """How many of `already_booked` Fortnox has no more as they were booked (`standing`); `left_to_do` says so too."""
    left_to_do: tuple[Trouble, ...] = ()
    calls: int
    seconds: float


class VouchersRefused(BatchEvent):
    """The batch was not begun: it can't be carried out as it stands, or has waited for too long."""

    TYPE = "vouchers.refused"

    trouble: Trouble
    not_corrected: tuple[NotCorrected, ...] = ()
    """Of a correction, all vouchers that stand in its way; nothing was sent for the others either."""
