"""The event contract: topics, envelopes and one module per topic. `docs/events.md` is generated from it."""

from common.events.connections import (
    CONNECTION_STATES,
    ConnectFailed,
    ConnectionEstablished,
    ConnectionExpiring,
    ConnectionKind,
    ConnectionLost,
    ConnectionRemoved,
    ConnectionRenewed,
    ConnectionState,
    ConnectionStatus,
)
from common.events.dead_letters import RecordParked
from common.events.envelope import REGISTRY, Event, EventData, Record, Unreadable, from_record, new_event, to_record
from common.events.import_data import CHUNKS, Chunk
from common.events.import_requests import Dataset, ImportCancelRequested, ImportRequested, ImportResendRequested
from common.events.imports import (
    Check,
    ImportCancelled,
    ImportCompleted,
    ImportFailed,
    ImportProgressed,
    ImportRefused,
    ImportStarted,
    ImportWaiting,
    Verdict,
)
from common.events.topics import Topic
from common.events.types import Amount, ConnectionId, FinancialYear, Trouble
from common.events.voucher_batches import VouchersApproved, VouchersCorrectionRequested
from common.events.vouchers import (
    VoucherBooked,
    VoucherChecked,
    VoucherDiffers,
    VoucherDuplicated,
    VoucherRejected,
    VouchersCompleted,
    VouchersRefused,
    VoucherUncertain,
)

__all__ = [
    "CHUNKS",
    "CONNECTION_STATES",
    "REGISTRY",
    "Amount",
    "Check",
    "Chunk",
    "ConnectFailed",
    "ConnectionEstablished",
    "ConnectionExpiring",
    "ConnectionId",
    "ConnectionKind",
    "ConnectionLost",
    "ConnectionRemoved",
    "ConnectionRenewed",
    "ConnectionState",
    "ConnectionStatus",
    "Dataset",
    "Event",
    "EventData",
    "FinancialYear",
    "ImportCancelRequested",
    "ImportCancelled",
    "ImportCompleted",
    "ImportFailed",
    "ImportProgressed",
    "ImportRefused",
    "ImportRequested",
    "ImportResendRequested",
    "ImportStarted",
    "ImportWaiting",
    "Record",
    "RecordParked",
    "Topic",
    "Trouble",
    "Unreadable",
    "Verdict",
    "VoucherBooked",
    "VoucherChecked",
    "VoucherDiffers",
    "VoucherDuplicated",
    "VoucherRejected",
    "VoucherUncertain",
    "VouchersApproved",
    "VouchersCompleted",
    "VouchersCorrectionRequested",
    "VouchersRefused",
    "from_record",
    "new_event",
    "to_record",
]
