"""Questions that the HTTP interface asks."""

from typing import Any
from uuid import UUID

from common.database import Connection

RECEIPT = """
    case when r.voucher_id is null then null else jsonb_build_object(
        'series', r.series, 'number', r.number, 'financial_year', r.financial_year, 'year_from', r.year_from,
        'year_to', r.year_to, 'voucher_date', r.voucher_date, 'sent_at', r.sent_at, 'booked_at', r.booked_at,
        'approval_state', r.approval_state, 'rows_hash', r.rows_hash, 'total', r.total::text, 'marker', r.marker,
        'differences', r.differences, 'batch_id', r.batch_id, 'decided', r.decided) end as receipt
"""
UNCERTAIN = """
    case when v.uncertain_since is null then null else jsonb_build_object(
        'since', v.uncertain_since, 'code', v.uncertain_code, 'next_try', (
            select run_at from jobs
            where business_key = v.batch_id::text and status in ('waiting', 'queued', 'running') limit 1)) end
    as uncertain
"""
DECISION = """
    (select jsonb_build_object('decided', d.decided, 'reason', d.reason, 'decided_by', d.decided_by,
        'decided_at', d.decided_at, 'differences', d.differences)
     from decisions d where d.tenant = v.tenant and d.voucher_id = v.voucher_id order by d.id desc limit 1) as decision
"""
CORRECTION = """
    jsonb_build_object('voucher_id', o.voucher_id, 'series', o.series, 'number', o.number,
        'financial_year', o.financial_year, 'year', case when o.year_from is null or o.year_to is null then null
            else jsonb_build_object('from_date', o.year_from, 'to_date', o.year_to) end,
        'requested_by', c.requested_by, 'requested_at', c.requested_at)
    from corrections c join receipts o on o.tenant = c.tenant
"""


def _corrections(tenant: str, voucher_id: str) -> str:
    """What a voucher reverses and what reverses it, both as columns; the arguments are columns of ours."""
    where = f"where c.tenant = {tenant}"
    return f"""
        (select {CORRECTION} and o.voucher_id = c.voucher_id {where} and c.corrected_by = {voucher_id}) as corrects,
        (select {CORRECTION} and o.voucher_id = c.corrected_by {where} and c.voucher_id = {voucher_id}) as corrected_by
    """


COUNTS = """
    jsonb_build_object('vouchers', count(e), 'booked', count(e) filter (where e.outcome = 'booked'),
        'already_booked', count(e) filter (where e.outcome = 'already_booked'),
        'rejected', count(e) filter (where e.outcome = 'rejected' or b.mode = 'check' and not e.passed),
        'uncertain', count(e) filter (where e.outcome = 'uncertain'),
        'open', count(e) filter (where e.outcome is null and (b.mode = 'book' or e.passed))) as counts
"""


