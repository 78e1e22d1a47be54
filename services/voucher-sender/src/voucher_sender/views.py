"""What the HTTP interface answers."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from common.events.types import Amount
from common.events.vouchers import Finding
from voucher_sender.repository import Outcome, State


class ReceiptView(BaseModel):
    """Where a voucher was booked."""

    series: str
    number: int
    financial_year: int
    voucher_date: date
    booked_at: datetime
    approval_state: int | None
    rows_hash: str
    total: Amount
    marker: str
    differences: list[str]


class VoucherState(BaseModel):
    """A voucher's way into Fortnox."""

    voucher_id: str
    batch_id: UUID
    state: State
    marker: str
    uncertain_since: datetime | None
    receipt: ReceiptView | None


class EntryView(BaseModel):
    """A voucher within a batch."""

    position: int
    voucher_id: str
    passed: bool
    outcome: Outcome | None
    """None: not settled yet, or only checked."""
    findings: list[Finding]
    receipt: ReceiptView | None


class BatchState(BaseModel):
    """A batch and its vouchers, in order."""

    batch_id: UUID
    connection_id: UUID
    mode: str
    series: str
    began_at: datetime
    checked_at: datetime | None
    ended_at: datetime | None
    calls: int
    vouchers: list[EntryView]
