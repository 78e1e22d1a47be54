"""Which voucher reverses which, and what a correction comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.database import Connection
from voucher_sender.repository.vouchers import State


@dataclass(frozen=True)
class CorrectedBefore:
    """An earlier or another correction of a voucher."""

    correction_id: UUID
    ended: bool
    state: State | None
    """Of the reversing voucher; None where that was never taken in hand."""
    series: str | None
    number: int | None
    financial_year: int | None


class Corrections:
    """A voucher is reversed once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def is_a_batch(self, batch_id: UUID) -> bool:
        """Whether the id stands for an ordinary batch."""
        return bool(
            await self._connection.fetchval(
                "select exists (select from batches where batch_id = $1 and correction is null)", batch_id
            )
        )

    async def prepared(self, correction_id: UUID) -> dict[str, Any] | None:
        """What it comes to, as an earlier attempt kept it."""
        kept: dict[str, Any] | None = await self._connection.fetchval(
            "select nullif(correction, '{}') from batches where batch_id = $1", correction_id
        )
        return kept

    async def keep(self, correction_id: UUID, prepared: dict[str, Any]) -> None:
        """Keeps what it comes to, so that each later attempt goes on with the same; empty while that is not known."""
        await self._connection.execute(
            "update batches set correction = $2 where batch_id = $1", correction_id, prepared
        )

    async def before(self, tenant: int, correction_id: UUID, voucher_ids: Iterable[str]) -> dict[str, CorrectedBefore]:
        """What other corrections there are of these vouchers."""
        rows = await self._connection.fetch(
            """
            select c.voucher_id, c.correction_id, b.ended_at is not null or b.batch_id is null as ended, v.state,
                coalesce(r.series, v.series) as series, r.number,
                coalesce(r.financial_year, v.financial_year) as financial_year
            from corrections c
            left join batches b on b.batch_id = c.correction_id
            left join vouchers v on v.tenant = c.tenant and v.voucher_id = c.corrected_by
            left join receipts r on r.tenant = c.tenant and r.voucher_id = c.corrected_by
            where c.tenant = $1 and c.correction_id <> $2 and c.voucher_id = any($3::text[])
            """,
            tenant,
            correction_id,
            list(voucher_ids),
        )
        return {
            one.pop("voucher_id"): CorrectedBefore(**{**one, "state": State(one["state"]) if one["state"] else None})
            for one in map(dict, rows)
        }

    async def settled(self, tenant: int) -> set[tuple[str, int, int, date, str]]:
        """What we have reversed and what we reversed it with: series, number, Fortnox's id of the year, date and hash.

        The number alone could have come again.
        """
        rows = await self._connection.fetch(
            """
            select r.series, r.number, r.financial_year, r.voucher_date, r.rows_hash
            from corrections c
            join receipts done on done.tenant = c.tenant and done.voucher_id = c.corrected_by
            join receipts r on r.tenant = c.tenant and r.voucher_id in (c.voucher_id, c.corrected_by)
            where c.tenant = $1
            """,
            tenant,
        )
        return {tuple(row) for row in rows}

    async def claim(
        self, tenant: int, correction_id: UUID, pairs: Mapping[str, str], requested_by: str, requested_at: datetime
    ) -> bool:
        """Takes originals in hand, given with the ids of what will reverse them; False when one is another's.

        Free is what no unfinished correction has and what is not reversed. Claims of a company go one by one, so that
        each sees what the one before it took.
        """
        await self._connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"correct:{tenant}")
        rows = await self._connection.fetch(
            """
            insert into corrections as c
                (tenant, voucher_id, corrected_by, correction_id, requested_by, requested_at)
            select $1, one.voucher_id, one.corrected_by, $2, $5, $6
            from unnest($3::text[], $4::text[]) as one (voucher_id, corrected_by)
            on conflict (tenant, voucher_id) do update
            set correction_id = excluded.correction_id, requested_by = excluded.requested_by,
                requested_at = excluded.requested_at
            where c.correction_id = excluded.correction_id
               or not exists (select from batches b where b.batch_id = c.correction_id and b.ended_at is null)
                  and not exists (select from vouchers v
                                  where v.tenant = c.tenant and v.voucher_id = c.corrected_by
                                    and v.state in ('booked', 'duplicated'))
            returning voucher_id
            """,
            tenant,
            correction_id,
            list(pairs),
            list(pairs.values()),
            requested_by,
            requested_at,
        )
        return len(rows) == len(pairs)
