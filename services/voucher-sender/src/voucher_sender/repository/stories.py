"""Questions that an operator asks: what the records say of a batch, or of a voucher's batches."""

from typing import Any
from uuid import UUID

from common.database import Connection


class Stories:
    """Records as they are. No texts of vouchers are among them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def batches_of(self, voucher_id: str) -> list[UUID]:
        """The batches that a voucher was in, the newest first."""
        rows = await self._connection.fetch(
            """
            select batch_id from batch_vouchers join batches using (batch_id)
            where voucher_id = $1 order by began_at desc
            """,
            voucher_id,
        )
        return [row["batch_id"] for row in rows]

    async def batch(self, batch_id: UUID) -> dict[str, Any] | None:
        """The batch and its job."""
        row = await self._connection.fetchrow(
            """
            select b.*, j.status, j.attempts, j.reason, j.run_at, j.lease_until
            from batches b left join jobs j on j.business_key = b.batch_id::text and j.kind = 'batch'
            where b.batch_id = $1
            """,
            batch_id,
        )
        return dict(row) if row else None

    async def vouchers(self, batch_id: UUID) -> list[dict[str, Any]]:
        """The batch's vouchers in order, with their way into Fortnox and their receipts."""
        rows = await self._connection.fetch(
            """
            select e.position, e.voucher_id, e.voucher_date, e.total, e.outcome, e.findings, v.batch_id as in_hand_of,
                v.state, v.marker, v.series, v.financial_year, v.highest_number, v.posts, v.intended_at, v.ends_by,
                v.over_at, v.missed_at, v.uncertain_since, v.uncertain_code, v.seen_number, v.found_at,
                r.series as booked_series, r.number, r.financial_year as booked_year, r.booked_at, r.approval_state,
                r.differences, c.corrected_by
            from batch_vouchers e
            join batches b using (batch_id)
            left join vouchers v on v.tenant = b.tenant and v.voucher_id = e.voucher_id
            left join receipts r on r.tenant = b.tenant and r.voucher_id = e.voucher_id
            left join corrections c on c.tenant = b.tenant and c.voucher_id = e.voucher_id
            where e.batch_id = $1
            order by e.position
            """,
            batch_id,
        )
        return [dict(row) for row in rows]

    async def decisions(self, batch_id: UUID) -> list[dict[str, Any]]:
        """What persons have decided about vouchers of the batch."""
        rows = await self._connection.fetch("select * from decisions where batch_id = $1 order by id", batch_id)
        return [dict(row) for row in rows]
