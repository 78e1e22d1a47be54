"""All SQL of the voucher-sender. The caller owns the transaction."""

from voucher_sender.repository.batches import Batch, Batches, Entry, Outcome, Tally, Wait
from voucher_sender.repository.companies import Companies
from voucher_sender.repository.corrections import Asked, CorrectedBefore, Corrections
from voucher_sender.repository.decisions import Decisions, Doubt, Place
from voucher_sender.repository.receipts import MARKER_DIFFERS, Receipt, Receipts, SeriesLocks
from voucher_sender.repository.states import States
from voucher_sender.repository.stories import Stories
from voucher_sender.repository.vouchers import Claimed, KnownVoucher, Pending, Sent, State, Vouchers

__all__ = [
    "MARKER_DIFFERS",
    "Asked",
    "Batch",
    "Batches",
    "Claimed",
    "Companies",
    "CorrectedBefore",
    "Corrections",
    "Decisions",
    "Doubt",
    "Entry",
    "KnownVoucher",
    "Outcome",
    "Pending",
    "Place",
    "Receipt",
    "Receipts",
    "Sent",
    "SeriesLocks",
    "State",
    "States",
    "Stories",
    "Tally",
    "Vouchers",
    "Wait",
]
