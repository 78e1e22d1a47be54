"""What waits for a person, and what persons have decided: kept for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from common.database import Connection
from voucher_sender.repository.vouchers import State

LONG = timedelta(hours=4)
"""For how long a voucher is uncertain before it is a person's affair, too: what passes has passed by then."""
NEEDS_A_PERSON = """
    (v.state = 'duplicated' or v.state = 'intended' and v.uncertain_since is not null
        and (v.uncertain_code in ('voucher.uncertain-gap', 'voucher.uncertain-gave-up',
                'voucher.uncertain-look-alike', 'voucher.uncertain-contradicted')
             or v.uncertain_since < clock() - $1::interval))
"""
DOUBT = """
    select v.tenant, v.voucher_id, v.connection_id, v.batch_id, v.state, v.marker, v.voucher_date, v.content_hash,
        coalesce(v.series, b.series) as series, coalesce(v.financial_year, b.financial_year) as financial_year,
        v.highest_number, v.intended_at, v.ends_by, v.over_at, v.uncertain_since, v.uncertain_code, v.found_at,
        coalesce(b.connection_id, v.connection_id) as told_to, b.ended_at is not null or b.batch_id is null as ended,
        case when b.financial_year is not null then b.financial_year end as batch_year, b.year_from, b.year_to
    from vouchers v
    left join batches b on b.batch_id = v.batch_id
"""


@dataclass(frozen=True)
class Doubt:
    """A voucher that waits for a person."""

    tenant: int
    voucher_id: str
    connection_id: UUID
    batch_id: UUID
    state: State
    marker: str
    voucher_date: date | None
    content_hash: str
    series: str | None
    financial_year: int | None
    highest_number: int | None
    intended_at: datetime | None
    ends_by: datetime | None
    over_at: datetime | None
    """When the call that may have booked it will have ended, and when it is known to have."""
    uncertain_since: datetime | None
    uncertain_code: str | None
    found_at: list[dict[str, Any]] | None
    told_to: UUID
    """The connection of its batch, which is told."""
    ended: bool
    """Whether its batch has ended."""
    batch_year: int | None
    """Fortnox's id of the batch's year, whose first and last day follow."""
    year_from: date | None
    year_to: date | None


@dataclass(frozen=True)
class Place:
    """A voucher in Fortnox."""

    series: str
    number: int
    financial_year: int

    def __str__(self) -> str:
        return f"{self.series} {self.number}"


