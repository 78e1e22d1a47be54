"""The SQL of grants and of the right to renew them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from common.database import Connection
from common.events import ConnectionKind


@dataclass(frozen=True)
class Grant:
    """What a company has consented to, secrets encrypted."""

    id: UUID
    tenant: int
    kind: ConnectionKind
    status: str
    trouble: dict[str, Any] | None
    retry_at: datetime | None
    scopes: list[str]
    master_key: str
    sealed_key: bytes = field(repr=False)
    company: bytes = field(repr=False)
    access_token: bytes = field(repr=False)
    access_until: datetime
    refresh_token: bytes | None = field(repr=False)
    refresh_hash: bytes | None = field(repr=False)
    refreshed_at: datetime
    version: int
    announced_until: datetime | None
    succeeded_at: datetime | None
    failed_at: datetime | None
    failure: dict[str, Any] | None


@dataclass(frozen=True)
class GrantedTokens:
    """A new set of tokens, encrypted, as it is stored."""

    access_token: bytes = field(repr=False)
    access_hash: bytes = field(repr=False)
    expires_in: int
    refresh_token: bytes | None = field(repr=False)
    refresh_hash: bytes | None = field(repr=False)
    scopes: Sequence[str]
    renew_in: timedelta


class Grants:
    """Grants: one per Fortnox app and company."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, grant_id: UUID, *, lock: bool = False) -> Grant | None:
        if lock:
            return await self._one("select * from grants where id = $1 for update", grant_id)
        return await self._one("select * from grants where id = $1", grant_id)

    async def of_tenant(self, client_id: str, tenant: int) -> Grant | None:
        """The company's grant, locked."""
        return await self._one(
            "select * from grants where client_id = $1 and tenant = $2 for update", client_id, tenant
        )

    async def add(
        self,
        grant_id: UUID,
        client_id: str,
        tenant: int,
        kind: ConnectionKind,
        *,
        sealed: tuple[str, bytes],
        company: bytes,
        tokens: GrantedTokens,
        obtained_at: datetime,
    ) -> None:
        """Keeps a company's first grant, with its sealed key. A second one at the same time violates its uniqueness."""
        await self._connection.execute(
            """
            insert into grants (id, client_id, tenant, kind, master_key, sealed_key, company, scopes, access_token,
                access_hash, access_until, refresh_token, refresh_hash, refreshed_at, succeeded_at, renew_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock() + make_interval(secs => $11), $12, $13,
                $15, clock(), clock() + $14::interval)
            """,
            grant_id,
            client_id,
            tenant,
            kind,
            *sealed,
            company,
            list(tokens.scopes),
            tokens.access_token,
            tokens.access_hash,
            float(tokens.expires_in),
            tokens.refresh_token,
            tokens.refresh_hash,
            tokens.renew_in,
            obtained_at,
        )

    async def consent_again(self, grant_id: UUID, kind: ConnectionKind, tokens: GrantedTokens) -> None:
        """A new consent replaces the one before, whatever state that was in and whoever was renewing it."""
        await self._connection.execute("update grants set kind = $2 where id = $1", grant_id, kind)
        await self._store(grant_id, tokens, 0.0)

    async def set_company(self, grant_id: UUID, company: bytes, number: bytes | None) -> None:
        """`number` is the fingerprint of its organisation number."""
        await self._connection.execute(
            "update grants set company = $2, company_number = $3 where id = $1", grant_id, company, number
        )

    async def with_number(self, client_id: str, fingerprints: Sequence[bytes]) -> list[Grant]:
        """Those of the companies with that organisation number: mostly one."""
        rows = await self._connection.fetch(
            "select * from grants where client_id = $1 and company_number = any ($2) and status <> 'ending'",
            client_id,
            list(fingerprints),
        )
        return [_grant(row) for row in rows]

    async def adopt(self, grant_id: UUID, scopes: Sequence[str]) -> None:
        """What was held for the grant is its own now."""
        await self._connection.execute(
            "update grants set status = 'active', trouble = null, retry_at = null, scopes = $2 where id = $1",
            grant_id,
            list(scopes),
        )

    async def now(self) -> datetime:
        """The database's time, which all replicas share."""
        now: datetime = await self._connection.fetchval("select clock()")
        return now

    async def hold(
        self,
        grant_id: UUID,
        kind: ConnectionKind,
        tokens: GrantedTokens,
        obtained_at: datetime,
        *,
        spare_access: bool,
    ) -> None:
        """Stores the tokens of a new consent and nothing else: state and scopes stay what was told of them last.

        `spare_access` leaves an access token that still lives where it is: it may do more than the new one.
        """
        await self._connection.execute(
            """
            update grants set kind = $2,
                access_token = case when $10 and access_until > clock() then access_token else $3 end,
                access_hash = case when $10 and access_until > clock() then access_hash else $4 end,
                access_until = case when $10 and access_until > clock() then access_until
                    else clock() + make_interval(secs => $5) end,
                refresh_token = $6, refresh_hash = $7,
                refreshed_at = $8, renew_at = clock() + $9::interval, version = version + 1, retry_at = null,
                status = case status when 'ending' then 'active' else status end, succeeded_at = clock(),
                claim_id = null, claim_deadline = null, doubtful = false
            where id = $1
            """,
            grant_id,
            kind,
            tokens.access_token,
            tokens.access_hash,
            float(tokens.expires_in),
            tokens.refresh_token,
            tokens.refresh_hash,
            obtained_at,
            tokens.renew_in,
            spare_access,
        )

    async def change_key(self, grant_id: UUID, master_key: str, sealed_key: bytes) -> None:
        await self._connection.execute(
            "update grants set master_key = $2, sealed_key = $3 where id = $1", grant_id, master_key, sealed_key
        )

    async def claim(
        self, grant_id: UUID, version: int, claim_id: UUID, send_within: timedelta, takeover_after: timedelta
    ) -> Grant | None:
        """The right to renew tokens of this version, unless somebody has it. Commit before sending anything.

        A holder that said nothing is succeeded when its deadline and the longest call after it are over; what became
        of the refresh token is then in doubt.
        """
        return await self._one(
            """
            update grants set claim_id = $3, claim_deadline = clock() + $4::interval, claim_hash = refresh_hash,
                doubtful = doubtful or claim_id is not null
            where id = $1 and version = $2 and (status in ('active', 'expiring') or retry_at <= clock())
                and (claim_id is null or claim_deadline + $5::interval < clock())
            returning *
            """,
            grant_id,
            version,
            claim_id,
            send_within,
            takeover_after,
        )

    async def release(self, grant_id: UUID, claim_id: UUID, failure: dict[str, Any], *, doubtful: bool) -> None:
        """Gives the right back: the call has ended and brought nothing, for which `failure` is the reason.

        `doubtful` says that the refresh token may be spent all the same.
        """
        await self._connection.execute(
            """
            update grants set claim_id = null, claim_deadline = null, failed_at = clock(), failure = $3,
                doubtful = doubtful or $4, renew_at = case when $4 then least(renew_at, clock()) else renew_at end
            where id = $1 and claim_id = $2
            """,
            grant_id,
            claim_id,
            failure,
            doubtful,
        )

    async def keep(self, spent: Grant, tokens: GrantedTokens, age: float) -> bool:
        """Stores what was asked for `age` seconds ago with this grant, if what it spent is still what we have.

        Compared by the token's hash and never by who holds the claim: a late answer may hold the only live token. A
        service account spends nothing: there the late answer is the older one.
        """
        row = await self._connection.fetchval(
            """
            select id from grants
            where id = $1 and refresh_hash is not distinct from $2 and (kind = 'refresh_token' or version = $3)
            for update
            """,
            spent.id,
            spent.refresh_hash,
            spent.version,
        )
        if row is None:
            return False
        await self._store(spent.id, tokens, age)
        return True

    async def lose(self, spent: Grant, trouble: dict[str, Any], retry_in: timedelta | None) -> bool:
        """Notes that the grant gives no more tokens, if what was refused is still what we have.

        Nothing is deleted: a late answer may revive it.
        """
        done = await self._connection.execute(
            """
            update grants set status = 'lost', trouble = $3, retry_at = clock() + $4::interval,
                failed_at = clock(), failure = $3, claim_id = null, claim_deadline = null, doubtful = false
            where id = $1 and refresh_hash is not distinct from $2 and status <> 'ending'
                and (kind = 'refresh_token' or version = $5)
            """,
            spent.id,
            spent.refresh_hash,
            trouble,
            retry_in,
            spent.version,
        )
        return done == "UPDATE 1"

    async def refuse_access(self, connection_id: UUID, access_hash: bytes) -> None:
        """Fortnox refused this access token: it is worth nothing from now on, if it is still the newest."""
        await self._connection.execute(
            """
            update grants as g set access_until = clock() from connections as c
            where c.id = $1 and g.id = c.grant_id and g.access_hash = $2 and g.access_until > clock()
            """,
            connection_id,
            access_hash,
        )

    async def announced(self, grant_id: UUID, until: datetime | None) -> None:
        await self._connection.execute("update grants set announced_until = $2 where id = $1", grant_id, until)

    async def expire(self, grant_id: UUID) -> None:
        await self._connection.execute("update grants set status = 'expiring' where id = $1", grant_id)

    async def to_renew(self, takeover_after: timedelta, limit: int) -> list[tuple[UUID, int]]:
        """Some of those that nobody renews although it is time, with their versions.

        Refresh tokens that have been idle for long, lost grants that may live again, and what a dead holder left.
        """
        rows = await self._connection.fetch(
            """
            select id, version from grants
            where (claim_id is null or claim_deadline + $1::interval < clock())
                and ((status in ('active', 'expiring')
                        and (claim_id is not null or (kind = 'refresh_token' and renew_at <= clock())))
                    or (status = 'lost' and retry_at <= clock()))
            order by random() limit $2
            """,
            takeover_after,
            limit,
        )
        return [(row["id"], row["version"]) for row in rows]

    async def to_warn(self, older_than: timedelta) -> list[Grant]:
        """Those whose refresh token is older than that although it should have been renewed, locked."""
        rows = await self._connection.fetch(
            """
            select * from grants
            where status = 'active' and kind = 'refresh_token' and refreshed_at < clock() - $1::interval
            order by refreshed_at limit 100 for update skip locked
            """,
            older_than,
        )
        return [_grant(row) for row in rows]

    async def put_off(self, grant_id: UUID, by: timedelta, doubtful_by: timedelta) -> None:
        """Tries upkeep again later; sooner where a token may have been spent, since somebody must be told then."""
        await self._connection.execute(
            """
            update grants set
                renew_at = greatest(renew_at, clock() + case when doubtful then $3::interval else $2::interval end),
                retry_at = case when retry_at is not null then clock() + $2::interval end
            where id = $1
            """,
            grant_id,
            by,
            doubtful_by,
        )

    async def end_orphans(self) -> None:
        """Those without a connection, and without anybody who is just connecting, are to be revoked and deleted."""
        await self._connection.execute(
            """
            update grants as g set status = 'ending'
            where status <> 'ending'
                and not exists (select from connections as c where c.grant_id = g.id and c.removed_at is null)
                and not exists (
                    select from connect_sessions as s where s.status = 'exchanging' and s.tenant = g.tenant
                )
            """
        )

    async def claim_ending(self, claim_id: UUID, hold: timedelta, takeover_after: timedelta) -> Grant | None:
        """A grant to be revoked, if nobody is at it."""
        return await self._one(
            """
            update grants set claim_id = $1, claim_deadline = clock() + $2::interval
            where id = (
                select id from grants
                where status = 'ending' and (claim_id is null or claim_deadline + $3::interval < clock())
                order by refreshed_at limit 1 for update skip locked
            )
            returning *
            """,
            claim_id,
            hold,
            takeover_after,
        )

    async def delete_ended(self, grant_id: UUID) -> bool:
        """Deletes keys and tokens, unless somebody has connected the company again meanwhile."""
        done = await self._connection.execute("delete from grants where id = $1 and status = 'ending'", grant_id)
        return done == "DELETE 1"

    async def _store(self, grant_id: UUID, tokens: GrantedTokens, age: float) -> None:
        """Tokens live from when they were asked for, `age` seconds ago: they may have waited for the database."""
        await self._connection.execute(
            """
            update grants set access_token = $2, access_hash = $3, access_until = clock() + make_interval(secs => $4),
                refresh_token = coalesce($5, refresh_token), refresh_hash = coalesce($6, refresh_hash),
                refreshed_at = case when $5::bytea is null then refreshed_at
                    else clock() - make_interval(secs => $9) end,
                renew_at = clock() + $7::interval, scopes = $8, version = version + 1, succeeded_at = clock(),
                status = 'active', trouble = null, retry_at = null, claim_id = null, claim_deadline = null,
                doubtful = false
            where id = $1
            """,
            grant_id,
            tokens.access_token,
            tokens.access_hash,
            tokens.expires_in - age,
            tokens.refresh_token,
            tokens.refresh_hash,
            tokens.renew_in,
            list(tokens.scopes),
            age,
        )

    async def _one(self, statement: str, *values: object) -> Grant | None:
        row = await self._connection.fetchrow(statement, *values)
        return None if row is None else _grant(row)


def _grant(row: asyncpg.Record) -> Grant:
    known = {one.name: row[one.name] for one in fields(Grant)}
    return Grant(**known | {"kind": ConnectionKind(row["kind"])})
