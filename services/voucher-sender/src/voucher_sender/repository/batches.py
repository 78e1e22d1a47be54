"""Batches, and what became of each voucher within them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from common.database import Connection
from common.events.voucher_batches import Mode, VouchersApproved
from voucher_sender.repository.receipts import AWAITING_APPROVAL

OF_TEXTS = "proposal"  # a finding's field that holds a voucher's text: told, not kept


class Outcome(StrEnum):
    """What became of a voucher within a batch."""

    BOOKED = "booked"
    ALREADY_BOOKED = "already_booked"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Batch:
    """A batch and how far it is."""

    batch_id: UUID
    mode: Mode
    tenant: int | None
    financial_year: int | None
    next_year: str | None
    locked_until: date | None
    checked: bool


@dataclass(frozen=True)
class Entry:
    """A voucher within a batch, after its check."""

    position: int
    voucher_id: str
    passed: bool
    findings: list[dict[str, Any]]
    outcome: Outcome | None = None
    voucher_date: date | None = None
    total: Decimal | None = None
    """Sum of the debit side, as approved."""


ENTRY_COLUMNS = ("position", "voucher_id", "passed", "findings", "outcome", "voucher_date", "total")


@dataclass(frozen=True)
class Tally:
    """A batch in figures."""

    vouchers: int
    passed: int
    booked: int
    already_booked: int
    rejected: int
    uncertain: int
    awaiting_approval: int
    """Of those booked or already booked."""
    not_as_booked: int
    """Of those already booked: what Fortnox no longer has as it was booked."""
    calls: int
    seconds: float


@dataclass(frozen=True)
class Wait:
    """A batch that has not got anywhere since a time."""

    since: datetime
    now: datetime
    told: bool
    """Whether its trouble has been told since then."""


class Batches:
    """Batches and what became of their vouchers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(self, batch: VouchersApproved, asked_at: datetime, *, correction: bool = False) -> Batch:
        """The batch's row, made if it isn't there; a correction's vouchers are kept with it when they are known."""
        await self._connection.execute(
            """
            insert into batches (batch_id, connection_id, mode, policy, series, year_from, year_to, correction,
                asked_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
            """,
            batch.batch_id,
            batch.connection_id,
            batch.mode,
            batch.policy,
            batch.series,
            batch.financial_year.from_date,
            batch.financial_year.to_date,
            {} if correction else None,
            asked_at,
        )
        return await self.get(batch.batch_id)

    async def get(self, batch_id: UUID) -> Batch:
        batch = await self.find(batch_id)
        assert batch is not None
        return batch

    async def find(self, batch_id: UUID) -> Batch | None:
        row = await self._connection.fetchrow(
            """
            select batch_id, mode, tenant, financial_year, next_year, locked_until, checked_at is not null as checked
            from batches where batch_id = $1
            """,
            batch_id,
        )
        return Batch(**{**row, "mode": Mode(row["mode"])}) if row else None

    async def keep_check(self, batch: Batch, entries: Sequence[Entry]) -> None:
        """Keeps what the check read and found, once."""
        await self._connection.execute(
            """
            update batches
            set tenant = $2, financial_year = $3, next_year = $4, locked_until = $5, checked_at = clock(),
                waiting_since = null, waiting_codes = default
            where batch_id = $1
            """,
            batch.batch_id,
            batch.tenant,
            batch.financial_year,
            batch.next_year,
            batch.locked_until,
        )
        await self._connection.executemany(
            """
            insert into batch_vouchers
                (batch_id, position, voucher_id, passed, findings, outcome, voucher_date, total)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [(batch.batch_id, *(getattr(one, name) for name in ENTRY_COLUMNS)) for one in map(_without_texts, entries)],
        )

    async def settle(
        self,
        batch_id: UUID,
        position: int,
        outcome: Outcome,
        findings: list[dict[str, Any]] | None = None,
        *,
        calls: int = 0,
    ) -> None:
        """Keeps a voucher's outcome, with the findings that led to it where there are any, and the calls that it took.

        The batch got somewhere.
        """
        await self._connection.execute(
            """
            with batch as (
                update batches set calls = calls + $5, waiting_since = null, waiting_codes = default
                where batch_id = $1 and ($5 > 0 or waiting_since is not null)
            )
            update batch_vouchers set outcome = $3, findings = findings || coalesce($4::jsonb, '[]')
            where batch_id = $1 and position = $2
            """,
            batch_id,
            position,
            outcome,
            findings,
            calls,
        )

    async def wait(self, batch_id: UUID, code: str) -> Wait:
        """Keeps that it waits, and with which trouble."""
        row = await self._connection.fetchrow(
            """
            update batches b
            set waiting_since = coalesce(b.waiting_since, clock()),
                waiting_codes = case when old.told then b.waiting_codes else b.waiting_codes || $2::text end
            from (select $2 = any(waiting_codes) as told from batches where batch_id = $1) old
            where batch_id = $1
            returning waiting_since as since, clock() as now, told
            """,
            batch_id,
            code,
        )
        assert row is not None
        return Wait(**row)

    async def add_calls(self, batch_id: UUID, calls: int) -> None:
        """Calls to Fortnox made for the batch, this attempt's added to those of earlier ones."""
        await self._connection.execute("update batches set calls = calls + $2 where batch_id = $1", batch_id, calls)

    async def any_rejected(self, batch_id: UUID) -> bool:
        return bool(
            await self._connection.fetchval(
                "select exists (select from batch_vouchers where batch_id = $1 and outcome = 'rejected')", batch_id
            )
        )

    async def tally(self, batch_id: UUID, contrary: Collection[str]) -> Tally:
        """`contrary` are the codes of findings that speak against an old receipt."""
        row = await self._connection.fetchrow(
            """
            select count(*) as vouchers, count(*) filter (where passed) as passed,
                count(*) filter (where outcome = 'booked') as booked,
                count(*) filter (where outcome = 'already_booked') as already_booked,
                count(*) filter (where outcome = 'rejected') as rejected,
                count(*) filter (where outcome = 'uncertain') as uncertain,
                count(*) filter (where r.approval_state = any($2::int[])) as awaiting_approval,
                count(*) filter (where outcome = 'already_booked' and exists (
                    select from jsonb_array_elements(e.findings) found where found ->> 'code' = any($3::text[])
                )) as not_as_booked,
                b.calls, extract(epoch from clock() - b.began_at)::float as seconds
            from batches b left join batch_vouchers e on e.batch_id = b.batch_id
            left join receipts r on r.tenant = b.tenant and r.voucher_id = e.voucher_id
                and e.outcome in ('booked', 'already_booked')
            where b.batch_id = $1 group by b.batch_id
            """,
            batch_id,
            AWAITING_APPROVAL,
            list(contrary),
        )
        assert row is not None
        return Tally(**row)

    async def end(self, batch_id: UUID, ending: dict[str, Any]) -> None:
        """Ends it. What a correction came to goes, with its texts, unless a person may have to decide about it."""
        await self._connection.execute(
            """
            update batches b
            set ended_at = clock(), ending = $2, correction = case
                when correction is null or exists (
                    select from vouchers v where v.batch_id = b.batch_id and v.state in ('intended', 'duplicated'))
                then correction else '{}' end
            where batch_id = $1
            """,
            batch_id,
            ending,
        )


def _without_texts(entry: Entry) -> Entry:
    findings = [{name: value for name, value in one.items() if name != OF_TEXTS} for one in entry.findings]
    return replace(entry, findings=findings)
