"""Questions that the HTTP interface asks."""

from typing import Any
from uuid import UUID

from common.database import Connection

RECEIPT = """
    case when r.voucher_id is null then null else jsonb_build_object(
        'series', r.series, 'number', r.number, 'financial_year', r.financial_year, 'voucher_date', r.voucher_date,
        'booked_at', r.booked_at, 'approval_state', r.approval_state, 'rows_hash', r.rows_hash,
        'total', r.total::text, 'marker', r.marker, 'differences', r.differences) end as receipt
"""


class States:
    """How far batches and vouchers are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def batch(self, batch_id: UUID) -> dict[str, Any] | None:
        batch = await self._connection.fetchrow(
            """
            select batch_id, connection_id, mode, series, began_at, checked_at, ended_at, calls
            from batches where batch_id = $1
            """,
            batch_id,
        )
        if batch is None:
            return None
        rows = await self._connection.fetch(
            f"""
            select e.position, e.voucher_id, e.passed, e.outcome, e.findings, {RECEIPT}
            from batch_vouchers e
            join batches b using (batch_id)
            left join receipts r on r.tenant = b.tenant and r.voucher_id = e.voucher_id
                and e.outcome in ('booked', 'already_booked')
            where e.batch_id = $1
            order by e.position
            """,  # noqa: S608  (our own columns)
            batch_id,
        )
        return {**batch, "vouchers": [dict(row) for row in rows]}

    async def voucher(self, connection_id: UUID, voucher_id: str) -> dict[str, Any] | None:
        """The voucher with that id in a company that the connection has sent to; its own first, if there are several."""
        row = await self._connection.fetchrow(
            f"""
            select v.voucher_id, v.batch_id, v.state, v.marker, v.uncertain_since, {RECEIPT}
            from vouchers v
            left join receipts r on r.tenant = v.tenant and r.voucher_id = v.voucher_id
            where v.voucher_id = $2 and v.tenant in (
                select tenant from batches where connection_id = $1
                union select tenant from vouchers where connection_id = $1 and voucher_id = $2)
            order by v.connection_id = $1 desc limit 1
            """,  # noqa: S608  (our own columns)
            connection_id,
            voucher_id,
        )
        return None if row is None else dict(row)
