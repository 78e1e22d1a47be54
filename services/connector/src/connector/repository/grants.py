"""The SQL of grants and of the right to renew them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from common.database import Connection
from common.events import ConnectionKind

ORPHANED = """
    g.status <> 'ending'
    and not exists (select from connections as c where c.grant_id = g.id and c.removed_at is null)
    and not exists (select from connect_sessions as s where s.status = 'exchanging' and s.tenant = g.tenant)
"""
SEE_ORPHANS = f"select id from grants as g where {ORPHANED} for update skip locked"  # noqa: S608  (a constant)
END_ORPHANS = f"update grants as g set status = 'ending' where id = any ($1) and {ORPHANED}"  # noqa: S608


@dataclass(frozen=True)
class Grant:
    """What a company has consented to, secrets encrypted."""

    id: UUID
    tenant: int
    kind: ConnectionKind
    status: str
    trouble: dict[str, Any] | None
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
    refused_scopes: list[str]


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
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $15::timestamptz + make_interval(secs => $11), $12, $13,
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

    async def consent_again(
        self, grant_id: UUID, kind: ConnectionKind, tokens: GrantedTokens, obtained_at: datetime
    ) -> None:
        """A new consent replaces the one before, whatever state that was in and whoever was renewing it.

        A service account's tokens came a little later than the consent: they count as older than they are.
        """
        await self._connection.execute(
            "update grants set kind = $2, refused_scopes = '{}' where id = $1", grant_id, kind
        )
        await self.store(grant_id, tokens, (await self.now() - obtained_at).total_seconds())

    async def store(self, grant_id: UUID, tokens: GrantedTokens, age: float) -> None:
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
        return [grant_of(row) for row in rows]

    async def adopt(self, grant_id: UUID, scopes: Sequence[str]) -> None:
        """What was held for the grant is its own now."""
        await self._connection.execute(
            """
            update grants set status = 'active', trouble = null, retry_at = null, scopes = $2, refused_scopes = '{}'
            where id = $1
            """,
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
                    else $8::timestamptz + make_interval(secs => $5) end,
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
        """Notes that its state was told, and the end with it."""
        await self._connection.execute(
            "update grants set announced_until = $2, untold = false where id = $1", grant_id, until
        )

    async def not_told(self, grant_id: UUID) -> None:
        await self._connection.execute("update grants set untold = true where id = $1", grant_id)

    async def to_tell(self) -> list[Grant]:
        """Those whose state is still to be told, locked."""
        rows = await self._connection.fetch(
            "select * from grants where untold and status <> 'ending' order by id limit 100 for update skip locked"
        )
        return [grant_of(row) for row in rows]

    async def expire(self, grant_id: UUID, trouble: dict[str, Any]) -> None:
        await self._connection.execute(
            "update grants set status = 'expiring', trouble = $2 where id = $1", grant_id, trouble
        )

    async def refuse_scope(self, grant_id: UUID, version: int, scope: str) -> bool:
        """Notes that Fortnox refuses a scope to tokens of this version; False: that is known, or they are old."""
        done = await self._connection.execute(
            """
            update grants set refused_scopes = refused_scopes || $3::text
            where id = $1 and version = $2 and $3 <> all (refused_scopes)
            """,
            grant_id,
            version,
            scope,
        )
        return done == "UPDATE 1"

    async def allow_scope(self, grant_id: UUID, scope: str) -> bool:
        """Notes that Fortnox refuses a scope no longer; False: that is known."""
        done = await self._connection.execute(
            """
            update grants set refused_scopes = array_remove(refused_scopes, $2)
            where id = $1 and $2 = any (refused_scopes)
            """,
            grant_id,
            scope,
        )
        return done == "UPDATE 1"

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
        return [grant_of(row) for row in rows]

    async def end_orphans(self) -> None:
        """Those without a connection, and without anybody who is just connecting, are to be revoked and deleted.

        Looked at twice, the second time with their rows locked: a consent may have come meanwhile, and a statement
        doesn't see what was committed while it waited for a row.
        """
        async with self._connection.transaction():
            seen = await self._connection.fetch(SEE_ORPHANS)
            await self._connection.execute(END_ORPHANS, [row["id"] for row in seen])

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

    async def _one(self, statement: str, *values: object) -> Grant | None:
        row = await self._connection.fetchrow(statement, *values)
        return None if row is None else grant_of(row)


def grant_of(row: asyncpg.Record) -> Grant:
    known = {one.name: row[one.name] for one in fields(Grant)}
    return Grant(**known | {"kind": ConnectionKind(row["kind"])})
