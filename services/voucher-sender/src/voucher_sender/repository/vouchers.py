"""Each voucher of a company, once and for ever: its way into Fortnox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from common.database import Connection
from voucher_sender.repository.receipts import MARKER_DIFFERS


class State(StrEnum):
    """Where a voucher is on its way into Fortnox."""

    APPROVED = "approved"
    """Not in Fortnox, as far as we have to do with it."""
    INTENDED = "intended"
    """It may be in Fortnox: find out before anything else."""
    BOOKED = "booked"
    REJECTED = "rejected"
    DUPLICATED = "duplicated"


class MayBeBooked(Exception):
    """A voucher that may be in Fortnox was to be called rejected: a fault of ours."""


@dataclass(frozen=True)
class KnownVoucher:
    """What we know of a voucher_id from before."""

    voucher_id: str
    state: State
    content_hash: str
    marker: str
    batch_id: UUID
    batch_ended: bool
    series: str | None = None
    financial_year: int | None = None
    number: int | None = None
    voucher_date: date | None = None
    rows_hash: str | None = None
    """Both as booked."""
    marked: bool = True
    """Whether it carried our marker in Fortnox; not, where a person decided that it counts all the same."""
    superseded: bool = False
    """Whether another voucher's later receipt has the same place: then its number has come again."""

    @property
    def place(self) -> str:
        return f"{self.series} {self.number}"


@dataclass(frozen=True)
class Claimed:
    """A voucher that passed and that a batch takes in hand."""

    voucher_id: str
    content_hash: str
    marker: str


@dataclass(frozen=True)
class Pending:
    """A voucher of a batch that has no outcome yet."""

    position: int
    """Within its batch; 0 where that batch is not at hand."""
    voucher_id: str
    voucher_date: date | None
    """As it was sent; None when it has not been."""
    marker: str
    state: State
    series: str | None
    financial_year: int | None
    highest_number: int | None
    posts: int
    intended_at: datetime | None
    ends_by: datetime | None
    """When the call will certainly have ended, by the settings of the process that made it."""
    over_at: datetime | None
    missed_at: datetime | None


@dataclass(frozen=True)
class Uncertainty:
    """A voucher of which nobody knows whether it is in Fortnox."""

    since: datetime
    told: bool
    """Whether this trouble of it has been told since then."""


@dataclass(frozen=True)
class Sent:
    """A voucher that was sent, and where its receipt says that it is."""

    voucher_id: str
    marker: str
    series: str | None
    number: int | None
    financial_year: int | None