class Decisions:
    """Questions and answers about vouchers that wait for a person."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def waiting(self) -> list[Doubt]:
        """All that waits for a person, the oldest first."""
        rows = await self._connection.fetch(
            f"{DOUBT} where {NEEDS_A_PERSON} order by coalesce(v.uncertain_since, v.intended_at) nulls first",
            LONG,
        )
        return [_doubt(row) for row in rows]

    async def find(self, connection_id: UUID, voucher_id: str) -> Doubt | None:
        """A voucher that waits for a person, in a company that the connection sent to."""
        row = await self._connection.fetchrow(
            f"""
            {DOUBT} where {NEEDS_A_PERSON} and v.voucher_id = $3 and v.tenant in (
                select tenant from batches where connection_id = $2
                union select tenant from vouchers where connection_id = $2 and voucher_id = $3)
            order by v.connection_id = $2 desc limit 1
            """,  # noqa: S608  (our own words)
            LONG,
            connection_id,
            voucher_id,
        )
        return _doubt(row) if row else None

    async def left_uncertain(self, tenant: int, voucher_id: str) -> Doubt | None:
        """A voucher that may be in Fortnox, and whose batch has ended without knowing."""
        row = await self._connection.fetchrow(
            f"""
            {DOUBT} where v.tenant = $1 and v.voucher_id = $2 and v.state = 'intended'
                and (b.ended_at is not null or b.batch_id is null)
            """,
            tenant,
            voucher_id,
        )
        return _doubt(row) if row else None

    async def hold(self, doubt: Doubt) -> bool:
        """Locks the voucher until the transaction ends; False when it is no longer as it was."""
        found = await self._connection.fetchval(
            """
            select true from vouchers
            where tenant = $1 and voucher_id = $2 and state = $3 and batch_id = $4
              and intended_at is not distinct from $5
            for update
            """,
            doubt.tenant,
            doubt.voucher_id,
            doubt.state,
            doubt.batch_id,
            doubt.intended_at,
        )
        return bool(found)

    async def take_job(self, batch_id: UUID) -> bool:
        """Keeps the batch's job from running until the transaction ends; False when somebody runs it just now.

        One whose process died is taken from it for good, as by any other replica.
        """
        row = await self._connection.fetchrow(
            """
            select id, status = 'running' as runs, lease_until > clock() as alive from jobs
            where business_key = $1 and kind = 'batch' for update
            """,
            str(batch_id),
        )
        if row is None or not row["runs"]:
            return True
        if row["alive"]:
            return False
        await self._connection.execute(
            "update jobs set status = 'queued', fence = fence + 1, lease_until = null where id = $1", row["id"]
        )
        return True

    async def command(self, batch_id: UUID) -> dict[str, Any] | None:
        """What asked for the batch, as its job keeps it."""
        command: dict[str, Any] | None = await self._connection.fetchval(
            "select command from jobs where business_key = $1 and kind = 'batch'", str(batch_id)
        )
        return command

    async def approved(self, batch_id: UUID, voucher_id: str) -> dict[str, Any] | None:
        """The voucher as it was approved; None when that is no longer kept."""
        voucher: dict[str, Any] | None = await self._connection.fetchval(
            """
            select one.value
            from (select coalesce(nullif(b.correction, '{}'), j.command -> 'data', i.data) -> 'vouchers' as vouchers
                  from (select $1::uuid as batch_id) wanted
                  left join batches b using (batch_id)
                  left join jobs j on j.business_key = $1::text and j.kind = 'batch'
                  left join inbox i on i.business_key = $1::text and i.type = 'vouchers.approved') said
            cross join lateral jsonb_array_elements(said.vouchers) one
            where one.value ->> 'voucher_id' = $2
            """,
            batch_id,
            voucher_id,
        )
        return voucher

    async def receipted_as(self, tenant: int, place: Place, voucher_id: str) -> str | None:
        """Another voucher that has that one as its receipt."""
        other: str | None = await self._connection.fetchval(
            """
            select voucher_id from receipts
            where tenant = $1 and series = $2 and number = $3 and financial_year = $4 and voucher_id <> $5 limit 1
            """,
            tenant,
            place.series,
            place.number,
            place.financial_year,
            voucher_id,
        )
        return other

    async def keep(
        self, doubt: Doubt, place: Place | None, differences: Sequence[str], reason: str, decided_by: str
    ) -> None:
        """Writes the decision down; `place` None: it is not booked."""
        await self._connection.execute(
            """
            insert into decisions (tenant, voucher_id, batch_id, decided, series, number, financial_year, differences,
                reason, decided_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            doubt.tenant,
            doubt.voucher_id,
            doubt.batch_id,
            "booked" if place else "not_booked",
            place and place.series,
            place and place.number,
            place and place.financial_year,
            list(differences),
            reason,
            decided_by,
        )

    async def release(self, doubt: Doubt) -> None:
        """The voucher is not in Fortnox: its batch, which goes on, may send it."""
        await self._connection.execute(
            """
            update vouchers set state = 'approved', uncertain_since = null, uncertain_code = null,
                uncertain_told = default, over_at = null, missed_at = null, found_at = null
            where tenant = $1 and voucher_id = $2
            """,
            doubt.tenant,
            doubt.voucher_id,
        )

    async def settle(self, doubt: Doubt, outcome: str | None, findings: list[dict[str, Any]]) -> None:
        """The voucher's outcome within its batch, and the findings that led to it."""
        await self._connection.execute(
            """
            update batch_vouchers set outcome = $3, findings = findings || $4::jsonb
            where batch_id = $1 and voucher_id = $2
            """,
            doubt.batch_id,
            doubt.voucher_id,
            outcome,
            findings,
        )


def _doubt(row: Any) -> Doubt:
    return Doubt(**{**row, "state": State(row["state"])})