class States:
    """How far batches and vouchers are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def batch(self, batch_id: UUID) -> dict[str, Any] | None:
        """The batch with its vouchers in order, each with what is known of it within this batch."""
        batch = await self._connection.fetchrow(
            """
            select b.batch_id, b.connection_id, b.tenant, b.mode, b.policy, b.series, b.year_from, b.year_to,
                b.financial_year, b.asked_at, b.began_at, b.checked_at, b.ended_at, b.ending, b.calls, b.waiting_since,
                b.waiting_codes[cardinality(b.waiting_codes)] as waiting_code, j.run_at as next_try
            from batches b
            left join jobs j on j.business_key = b.batch_id::text and j.status = 'waiting'
            where b.batch_id = $1
            """,
            batch_id,
        )
        if batch is None:
            return None
        rows = await self._connection.fetch(
            f"""
            select e.position, e.voucher_id, e.voucher_date, e.total, e.passed, e.outcome, e.findings, {RECEIPT},
                w.marker, {UNCERTAIN}, {DECISION}, {_corrections("b.tenant", "e.voucher_id")},
                case when w.state = 'duplicated' and e.outcome is distinct from 'rejected' then w.found_at end
                    as found_at
            from batch_vouchers e
            join batches b using (batch_id)
            left join receipts r on r.tenant = b.tenant and r.voucher_id = e.voucher_id
                and e.outcome in ('booked', 'already_booked')
            left join vouchers w on w.tenant = b.tenant and w.voucher_id = e.voucher_id
            left join vouchers v on v.tenant = b.tenant and v.voucher_id = e.voucher_id and v.batch_id = e.batch_id
            where e.batch_id = $1
            order by e.position
            """,  # noqa: S608  (our own columns)
            batch_id,
        )
        return {**batch, "vouchers": [dict(row) for row in rows]}

    async def accepted(self, batch_id: UUID) -> dict[str, Any] | None:
        """The command of a batch that has not been begun, as its job keeps it."""
        command: dict[str, Any] | None = await self._connection.fetchval(
            """
            select command from jobs
            where business_key = $1::uuid::text and status <> 'dead'
              and not exists (select from batches where batch_id = $1)
            """,
            batch_id,
        )
        return command

    async def accepted_voucher(self, connection_id: UUID, voucher_id: str) -> UUID | None:
        """The batch that holds the voucher, where it has not been checked yet."""
        batch_id: UUID | None = await self._connection.fetchval(
            """
            select business_key::uuid from jobs
            where connection_id = $1 and status in ('queued', 'running', 'waiting')
              and command -> 'data' -> 'vouchers' @> jsonb_build_array(jsonb_build_object('voucher_id', $2::text))
            order by position desc limit 1
            """,
            connection_id,
            voucher_id,
        )
        return batch_id

    async def batches(self, connection_id: UUID, after: UUID | None, limit: int) -> list[dict[str, Any]]:
        """A connection's batches, the newest first."""
        rows = await self._connection.fetch(
            f"""
            select b.batch_id, b.connection_id, b.mode, b.series, b.year_from, b.year_to, b.asked_at, b.began_at,
                b.ended_at, b.ending, {COUNTS}
            from batches b
            left join batch_vouchers e using (batch_id)
            where b.connection_id = $1 and ($2::uuid is null
                or (b.began_at, b.batch_id) < (select began_at, batch_id from batches where batch_id = $2))
            group by b.batch_id
            order by b.began_at desc, b.batch_id desc
            limit $3
            """,  # noqa: S608  (our own columns)
            connection_id,
            after,
            limit,
        )
        return [dict(row) for row in rows]

    async def voucher(self, connection_id: UUID, voucher_id: str) -> dict[str, Any] | None:
        """The voucher with that id in a company that the connection sent to; its own first, where there are several.

        With what its newest batch said of it.
        """
        row = await self._connection.fetchrow(
            f"""
            select $2::text as voucher_id, coalesce(e.batch_id, v.batch_id) as batch_id, v.state, v.marker, v.found_at,
                e.outcome, coalesce(e.findings, '[]') as findings, {RECEIPT}, {UNCERTAIN}, {DECISION},
                {_corrections("company.tenant", "$2")}
            from (
                select tenant from batches where connection_id = $1 and tenant is not null
                union select tenant from vouchers where connection_id = $1 and voucher_id = $2) company
            left join vouchers v on v.tenant = company.tenant and v.voucher_id = $2
            left join receipts r on r.tenant = company.tenant and r.voucher_id = $2
            left join lateral (
                select n.batch_id, n.outcome, n.findings
                from batch_vouchers n join batches b using (batch_id)
                where n.voucher_id = $2 and b.tenant = company.tenant
                order by b.began_at desc limit 1) e on true
            where coalesce(v.batch_id, e.batch_id) is not null
            order by coalesce(v.connection_id = $1, false) desc limit 1
            """,  # noqa: S608  (our own columns)
            connection_id,
            voucher_id,
        )
        return None if row is None else dict(row)
