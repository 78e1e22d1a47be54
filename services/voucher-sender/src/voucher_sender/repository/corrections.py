"""Which voucher reverses which, and what a correction comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.database import Connection
from common.events.voucher_batches import VouchersCorrectionRequested
from voucher_sender.repository.vouchers import State


@dataclass(frozen=True)
class CorrectedBefore:
    """An earlier or another correction of a voucher."""

    correction_id: UUID
    ended: bool
    state: State | None
    """Of the reversing voucher; None where that was never taken in hand."""
    series: str | None
    financial_year: int | None
    """Where that was booked or sent."""


@dataclass(frozen=True)
class Asked:
    """Who asked for a correction, and when."""

    requested_by: str
    requested_at: datetime


class Corrections:
    """A voucher is reversed once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def is_one(self, batch_id: UUID) -> bool | None:
        """Whether the id stands for a correction or, False, for an ordinary batch; None where it is not known."""
        found: bool | None = await self._connection.fetchval(
            """
            select correction is not null from batches where batch_id = $1
            union all
            select command ->> 'type' = $2 from jobs where kind = 'batch' and business_key = $1::text
            limit 1
            """,
            batch_id,
            VouchersCorrectionRequested.TYPE,
        )
        return found

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
                coalesce(r.series, v.series) as series,
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

    async def sharing(self, tenant: int, voucher_ids: Iterable[str]) -> dict[str, dict[str, bool]]:
        """Other vouchers whose receipts name the same places: by id, whether we reversed just what this one's says."""
        rows = await self._connection.fetch(
            """
            select r.voucher_id, jsonb_object_agg(o.voucher_id,
                (o.voucher_date, o.rows_hash) = (r.voucher_date, r.rows_hash) and done.voucher_id is not null) as others
            from receipts r
            join receipts o using (tenant, financial_year, series, number)
            left join corrections c on c.tenant = o.tenant and c.voucher_id = o.voucher_id
            left join receipts done on done.tenant = c.tenant and done.voucher_id = c.corrected_by
            where r.tenant = $1 and r.voucher_id = any($2::text[]) and o.voucher_id <> r.voucher_id
            group by r.voucher_id
            """,
            tenant,
            list(voucher_ids),
        )
        return {row["voucher_id"]: row["others"] for row in rows}

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
        self, tenant: int, correction_id: UUID, pairs: Mapping[str, str], asked: Asked
    ) -> dict[str, Asked] | None:
        """Takes originals in hand, given with the ids of what will reverse them; None when one is another's.

        Free is what no unfinished correction has and what is not reversed. Claims of a company go one by one, so that
        each sees what the one before it took. Returns who asked for each: where the reversing voucher may be in
        Fortnox already, whoever asked then.
        """
        await self._connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"correct:{tenant}")
        rows = await self._connection.fetch(
            """
            insert into corrections as c
                (tenant, voucher_id, corrected_by, correction_id, requested_by, requested_at)
            select $1, one.voucher_id, one.corrected_by, $2, $5, $6
            from unnest($3::text[], $4::text[]) as one (voucher_id, corrected_by)
            on conflict (tenant, voucher_id) do update
            set correction_id = excluded.correction_id,
                (requested_by, requested_at) = (
                    select case when v.state = 'intended' then c.requested_by else excluded.requested_by end,
                        case when v.state = 'intended' then c.requested_at else excluded.requested_at end
                    from (values (0)) one left join vouchers v
                        on v.tenant = c.tenant and v.voucher_id = c.corrected_by)
            where c.correction_id = excluded.correction_id
               or not exists (select from batches b where b.batch_id = c.correction_id and b.ended_at is null)
                  and not exists (select from vouchers v
                                  where v.tenant = c.tenant and v.voucher_id = c.corrected_by
                                    and v.state in ('booked', 'duplicated'))
            returning voucher_id, requested_by, requested_at
            """,
            tenant,
            correction_id,
            list(pairs),
            list(pairs.values()),
            asked.requested_by,
            asked.requested_at,
        )
        taken = {row["voucher_id"]: Asked(row["requested_by"], row["requested_at"]) for row in rows}
        return taken if len(taken) == len(pairs) else None
