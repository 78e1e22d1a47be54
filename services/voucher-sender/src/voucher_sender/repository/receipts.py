"""Receipts, and what Fortnox has shown of its locks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from common.database import Connection

MARKER_DIFFERS = "märke: "
"""How the difference of a receipt begins whose voucher did not carry our marker when a person decided for it."""
AWAITING_APPROVAL = (1, 2)  # Fortnox's ApprovalState: not ready, not approved (Fortnox fact 6.1)


def api_path(series: str, number: int, financial_year: int) -> str:
    """Where Fortnox's API has a voucher, after the API's own address (Fortnox fact 6.1, `@url`)."""
    return f"/3/vouchers/{quote(series, safe='')}/{number}?financialyear={financial_year}"


@dataclass(frozen=True)
class Receipt:
    """Where a voucher was booked, and what Fortnox said of it then."""

    tenant: int
    voucher_id: str
    series: str
    number: int
    financial_year: int
    voucher_date: date
    booked_at: datetime
    approval_state: int | None
    rows_hash: str
    total: Decimal
    marker: str
    differences: list[str]
    batch_id: UUID
    year_from: date | None = None
    year_to: date | None = None
    decided: bool = False
    """Whether a person decided that this voucher counts."""
    lines: list[str] = field(default_factory=list)
    """The rows as Fortnox returned them, in words; empty in receipts of older versions."""
    corrects: dict[str, Any] | None = None
    """The voucher that it reverses: `voucher_id`, `series`, `number`, `financial_year`. Known when it is written."""
    sent_at: datetime | None = None
    """When the call was about to be made that booked it, by the intent. Known when it is written."""

    @property
    def awaiting_approval(self) -> bool:
        return self.approval_state in AWAITING_APPROVAL

    @property
    def marked(self) -> bool:
        """Whether the voucher carried our marker: if not, a person decided that it counts all the same."""
        return not any(one.startswith(MARKER_DIFFERS) for one in self.differences)

    @property
    def path(self) -> str:
        return api_path(self.series, self.number, self.financial_year)


class Receipts:
    """Receipts: written once, never changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def write(self, receipt: Receipt) -> Receipt:
        """Writes it, and returns it with what is known only now: what it corrects, and when it was sent."""
        known = await self._connection.fetchrow(
            """
            insert into receipts (tenant, voucher_id, series, number, financial_year, voucher_date, booked_at,
                approval_state, rows_hash, total, marker, differences, batch_id, year_from, year_to, decided, lines,
                corrects, sent_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                (select jsonb_build_object('voucher_id', r.voucher_id, 'series', r.series, 'number', r.number,
                     'financial_year', r.financial_year)
                 from corrections c join receipts r using (tenant, voucher_id)
                 where c.tenant = $1 and c.corrected_by = $2),
                (select intended_at from vouchers where tenant = $1 and voucher_id = $2 and posts > 0))
            returning corrects, sent_at
            """,
            *(getattr(receipt, name) for name in RECEIPT_COLUMNS if name not in KNOWN_WHEN_WRITTEN),
        )
        assert known is not None
        return replace(receipt, **known)

    async def get(self, tenant: int, voucher_ids: Iterable[str]) -> dict[str, Receipt]:
        rows = await self._connection.fetch(
            f"select {', '.join(RECEIPT_COLUMNS)} from receipts where tenant = $1 and voucher_id = any($2::text[])",  # noqa: S608  (our own column names)
            tenant,
            list(voucher_ids),
        )
        return {row["voucher_id"]: Receipt(**row) for row in rows}

    async def at(self, tenant: int, financial_year: int, places: Collection[tuple[str, int]]) -> list[Receipt]:
        """What was booked at these places: their numbers may have come again since."""
        rows = await self._connection.fetch(
            f"""
            select {", ".join(RECEIPT_COLUMNS)} from receipts
            where tenant = $1 and financial_year = $2
              and (series, number) in (select * from unnest($3::text[], $4::integer[]))
            """,  # noqa: S608  (our own column names)
            tenant,
            financial_year,
            [series for series, _ in places],
            [number for _, number in places],
        )
        return [Receipt(**row) for row in rows]


KNOWN_WHEN_WRITTEN = ("corrects", "sent_at")
RECEIPT_COLUMNS = tuple(Receipt.__dataclass_fields__)


class SeriesLocks:
    """Which series Fortnox has shown to be subject to the lock, or exempt (Fortnox fact 5.8)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lockable(
        self,
        tenant: int,
        financial_year: int,
        series: str,
        locked_until: date,
        *,
        exempt_for: timedelta,
        refused_for: timedelta,
    ) -> bool | None:
        """What was seen last; None when nothing was, too long ago, or while the lock stood at another date.

        Who moves the lock may have changed the exempt series too; and who was refused may make the series exempt, so
        that a refusal is not believed for as long.
        """
        seen: bool | None = await self._connection.fetchval(
            """
            select lockable from series_locks
            where tenant = $1 and financial_year = $2 and series = $3 and locked_until = $4
              and seen_at > clock() - case when lockable then $6::interval else $5::interval end
            """,
            tenant,
            financial_year,
            series,
            locked_until,
            exempt_for,
            refused_for,
        )
        return seen

    async def remember(
        self, tenant: int, financial_year: int, series: str, locked_until: date, *, lockable: bool
    ) -> None:
        await self._connection.execute(
            """
            insert into series_locks (tenant, financial_year, series, locked_until, lockable)
            values ($1, $2, $3, $4, $5)
            on conflict (tenant, financial_year, series) do update
            set locked_until = excluded.locked_until, lockable = excluded.lockable, seen_at = clock()
            """,
            tenant,
            financial_year,
            series,
            locked_until,
            lockable,
        )
