"""Commands to the voucher-sender, from the product."""

import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from common.events.envelope import EventData
from common.events.topics import VOUCHER_BATCHES
from common.events.types import Amount, FinancialYear, Model

VoucherId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""The product's own id of a voucher: unique within the company, over all its connections, and never reused."""


class Mode(StrEnum):
    """Whether to book, or only to tell what booking would meet."""

    CHECK = "check"
    BOOK = "book"


class Policy(StrEnum):
    """What happens to a batch in which some voucher does not pass the check."""

    ALL_OR_NOTHING = "all_or_nothing_before_sending"
    BOOK_WHAT_PASSES = "book_what_passes"


class DimensionObject(Model):
    """A cost centre (dimension 1) or a project (dimension 6)."""

    dimension: int
    object: str


class VoucherRow(Model):
    """One row: an amount on either side, never both. Rules are checked by the sender, which names all that is wrong."""

    account: int
    debit: Amount | None = None
    credit: Amount | None = None
    dimensions: tuple[DimensionObject, ...] = ()
    text: str = Field(default="", repr=False)


class ApprovedVoucher(Model):
    """A closing voucher that an accountant has approved."""

    voucher_id: VoucherId
    date: datetime.date
    description: str = Field(repr=False)
    rows: tuple[VoucherRow, ...]


class VouchersApproved(EventData):
    """Check, or check and book, these vouchers in this series, in this order."""

    TYPE = "vouchers.approved"
    TOPIC = VOUCHER_BATCHES

    batch_id: UUID
    financial_year: FinancialYear
    series: Annotated[str, StringConstraints(min_length=1, max_length=10)]
    mode: Mode = Mode.BOOK
    policy: Policy = Policy.ALL_OR_NOTHING
    vouchers: tuple[ApprovedVoucher, ...] = Field(min_length=1, max_length=1000)

    @property
    def business_key(self) -> str:
        return str(self.batch_id)


class VouchersCorrectionRequested(EventData):
    """Reverse vouchers that were booked by earlier batches, all or none: each by a voucher with its sides swapped.

    Carried out as a batch: its events are a batch's, with `correction_id` as their `batch_id`.
    """

    TYPE = "vouchers.correction_requested"
    TOPIC = VOUCHER_BATCHES

    correction_id: UUID
    financial_year: FinancialYear
    """Of the reversing vouchers; the originals may lie in another one."""
    series: Annotated[str, StringConstraints(min_length=1, max_length=10)]
    date: datetime.date
    """Of the reversing vouchers."""
    voucher_ids: tuple[VoucherId, ...] = Field(min_length=1, max_length=1000)
    """Of the originals. A reversing voucher can be corrected too, by the id that its receipt gives."""
    requested_by: str = Field(default="", repr=False)
    """Who asks for it, in 1 to 200 characters; refused without. Kept, and told in Fortnox (Bookkeeping Act, 5:5)."""

    @property
    def business_key(self) -> str:
        return str(self.correction_id)
