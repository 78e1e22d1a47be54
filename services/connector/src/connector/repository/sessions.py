"""The SQL of connect sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from common.database import Connection
from common.events import ConnectionKind
from common.pruning import prune_table

KEEP = timedelta(days=30)


@dataclass(frozen=True)
class Session:
    """Somebody on the way to connect."""

    id: UUID
    connection_id: UUID
    reconnects: bool
    reference: str
    origin: str
    kind: ConnectionKind
    wanted_scopes: list[str]
    asked_scopes: list[str]
    expected_company: bytes | None = field(repr=False)
    ticket_hash: bytes = field(repr=False)
    browser_hash: bytes | None = field(repr=False)
    status: str
    trouble: dict[str, Any] | None
    expires_at: datetime
    expired: bool
    forwarded: bool
    """For somebody else than who asked: it was asked for so, or was forwarded from the page."""
    asked_by: str | None = field(repr=False)
    company_name: str | None = field(repr=False)
    tenant: int | None = None
    """Whose consent the code has brought; with it there are the scopes that were granted, and when that was."""
    granted_scopes: list[str] | None = None
    obtained_at: datetime | None = None
    service: bool = False
    """A service account is asked for whatever `kind` wishes: another connection to the company has one."""
    widening: str | None = None
    """The person approves once more, for what others live by: `asked`, `gone` (to Fortnox again) or `done`."""
    replaced: dict[str, Any] | None = None
    """Kind and scopes of the company's consent before this one."""

    @property
    def goes_again(self) -> bool:
        """Whether the person is to go to Fortnox once more, or is there."""
        return self.status == "exchanging" and self.widening in {"asked", "gone"}

    @property
    def asks_service(self) -> bool:
        return self.service or self.kind is ConnectionKind.SERVICE_ACCOUNT


