"""Kafka in: each function runs inside the inbox's transaction, hands over and returns."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from common.clock import SYSTEM, Clock
from common.database import Connection
from common.events import (
    Event,
    Record,
    Trouble,
    VouchersApproved,
    VouchersCorrectionRequested,
    VouchersRefused,
    new_event,
)
from common.events.connections import ConnectionState
from common.events.voucher_batches import Mode
from common.jobs import JobStore
from common.messaging.outbox import Outbox
from common.problems import REUSED_KEY, ProblemError
from voucher_sender import companies
from voucher_sender.content import tidy
from voucher_sender.correcting.words import REQUESTED_BY
from voucher_sender.repository import Corrections

BATCH = "batch"
NAME_LENGTH = 200  # characters of who asks for a correction: a comment takes 1,000 (Fortnox fact 6.1)


@dataclass(frozen=True)
class Handlers:
    """What each command leads to."""

    outbox: Outbox
    source: str
    clock: Clock = SYSTEM

    async def enqueue(self, connection: Connection, event: Event[VouchersApproved]) -> None:
        """A new batch. Those that book in one series go one by one; checks don't wait behind them."""
        batch = event.data
        if await Corrections(connection).is_one(batch.batch_id):
            await self.refuse(connection, event, REUSED_KEY.error(key=batch.business_key))
            return
        lane = "check" if batch.mode is Mode.CHECK else batch.series
        await JobStore(connection).enqueue(BATCH, 1, event, lane=f"{batch.connection_id}:{batch.mode}:{lane}")

    async def refuse(self, connection: Connection, event: Event[VouchersApproved], error: ProblemError) -> None:
        """The batch_id was used before for other vouchers."""
        await self._refuse(connection, event, event.data.batch_id, error)

    async def correct(self, connection: Connection, event: Event[VouchersCorrectionRequested]) -> None:
        """A new correction. It waits behind what is booked before it in its series."""
        asked = event.data
        if await Corrections(connection).is_one(asked.correction_id) is False:
            await self.refuse_correction(connection, event, REUSED_KEY.error(key=asked.business_key))
            return
        if not tidy(asked.requested_by) or len(asked.requested_by) > NAME_LENGTH:
            error = REQUESTED_BY.error(most=NAME_LENGTH, length=len(asked.requested_by))
            await self.refuse_correction(connection, event, error)
            return
        lane = f"{asked.connection_id}:{Mode.BOOK}:{asked.series}"
        await JobStore(connection).enqueue(BATCH, 1, event, lane=lane)

    async def refuse_correction(
        self, connection: Connection, event: Event[VouchersCorrectionRequested], error: ProblemError
    ) -> None:
        """The correction_id was used before for another correction."""
        await self._refuse(connection, event, event.data.correction_id, error)

    async def wake(self, connection: Connection, event: Event[ConnectionState]) -> None:
        """The connection may work again: what waits for it is tried now."""
        await companies.remember(connection, event)
        await JobStore(connection).wake(event.data.connection_id)

    async def _refuse(self, connection: Connection, event: Event[Any], about: Any, error: ProblemError) -> None:
        refused = VouchersRefused(connection_id=event.data.connection_id, batch_id=about, trouble=Trouble.of(error))
        await self.outbox.add(connection, new_event(refused, source=self.source, time=self.clock.now(), cause=event))


def without_tombstones(hand_over: Callable[[Record], Awaitable[Any]]) -> Callable[[Record], Awaitable[None]]:
    """On the compacted topic a tombstone is legal: the connection is gone, and nothing follows."""

    async def handle(record: Record) -> None:
        if record.value is not None:
            await hand_over(record)

    return handle
