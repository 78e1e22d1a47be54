"""Grants: a consent taken in, shared by all connections to the company. Their end: `ending.py`."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

from common.database import Connection, Pool
from common.events import ConnectionEstablished, ConnectionKind, ConnectionRenewed
from connector import problems, sharing
from connector.announcements import Announcer
from connector.keeping import Keeper
from connector.repository import Connections, Grant, Grants, Session, Sessions, Slots
from connector.sharing import Replaced
from connector.tokens.sealed import (
    Company,
    key_of,
    new_key,
    open_access_token,
    open_refresh_token,
    seal_company,
    seal_tokens,
)
from connector.tokens.vault import Unsealable, Vault
from connector.wishes import digits
from fortnox.oauth import Tokens

log = structlog.get_logger()

FINISH_WITHIN = timedelta(seconds=60)  # what follows the exchange of a code, before another replica does it
NOBODY = Company(name="", organisation_number="")  # until the company of a new consent has been read


@dataclass(frozen=True)
class Held:
    """A consent whose tokens are stored, and of which nothing else is known yet."""

    tenant: int
    tokens: Tokens = field(repr=False)
    obtained_at: datetime
    """By the database's clock: of two consents, and of a consent and a renewal, the later one's tokens live."""
    replaced: Replaced | None = None
    """The company's consent before this one; None: there was none."""


@dataclass(frozen=True)
class Consent:
    """What a company has just consented to."""

    held: Held
    company: Company
    kind: ConnectionKind
    tokens: Tokens = field(repr=False)