class Vouchers:
    """Each voucher's way into Fortnox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def known(self, tenant: int, voucher_ids: Iterable[str]) -> dict[str, KnownVoucher]:
        """What we know of these ids from before."""
        rows = await self._connection.fetch(
            """
            select v.voucher_id, v.state, v.content_hash, v.marker, v.batch_id,
                b.ended_at is not null or b.batch_id is null as batch_ended,
                coalesce(r.series, v.series) as series,
                coalesce(r.financial_year, v.financial_year) as financial_year, r.number, r.voucher_date, r.rows_hash,
                not exists (
                    select from jsonb_array_elements_text(r.differences) told where starts_with(told, $3)
                ) as marked,
                exists (
                    select from receipts later
                    where (later.tenant, later.financial_year, later.series, later.number)
                        = (r.tenant, r.financial_year, r.series, r.number) and later.booked_at > r.booked_at
                ) as superseded
            from vouchers v
            left join batches b using (batch_id)
            left join receipts r on r.tenant = v.tenant and r.voucher_id = v.voucher_id
            where v.tenant = $1 and v.voucher_id = any($2::text[])
            """,
            tenant,
            list(voucher_ids),
            MARKER_DIFFERS,
        )
        return {row["voucher_id"]: KnownVoucher(**{**row, "state": State(row["state"])}) for row in rows}

    async def claim(self, tenant: int, connection_id: UUID, batch_id: UUID, vouchers: Iterable[Claimed]) -> set[str]:
        """Takes vouchers in hand for a batch; returns the ids that were free to take.

        Free is what no unfinished batch has, and what is not booked. One whose outcome an ended batch left unknown
        stays `intended`, and only with the same content.
        """
        taken = sorted(vouchers, key=lambda one: one.voucher_id)  # one order for all, so that nobody waits in a ring
        rows = await self._connection.fetch(
            """
            insert into vouchers as v (tenant, connection_id, batch_id, voucher_id, content_hash, marker, state)
            select $1, $2, $3, new.voucher_id, new.content_hash, new.marker, 'approved'
            from unnest($4::text[], $5::text[], $6::text[]) as new (voucher_id, content_hash, marker)
            on conflict (tenant, voucher_id) do update
            set batch_id = excluded.batch_id, content_hash = excluded.content_hash,
                state = case when v.state = 'intended' then v.state else 'approved' end
            where (v.batch_id = excluded.batch_id or v.state = 'rejected'
                   or not exists (select from batches b where b.batch_id = v.batch_id and b.ended_at is null))
              and (v.state in ('approved', 'rejected')
                   or v.state = 'intended' and v.content_hash = excluded.content_hash)
            returning voucher_id
            """,
            tenant,
            connection_id,
            batch_id,
            [one.voucher_id for one in taken],
            [one.content_hash for one in taken],
            [one.marker for one in taken],
        )
        return {row["voucher_id"] for row in rows}

    async def pending(self, batch_id: UUID, position: int | None = None) -> list[Pending]:
        """The batch's vouchers that passed and have no outcome yet, in order; or the one at a position."""
        rows = await self._connection.fetch(
            """
            select e.position, v.voucher_id, v.voucher_date, v.marker, v.state, v.series, v.financial_year,
                v.highest_number, v.posts, v.intended_at, v.ends_by, v.over_at, v.missed_at
            from batch_vouchers e
            join batches b using (batch_id)
            join vouchers v on v.tenant = b.tenant and v.voucher_id = e.voucher_id and v.batch_id = e.batch_id
            where e.batch_id = $1 and e.passed and e.outcome is null and e.position = coalesce($2, e.position)
            order by e.position
            """,
            batch_id,
            position,
        )
        return [Pending(**{**row, "state": State(row["state"])}) for row in rows]

    async def in_doubt(self, tenant: int, series: str, financial_year: int, batch_id: UUID) -> list[Pending]:
        """Vouchers of other batches of which nobody knows yet whether they are in the series."""
        rows = await self._connection.fetch(
            """
            select 0 as position, voucher_id, voucher_date, marker, state, series, financial_year, highest_number,
                posts, intended_at, ends_by, over_at, missed_at
            from vouchers
            where tenant = $1 and series = $2 and financial_year = $3 and state = 'intended' and batch_id <> $4
              and seen_number is null
            order by intended_at
            """,
            tenant,
            series,
            financial_year,
            batch_id,
        )
        return [Pending(**{**row, "state": State(row["state"])}) for row in rows]

    async def found_out(self, tenant: int, pending: Pending, seen_number: int | None) -> None:
        """Another batch has found out where it is, or that it is nowhere; unless it was sent again since."""
        await self._connection.execute(
            """
            update vouchers
            set seen_number = $4::integer, state = case when $4::integer is null then 'approved' else state end
            where tenant = $1 and voucher_id = $2 and intended_at = $3 and state = 'intended'
            """,
            tenant,
            pending.voucher_id,
            pending.intended_at,
            seen_number,
        )

    async def intend(
        self,
        tenant: int,
        pending: Pending,
        *,
        voucher_date: date,
        series: str,
        financial_year: int,
        highest_number: int,
        payload_hash: str,
        lasts: timedelta,
    ) -> None:
        """Writes down that the voucher is about to be sent: from the commit on it may be in Fortnox.

        One sent again keeps the number above which it was first looked for: a sending given up for lost may yet show.
        """
        await self._connection.execute(
            """
            update vouchers
            set state = 'intended', series = $3, financial_year = $4, payload_hash = $6,
                highest_number = case when posts > 0 and (series, financial_year) = ($3, $4)
                    then least(highest_number, $5) else $5 end,
                voucher_date = $7, intended_at = clock(), ends_by = clock() + $8::interval, posts = posts + 1,
                over_at = null, missed_at = null, seen_number = null
            where tenant = $1 and voucher_id = $2
            """,
            tenant,
            pending.voucher_id,
            series,
            financial_year,
            highest_number,
            payload_hash,
            voucher_date,
            lasts,
        )

    async def suspect(
        self,
        tenant: int,
        pending: Pending,
        *,
        voucher_date: date,
        series: str,
        financial_year: int,
        highest_number: int,
    ) -> datetime:
        """It may be in Fortnox although we know of no sending: found out like one that was sent. Returns the time."""
        now: datetime = await self._connection.fetchval(
            """
            update vouchers
            set state = 'intended', series = $3, financial_year = $4, highest_number = $5, voucher_date = $6,
                intended_at = clock(), ends_by = clock(), over_at = clock(), missed_at = null, seen_number = null
            where tenant = $1 and voucher_id = $2
            returning clock()
            """,
            tenant,
            pending.voucher_id,
            series,
            financial_year,
            highest_number,
            voucher_date,
        )
        return now

    async def not_sent(self, tenant: int, voucher_id: str) -> None:
        """That call, certainly, was not carried out."""
        await self._connection.execute(
            """
            update vouchers set state = 'approved', posts = greatest(posts - 1, 0), uncertain_since = null,
                uncertain_code = null, uncertain_told = default
            where tenant = $1 and voucher_id = $2
            """,
            tenant,
            voucher_id,
        )

    async def over(self, tenant: int, voucher_id: str) -> None:
        """The call has ended without telling its outcome."""
        await self._connection.execute(
            "update vouchers set over_at = clock() where tenant = $1 and voucher_id = $2", tenant, voucher_id
        )

    async def missed(self, tenant: int, voucher_id: str, at: datetime) -> None:
        """A look that began then did not find it."""
        await self._connection.execute(
            "update vouchers set missed_at = $3 where tenant = $1 and voucher_id = $2", tenant, voucher_id, at
        )

    async def uncertain(self, tenant: int, voucher_id: str, code: str) -> Uncertainty:
        """Keeps what the trouble is now, and that it is told."""
        row = await self._connection.fetchrow(
            """
            update vouchers v
            set uncertain_code = $3, uncertain_since = coalesce(v.uncertain_since, clock()),
                uncertain_told = case when old.told then v.uncertain_told else v.uncertain_told || $3::text end
            from (select $3 = any(uncertain_told) as told from vouchers where tenant = $1 and voucher_id = $2) old
            where tenant = $1 and voucher_id = $2
            returning uncertain_since as since, told
            """,
            tenant,
            voucher_id,
            code,
        )
        assert row is not None
        return Uncertainty(**row)

    async def booked(self, tenant: int, voucher_id: str) -> datetime:
        """It has a receipt; returns the database's time."""
        return await self._move(tenant, voucher_id, State.BOOKED)

    async def rejected(self, tenant: int, voucher_id: str, *, proven_absent: bool = False) -> None:
        """It is not booked. Raises MayBeBooked of one that may be in Fortnox, unless it is proven that it isn't."""
        if not proven_absent:
            state = await self._connection.fetchval(
                "select state from vouchers where tenant = $1 and voucher_id = $2 for update", tenant, voucher_id
            )
            if state == State.INTENDED:
                raise MayBeBooked
        await self._move(tenant, voucher_id, State.REJECTED)

    async def duplicated(self, tenant: int, voucher_id: str, found_at: list[dict[str, Any]]) -> None:
        """It is in Fortnox more than once: where, for the person who decides."""
        await self._move(tenant, voucher_id, State.DUPLICATED)
        await self._connection.execute(
            "update vouchers set found_at = $3 where tenant = $1 and voucher_id = $2", tenant, voucher_id, found_at
        )

    async def _move(self, tenant: int, voucher_id: str, state: State) -> datetime:
        now: datetime = await self._connection.fetchval(
            """
            update vouchers set state = $3, uncertain_since = null, uncertain_code = null, uncertain_told = default
            where tenant = $1 and voucher_id = $2
            returning clock()
            """,
            tenant,
            voucher_id,
            state,
        )
        return now

    async def sent(self, batch_id: UUID) -> list[Sent]:
        """The vouchers that the batch has sent or tried to send."""
        rows = await self._connection.fetch(
            """
            select v.voucher_id, v.marker, r.series, r.number, r.financial_year
            from vouchers v left join receipts r using (tenant, voucher_id)
            where v.batch_id = $1 and v.posts > 0
            order by v.intended_at
            """,
            batch_id,
        )
        return [Sent(**row) for row in rows]

    async def lowest_intent(self, batch_id: UUID) -> int:
        """The lowest of the highest numbers that the series had when the batch's vouchers were sent."""
        number: int | None = await self._connection.fetchval(
            "select min(highest_number) from vouchers where batch_id = $1 and posts > 0", batch_id
        )
        return number or 0

    async def last_repeat(self, batch_id: UUID) -> datetime | None:
        """When the batch last sent a voucher that it had sent before, or may have."""
        at: datetime | None = await self._connection.fetchval(
            "select max(intended_at) from vouchers where batch_id = $1 and posts > 1", batch_id
        )
        return at

    async def clock(self) -> datetime:
        """The database's time: all replicas' looks and intents are told by it."""
        now: datetime = await self._connection.fetchval("select clock()")
        return now