class Sessions:
    """Connect sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def open(self, session: Session, life: timedelta) -> datetime | None:
        """Keeps a new session; returns when it ends. None: there is one with this id."""
        ends: datetime | None = await self._connection.fetchval(
            """
            insert into connect_sessions (id, connection_id, reconnects, reference, origin, kind, wanted_scopes,
                asked_scopes, expected_company, ticket_hash, forwarded, asked_by, company_name, expires_at,
                service)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock() + $14::interval, $15)
            on conflict (id) do nothing
            returning expires_at
            """,
            session.id,
            session.connection_id,
            session.reconnects,
            session.reference,
            session.origin,
            session.kind,
            session.wanted_scopes,
            session.asked_scopes,
            session.expected_company,
            session.ticket_hash,
            session.forwarded,
            session.asked_by,
            session.company_name,
            life,
            session.service,
        )
        return ends

    async def get(self, session_id: UUID) -> Session | None:
        return await self._one(
            "select *, expires_at <= clock() as expired from connect_sessions where id = $1", session_id
        )

    async def with_ticket(self, ticket_hash: bytes) -> Session | None:
        return await self._one(
            "select *, expires_at <= clock() as expired from connect_sessions where ticket_hash = $1", ticket_hash
        )

    async def with_state(self, state_hash: bytes) -> Session | None:
        return await self._one(
            "select *, expires_at <= clock() as expired from connect_sessions where state_hash = $1", state_hash
        )

    async def start(self, session_id: UUID, state_hash: bytes, browser_hash: bytes) -> bool:
        """Binds the session to a browser and a state. That browser may come again, also when it failed: a new state."""
        return await self._changed(
            """
            update connect_sessions set trouble = null, state_hash = $2, browser_hash = $3,
                status = case status when 'exchanging' then status else 'started' end,
                widening = case status when 'exchanging' then 'gone' end
            where id = $1 and expires_at > clock() and (browser_hash is null or browser_hash = $3)
                and (status in ('open', 'started', 'failed')
                    or (status = 'exchanging' and widening in ('asked', 'gone') and held_until > clock()))
            """,
            session_id,
            state_hash,
            browser_hash,
        )

    async def forward(self, session_id: UUID, browser_hash: bytes, life: timedelta) -> bool:
        """Takes the session back from its browser, for another one to come; lengthens its life, once."""
        return await self._changed(
            """
            update connect_sessions set status = 'open', trouble = null, state_hash = null, browser_hash = null,
                forwarded = true, expires_at = case when forwarded then expires_at else clock() + $3::interval end
            where id = $1 and expires_at > clock() and status in ('open', 'started', 'failed')
                and (browser_hash is null or browser_hash = $2)
            """,
            session_id,
            browser_hash,
            life,
        )

    async def spend_state(self, session_id: UUID, state_hash: bytes) -> bool:
        """Only one caller ever gets True."""
        return await self._changed(
            """
            update connect_sessions set status = 'exchanging', exchanging_at = clock(),
                tenant = null, granted_scopes = null, obtained_at = null, held_until = null, replaced = null
            where id = $1 and state_hash = $2 and status = 'started' and expires_at > clock()
            """,
            session_id,
            state_hash,
        )

    async def widen(self, session_id: UUID, scopes: Sequence[str], *, service: bool, within: timedelta) -> None:
        """The person is to approve once more; without that, somebody else finishes it after that time."""
        await self._connection.execute(
            """
            update connect_sessions set widening = 'asked', asked_scopes = $2, service = $3,
                held_until = clock() + $4::interval, expires_at = greatest(expires_at, clock() + $4::interval)
            where id = $1 and status = 'exchanging'
            """,
            session_id,
            list(scopes),
            service,
            within,
        )

    async def spend_second_state(self, session_id: UUID, state_hash: bytes, finish_within: timedelta) -> bool:
        """The same for who approves once more: what the first consent brought stays. Only one caller gets True."""
        return await self._changed(
            """
            update connect_sessions set widening = 'done', held_until = clock() + $3::interval
            where id = $1 and state_hash = $2 and status = 'exchanging' and widening = 'gone'
            """,
            session_id,
            state_hash,
            finish_within,
        )

    async def hold(
        self,
        session_id: UUID,
        tenant: int,
        scopes: Sequence[str],
        obtained_at: datetime,
        finish_within: timedelta,
        replaced: dict[str, Any] | None,
    ) -> None:
        """Notes whose consent the code has brought; after that time somebody else may finish what follows."""
        await self._connection.execute(
            """
            update connect_sessions set tenant = $2, granted_scopes = $3, obtained_at = $4,
                held_until = clock() + $5::interval, replaced = coalesce(replaced, $6)
            where id = $1
            """,
            session_id,
            tenant,
            list(scopes),
            obtained_at,
            finish_within,
            replaced,
        )

    async def let_go(self, session_id: UUID) -> None:
        """Somebody else may finish it at once."""
        await self._connection.execute("update connect_sessions set held_until = clock() where id = $1", session_id)

    async def take_over(self, finish_within: timedelta) -> Session | None:
        """One whose code was exchanged by a process that didn't come back. Without a tenant its tokens are lost."""
        return await self._one(
            """
            update connect_sessions set held_until = clock() + $1::interval,
                widening = case when widening is not null then 'done' end
            where id = (
                select id from connect_sessions
                where status = 'exchanging' and coalesce(held_until, exchanging_at + interval '1 minute') <= clock()
                order by exchanging_at limit 1 for update skip locked
            )
            returning *, expires_at <= clock() as expired
            """,
            finish_within,
        )

    async def connected(self, session_id: UUID) -> bool:
        """Ends the session well, for the caller who spent its state."""
        return await self._changed(
            "update connect_sessions set status = 'connected' where id = $1 and status = 'exchanging'", session_id
        )

    async def fail(self, session_id: UUID, trouble: dict[str, Any], *, exchanging: bool) -> bool:
        """Ends the session with a problem. `exchanging` says that the caller spent its state."""
        return await self._changed(
            "update connect_sessions set status = 'failed', trouble = $2 where id = $1 and status = any ($3)",
            session_id,
            trouble,
            ["exchanging"] if exchanging else ["open", "started"],
        )

    async def expire(self, session_id: UUID, trouble: dict[str, Any]) -> None:
        await self._connection.execute(
            "update connect_sessions set status = 'expired', trouble = $2 where id = $1", session_id, trouble
        )

    async def run_out(self) -> list[Session]:
        """Those that ran out without an end, locked. An exchange under way has an end of its own."""
        rows = await self._connection.fetch(
            """
            select *, expires_at <= clock() as expired from connect_sessions
            where status in ('open', 'started') and expires_at <= clock()
            order by expires_at limit 100 for update skip locked
            """
        )
        return [_session(row) for row in rows]

    async def prune(self) -> None:
        await prune_table(self._connection, "connect_sessions", "expires_at < clock() - $1::interval", KEEP)

    async def _one(self, statement: str, value: object) -> Session | None:
        row = await self._connection.fetchrow(statement, value)
        return None if row is None else _session(row)

    async def _changed(self, statement: str, *values: object) -> bool:
        return await self._connection.execute(statement, *values) == "UPDATE 1"


def _session(row: asyncpg.Record) -> Session:
    known = {one.name: row[one.name] for one in fields(Session)}
    return Session(**known | {"kind": ConnectionKind(row["kind"])})