@dataclass(frozen=True)
class Registry:
    """The grants and connections that we hold."""

    pool: Pool
    keeper: Keeper
    client_id: str
    vault: Vault
    announcer: Announcer
    idle_renewal: timedelta

    async def hold(self, session: Session, tenant: int, tokens: Tokens) -> Held:
        """Gives the company's grant its new tokens before anything else can fail; there is one from now on.

        The new consent has replaced the one that other connections live by. Nothing is told yet: what follows does
        that, in this process or, if it dies, in another one (`held`).
        """
        obtained_at: datetime | None = None
        mine = not session.goes_again or tenant == session.tenant
        replaced = _replaced(session) if session.goes_again and mine else None

        async def write(connection: Connection) -> Held:
            nonlocal obtained_at, replaced
            again, obtained_at = obtained_at, obtained_at or await Grants(connection).now()
            grant = await self._grant(connection, session, Held(tenant, tokens, obtained_at))
            if grant is not None:
                replaced = replaced or Replaced.by_another(grant)
                if again is None or grant.refreshed_at <= again:
                    await self._hold(connection, grant, session, tokens, obtained_at)
            held = Held(tenant, tokens, obtained_at, replaced)
            if mine:  # the second time somebody may have chosen another company, which the session isn't about
                await self._note(connection, session, held)
            return held

        return await self.keeper.commit(write)

    async def _note(self, connection: Connection, session: Session, held: Held) -> None:
        replaced = held.replaced.model_dump(mode="json") if held.replaced else None
        scopes = sorted(held.tokens.scopes)
        await Sessions(connection).hold(session.id, held.tenant, scopes, held.obtained_at, FINISH_WITHIN, replaced)

    async def held(self, session: Session) -> Held:
        """What another process held for the session. Raises ProblemError when it is lost."""
        if session.tenant is None or session.obtained_at is None:
            raise problems.INTERRUPTED.error()
        async with self.pool.acquire() as connection, connection.transaction():
            grant = await Grants(connection).of_tenant(self.client_id, session.tenant)
            now = await Grants(connection).now()
        if grant is None:
            raise problems.INTERRUPTED.error()
        try:
            key = key_of(self.vault, grant)
            access_token, refresh_token = open_access_token(key, grant), open_refresh_token(key, grant)
        except Unsealable:
            raise problems.KEY_MISSING.error() from None
        left = int((grant.access_until - now).total_seconds())
        tokens = Tokens(access_token, refresh_token, left, frozenset(session.granted_scopes or ()))
        return Held(session.tenant, tokens, session.obtained_at, _replaced(session))

    async def establish(self, session: Session, consent: Consent) -> bool:
        """Stores the consent and the connection together with their events, and ends the session.

        Returns whether other connections to the company have lost something by it.
        """
        harmed = False

        async def write(connection: Connection) -> bool:
            nonlocal harmed
            if not await Sessions(connection).connected(session.id):
                now = await Sessions(connection).get(session.id)
                if now is not None and now.status == "connected":  # the commit whose answer was lost
                    return harmed
                raise problems.SESSION_EXPIRED.error()
            before = await Connections(connection).get(session.connection_id)
            if session.reconnects and (before is None or before.removed_at is not None):
                raise problems.REMOVED.error()
            grant_id = await self._store(connection, consent)
            await Connections(connection).put(session.connection_id, grant_id, session.reference, session.wanted_scopes)
            tell = self.announcer.tell
            await tell(connection, grant_id, ConnectionEstablished, only=session.connection_id)
            harmed = await self._tell_others(connection, grant_id, consent.held, session.connection_id)
            return harmed

        harmed = await self.keeper.commit(write)
        log.info("connection.established", connection=str(session.connection_id), kind=consent.kind, harmed=harmed)
        return harmed

    async def turn_away(self, held: Held, service: Tokens | None) -> bool:
        """A consent that came to nothing, such as one to the wrong company.

        It replaced the company's consent before it: if other connections live by one, its tokens are theirs now, or
        those that the service account still gives. If none do, upkeep finds an orphan. Returns whether others have
        lost something by it.
        """
        harmed = False

        async def write(connection: Connection) -> bool:
            nonlocal harmed
            grant = await Grants(connection).of_tenant(self.client_id, held.tenant)
            if grant is None or grant.status == "ending" or grant.refreshed_at > held.obtained_at:
                return harmed
            if service is None:
                await Grants(connection).adopt(grant.id, sorted(held.tokens.scopes))
            else:
                tokens = seal_tokens(key_of(self.vault, grant), service, self.idle_renewal)
                await Grants(connection).consent_again(grant.id, ConnectionKind.SERVICE_ACCOUNT, tokens)
            harmed = await self._tell_others(connection, grant.id, held)
            return harmed

        return await self.keeper.commit(write)

    async def _tell_others(self, connection: Connection, grant_id: UUID, held: Held, but: UUID | None = None) -> bool:
        """Tells those who share the company's consent how they stand now; True if any has lost something."""
        grant = await Grants(connection).get(grant_id)
        assert grant is not None
        harmed = await sharing.mark(connection, grant, held.replaced, but=but)
        await self.announcer.tell(connection, grant_id, ConnectionRenewed, but=but)
        return harmed

    async def _grant(self, connection: Connection, session: Session, new: Held) -> Grant | None:
        """The company's grant, locked; None when it is a new one, which then has these tokens."""
        grant = await Grants(connection).of_tenant(self.client_id, new.tenant)
        if grant is not None:
            return grant
        try:
            async with connection.transaction():
                await self._add(connection, session.kind, new)
        except asyncpg.UniqueViolationError:  # somebody connected the same company in this very moment
            return await Grants(connection).of_tenant(self.client_id, new.tenant)
        return None

    async def _add(self, connection: Connection, asked: ConnectionKind, new: Held) -> None:
        grant_id = uuid4()
        sealed, key = new_key(self.vault, grant_id)
        await Grants(connection).add(
            grant_id,
            self.client_id,
            new.tenant,
            asked if new.tokens.refresh_token is None else ConnectionKind.REFRESH_TOKEN,
            sealed=(sealed.master_key, sealed.sealed),
            company=seal_company(key, NOBODY),
            tokens=seal_tokens(key, new.tokens, self.idle_renewal),
            obtained_at=new.obtained_at,
        )

    async def _hold(
        self, connection: Connection, held: Grant, session: Session, tokens: Tokens, obtained_at: datetime
    ) -> None:
        """Whether a service account works now is only known where it was asked for and there before.

        Under the row's key; under a new one where the old can't be opened any more: connecting again mends that. An
        access token that may do more than the new one is left to those who live by it, while it lasts.
        """
        more = held.status in {"active", "expiring"} and not set(held.scopes) <= tokens.scopes
        if tokens.refresh_token is None:
            return
        try:
            key = key_of(self.vault, held)
        except Unsealable:
            sealed_key, key = new_key(self.vault, held.id)
            await Grants(connection).change_key(held.id, sealed_key.master_key, sealed_key.sealed)
            await Grants(connection).set_company(held.id, seal_company(key, NOBODY), None)
            more = False
        kind = held.kind if session.asks_service else ConnectionKind.REFRESH_TOKEN
        sealed = seal_tokens(key, tokens, self.idle_renewal)
        await Grants(connection).hold(held.id, kind, sealed, obtained_at, spare_access=more)

    async def _store(self, connection: Connection, consent: Consent) -> UUID:
        """The company's grant with all that is known of the consent now, unless a later one has come since."""
        await Slots(connection).budget(self.client_id, consent.held.tenant)
        grant = await Grants(connection).of_tenant(self.client_id, consent.held.tenant)
        if grant is None:
            raise problems.INTERRUPTED.error()
        key = key_of(self.vault, grant)
        number = self.vault.fingerprint(digits(consent.company.organisation_number))
        await Grants(connection).set_company(grant.id, seal_company(key, consent.company), number)
        if grant.refreshed_at <= consent.held.obtained_at:  # else these very tokens have been renewed, or replaced
            tokens = seal_tokens(key, consent.tokens, self.idle_renewal)
            await Grants(connection).consent_again(grant.id, consent.kind, tokens)
        return grant.id


def _replaced(session: Session) -> Replaced | None:
    return Replaced.model_validate(session.replaced) if session.replaced else None


def with_refresh_token(tokens: Tokens, refresh_token: str | None) -> Tokens:
    """A service account's tokens, with the refresh token that the consent can be revoked with."""
    return replace(tokens, refresh_token=refresh_token)
