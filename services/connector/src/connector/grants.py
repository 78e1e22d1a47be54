"""Grants over their life: a consent taken in, shared by all connections to the company, ended with the last of them."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

import fortnox
from common.database import Connection, Pool
from common.events import ConnectionEstablished, ConnectionKind, ConnectionRenewed, ConnectionState
from connector import problems
from connector.announcements import Announcer
from connector.keeping import Keeper
from connector.repository import Connections, Grant, Grants, Session, Sessions, Slots
from connector.tokens.sealed import Company, key_of, new_key, open_refresh_token, seal_company, seal_tokens
from connector.tokens.vault import Unsealable, Vault
from fortnox.oauth import OAuth, Tokens

log = structlog.get_logger()

HOLD = timedelta(seconds=5)  # the right to revoke a consent is held like the right to renew it
TAKEOVER_AFTER = timedelta(seconds=60)
UNTOLD = timedelta(minutes=2)  # after which tokens that were held and never told are renewed, which tells them


@dataclass(frozen=True)
class Consent:
    """What a company has just consented to."""

    tenant: int
    company: Company
    kind: ConnectionKind
    tokens: Tokens = field(repr=False)
    obtained_at: datetime
    """By the database's clock: of two consents, and of a consent and a renewal, the later one's tokens live."""


@dataclass(frozen=True)
class Registry:
    """The grants and connections that we hold."""

    pool: Pool
    keeper: Keeper
    client_id: str
    oauth: OAuth
    vault: Vault
    announcer: Announcer
    idle_renewal: timedelta

    async def hold(self, session: Session, tenant: int, tokens: Tokens) -> datetime:
        """Gives the company's grant, if there is one, its new tokens before anything else can fail; returns when.

        The new consent has replaced the one that other connections live by. Nothing is told yet: what follows does
        that, and if nothing follows, upkeep renews them in a moment and tells what is new.
        """
        obtained_at: datetime | None = None

        async def write(connection: Connection) -> datetime:
            nonlocal obtained_at
            again, obtained_at = obtained_at, obtained_at or await Grants(connection).now()
            held = await Grants(connection).of_tenant(self.client_id, tenant)
            overtaken = held is not None and again is not None and held.refreshed_at > again
            if held is not None and held.status != "ending" and not overtaken:
                await self._hold(connection, held, session.kind, tokens, obtained_at)
            return obtained_at

        return await self.keeper.commit(write)

    async def establish(self, session: Session, consent: Consent) -> None:
        """Stores the consent and the connection together with their events, and ends the session."""

        async def write(connection: Connection) -> None:
            if not await Sessions(connection).connected(session.id):
                now = await Sessions(connection).get(session.id)
                if now is not None and now.status == "connected":  # the commit whose answer was lost
                    return
                raise problems.SESSION_EXPIRED.error()
            before = await Connections(connection).get(session.connection_id)
            if session.reconnects and (before is None or before.removed_at is not None):
                raise problems.REMOVED.error()
            grant_id = await self._store(connection, consent)
            await Connections(connection).put(session.connection_id, grant_id, session.reference, session.wanted_scopes)
            tell = self.announcer.tell
            await tell(connection, grant_id, ConnectionEstablished, only=session.connection_id)
            await tell(connection, grant_id, ConnectionRenewed, but=session.connection_id)

        await self.keeper.commit(write)
        log.info("connection.established", connection=str(session.connection_id), kind=consent.kind)

    async def turn_away(self, consent: Consent) -> None:
        """A consent that nobody wanted, such as to the wrong company.

        It replaced the company's consent before it, if other connections live by one: then its tokens are theirs now.
        """

        async def write(connection: Connection) -> bool:
            held = await Grants(connection).of_tenant(self.client_id, consent.tenant)
            if held is None or held.status == "ending":
                return False
            await self._replace(connection, held, consent)
            await self.announcer.tell(connection, held.id, ConnectionRenewed)
            return True

        if await self.keeper.commit(write):
            return
        if consent.tokens.refresh_token:
            try:
                await self.oauth.revoke(consent.tokens.refresh_token)
            except fortnox.FortnoxError as error:
                log.warning("consent.not-revoked", error=type(error).__name__)

    async def disconnect(self, connection_id: UUID) -> None:
        """Removes a connection and says so; the grant goes with its last one. Again: nothing happens."""
        async with self.pool.acquire() as connection, connection.transaction():
            row = await Connections(connection).get(connection_id)
            if row is None:
                raise problems.UNKNOWN.error()
            grant = await Grants(connection).get(row.grant_id, lock=True) if row.grant_id else None
            if grant is None or not await Connections(connection).remove(connection_id):
                return
            await self.announcer.tell_removed(connection, grant, row)
            if not await Connections(connection).of_grant(grant.id):
                await Grants(connection).end(grant.id)
        log.info("connection.removed", connection=str(connection_id))

    async def state(self, connection_id: UUID) -> ConnectionState:
        """The connection's full state. Raises ProblemError if it isn't there."""
        async with self.pool.acquire() as connection:
            row = await Connections(connection).get(connection_id)
            if row is None:
                raise problems.UNKNOWN.error()
            grant = await Grants(connection).get(row.grant_id) if row.grant_id else None
            if grant is None or row.removed_at is not None:
                raise problems.REMOVED.error()
        return ConnectionState(**self.announcer.facts(grant, row))

    async def finish_ending(self) -> UUID | None:
        """Revokes one consent whose last connection is gone and deletes its key and tokens; None: there was none."""
        claim_id = uuid4()
        async with self.pool.acquire() as connection:
            grant = await Grants(connection).claim_ending(claim_id, HOLD, TAKEOVER_AFTER)
        if grant is None:
            return None
        try:
            refresh_token = open_refresh_token(key_of(self.vault, grant), grant)
            if refresh_token:
                await self.oauth.revoke(refresh_token)
        except Unsealable:
            log.error("grant.unsealable", grant=str(grant.id))  # nothing can be revoked with it: it only goes
        async with self.pool.acquire() as connection:
            await Grants(connection).delete_ended(grant.id)
        log.info("grant.ended", grant=str(grant.id))
        return grant.id

    async def _store(self, connection: Connection, consent: Consent) -> UUID:
        """The company's grant with the new consent; one is made where there is none."""
        await Slots(connection).budget(self.client_id, consent.tenant)
        held = await Grants(connection).of_tenant(self.client_id, consent.tenant)
        if held is not None:
            await self._replace(connection, held, consent)
            return held.id
        try:
            async with connection.transaction():
                return await self._add(connection, consent)
        except asyncpg.UniqueViolationError:  # somebody connected the same company in this very moment
            held = await Grants(connection).of_tenant(self.client_id, consent.tenant)
            assert held is not None
            await self._replace(connection, held, consent)
            return held.id

    async def _add(self, connection: Connection, consent: Consent) -> UUID:
        grant_id = uuid4()
        sealed, key = new_key(self.vault, grant_id)
        tokens = seal_tokens(key, consent.tokens, self.idle_renewal)
        await Grants(connection).add(
            grant_id,
            self.client_id,
            consent.tenant,
            consent.kind,
            sealed=(sealed.master_key, sealed.sealed),
            company=seal_company(key, consent.company),
            tokens=tokens,
        )
        return grant_id

    async def _hold(
        self, connection: Connection, held: Grant, asked: ConnectionKind, tokens: Tokens, obtained_at: datetime
    ) -> None:
        """Whether a service account works now is only known where it was asked for and there before."""
        if tokens.refresh_token is None:
            return
        try:
            sealed = seal_tokens(key_of(self.vault, held), tokens, self.idle_renewal)
        except Unsealable:  # nobody lives by it
            return
        service = held.kind is asked is ConnectionKind.SERVICE_ACCOUNT
        kind = held.kind if service else ConnectionKind.REFRESH_TOKEN
        await Grants(connection).hold(held.id, kind, sealed, obtained_at, UNTOLD)

    async def _replace(self, connection: Connection, held: Grant, consent: Consent) -> None:
        """Under the row's key; under a new one where the old can't be opened any more: connecting again mends that."""
        if held.refreshed_at > consent.obtained_at and held.status != "ending":
            return  # by a later consent, or these very tokens have been renewed since
        try:
            key = key_of(self.vault, held)
        except Unsealable:
            sealed, key = new_key(self.vault, held.id)
            await Grants(connection).change_key(held.id, sealed.master_key, sealed.sealed)
        tokens = seal_tokens(key, consent.tokens, self.idle_renewal)
        await Grants(connection).consent_again(held.id, consent.kind, seal_company(key, consent.company), tokens)


def with_refresh_token(tokens: Tokens, refresh_token: str | None) -> Tokens:
    """A service account's tokens, with the refresh token that the consent can be revoked with."""
    return replace(tokens, refresh_token=refresh_token)
