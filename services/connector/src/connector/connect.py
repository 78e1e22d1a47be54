"""A company is connected, from the product's wish to the stored grant, in the order in which it happens.

The product's server asks for a session (`begin`) and gets a one-time address, which it opens in a popup. That binds
the session to the browser and goes to Fortnox (`depart`). Fortnox sends the person back (`arrive`): the code is
exchanged, the company read and compared, the grant stored, and the result told.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

import fortnox
from common.database import GONE, Connection, Pool
from common.events import ConnectionKind, Dataset, Trouble
from common.events.types import Model
from common.problems import ProblemError
from connector import binding, problems, repeated, scopes, telemetry
from connector.announcements import Announcer
from connector.company import Reader
from connector.grants import Consent, Registry, with_refresh_token
from connector.keeping import Keeper
from connector.repository import Connections, Grants, Session, Sessions
from connector.tokens.sealed import digest
from connector.tokens.vault import Vault
from fortnox.oauth import OAuth, Tokens, redirect_error, tenant_of

log = structlog.get_logger()

SESSION_LIFE = timedelta(minutes=30)  # Fortnox's own code lives for ten (Fortnox fact 1.3); logging in takes time


class ConnectRequest(Model):
    """What the product's server wants: a connection for one of its assignments."""

    reference: str = Field(min_length=1, max_length=200, examples=["uppdrag-4711"])
    """The product's own reference for the assignment; comes back in events."""
    origin: str = Field(max_length=200, examples=["https://bokslut.example"])
    """Of the page that opens the popup, and the only one that is told the result."""
    expected_organisation_number: str | None = Field(default=None, repr=False, max_length=20, examples=["556677-8899"])
    kind: ConnectionKind = ConnectionKind.SERVICE_ACCOUNT
    datasets: tuple[Dataset, ...] = ()
    vouchers: bool = False
    connection_id: UUID | None = None
    """To connect again what was lost; the connection keeps its id."""

    @field_validator("expected_organisation_number")
    @classmethod
    def _is_a_number(cls, value: str | None) -> str | None:
        """Without digits nothing would be compared, although a comparison is wanted."""
        if value is not None and not _digits(value):
            raise PydanticCustomError("organisation_number", "has no digits")
        return value


class Begun(Model):
    """A session: open `url` in a popup before it expires."""

    session_id: UUID
    connection_id: UUID
    url: str = Field(repr=False)
    expires_at: datetime


class SessionState(Model):
    """How far a session has come: open, started, connected, failed or expired."""

    session_id: UUID
    connection_id: UUID
    state: str
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Departure:
    """Where the popup goes, and the cookie that binds it to the session."""

    url: str = field(repr=False)
    cookie: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Callback:
    """What Fortnox's redirect brought."""

    code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    error: str | None = None


@dataclass(frozen=True)
class Outcome:
    """How it ended. Without a session nobody can be told but the person."""

    session: Session | None
    trouble: Trouble | None = None
    missing_scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Connect:
    """The popup flow."""

    pool: Pool
    keeper: Keeper
    oauth: OAuth
    vault: Vault
    reader: Reader
    registry: Registry
    announcer: Announcer
    public_url: str
    allowed_origins: frozenset[str]

    @property
    def redirect_uri(self) -> str:
        return f"{self.public_url}/connect/callback"

    async def begin(self, request: ConnectRequest, session_id: UUID | None = None) -> Begun:
        """Opens a session, or gives the one that the same wish has opened under this id.

        Raises ProblemError: an origin that isn't allowed, a connection that isn't there, an id used for another wish.
        """
        if request.origin not in self.allowed_origins:
            raise problems.ORIGIN_NOT_ALLOWED.error()
        wanted = scopes.wanted(request.datasets, vouchers=request.vouchers)
        async with self.pool.acquire() as connection, connection.transaction():
            sessions, asked = Sessions(connection), wanted
            if request.connection_id is not None:
                row = await Connections(connection).get(request.connection_id)
                if row is None or row.grant_id is None or row.removed_at is not None:
                    raise (problems.UNKNOWN if row is None else problems.REMOVED).error()
                # The new consent replaces the one that others live by (Fortnox fact 2): it must cover their scopes too.
                others = await Connections(connection).of_grant(row.grant_id)
                asked = scopes.union(wanted, *(other.wanted_scopes for other in others))
            session = self._session(session_id or uuid4(), request, wanted, asked)
            ticket, expires_at = repeated.new_ticket(self.vault, session.id), await sessions.open(session, SESSION_LIFE)
            if expires_at is None:
                session, ticket = await self._opened_before(sessions, session, request)
        return Begun(
            session_id=session.id,
            connection_id=session.connection_id,
            url=f"{self.public_url}/connect/{ticket}",
            expires_at=expires_at or session.expires_at,
        )

    async def _opened_before(self, sessions: Sessions, asked: Session, request: ConnectRequest) -> tuple[Session, str]:
        """The session that has this id already, with its ticket."""
        before, expected = await sessions.get(asked.id), request.expected_organisation_number
        if before is None:
            raise problems.SESSION_EXPIRED.error()
        return before, repeated.ticket_of(self.vault, before, asked, None if expected is None else _digits(expected))

    async def state(self, session_id: UUID) -> SessionState:
        async with self.pool.acquire() as connection:
            session = await Sessions(connection).get(session_id)
        if session is None:
            raise problems.SESSION_UNKNOWN.error()
        state = {"exchanging": "started"}.get(session.status, session.status)
        if state in {"open", "started"} and session.expired:
            state = "expired"
        trouble = Trouble.of(problems.stored(session.trouble)) if session.trouble else None
        return SessionState(session_id=session.id, connection_id=session.connection_id, state=state, trouble=trouble)

    async def depart(self, ticket: str, cookies: Mapping[str, str]) -> Departure:
        """Binds the session to the browser. The browser that began may begin anew; no other may."""
        async with self.pool.acquire() as connection:
            session = await Sessions(connection).with_ticket(digest(ticket))
            if session is None:
                raise problems.LINK_UNKNOWN.error()
            if session.expired:
                raise problems.SESSION_EXPIRED.error()
            secret = (
                cookies[binding.cookie_of(session)] if binding.bound(session, cookies) else secrets.token_urlsafe(32)
            )
            state = secrets.token_urlsafe(32)
            if not await Sessions(connection).start(session.id, digest(state), digest(secret)):
                raise problems.LINK_USED.error()
        service = session.kind is ConnectionKind.SERVICE_ACCOUNT
        challenge = binding.challenge(secret)
        url = self.oauth.authorise_url(state, session.asked_scopes, self.redirect_uri, service, challenge)
        return Departure(url, binding.cookie_of(session), secret)

    async def arrive(self, callback: Callback, cookies: Mapping[str, str]) -> Outcome:
        """Takes the person's answer. Never raises a ProblemError: the page tells it, and an event.

        From the code's exchange on nothing that was learnt is lost, however long the database is away; before, it
        raises what the database does, and the page may be loaded again.
        """
        session = await self._session_of(callback, cookies)
        if (
            session is not None
            and session.status in {"connected", "failed", "expired"}
            and binding.bound(session, cookies)
        ):
            return await self._told_again(session)  # the page was loaded once more
        spent = False
        try:
            self._check(session, cookies)
            assert session is not None
            code = _code(callback)
            spent = await self._spend_state(session, callback)
            if not spent:  # loaded twice at once: the other one will tell
                return Outcome(None, Trouble.of(problems.STATE_UNKNOWN.error()))
            consent = await self._consent(session, code, binding.verifier(cookies[binding.cookie_of(session)]))
            await self._settle(session, consent)
        except ProblemError as error:
            return await self._failed(session, error, exchanging=spent)
        except GONE as error:
            if not spent:
                raise
            log.warning("connect.interrupted", error=type(error).__name__)
            return await self._failed(session, problems.INTERRUPTED.error(), exchanging=True)
        telemetry.CONNECTS.labels("connected").inc()
        return Outcome(session, missing_scopes=scopes.missing(session.wanted_scopes, consent.tokens.scopes))

    async def expire_sessions(self) -> int:
        """Ends those that ran out, and says so; returns how many."""
        async with self.pool.acquire() as connection, connection.transaction():
            run_out = await Sessions(connection).run_out()
            for session in run_out:
                error = problems.SESSION_EXPIRED.error()
                await Sessions(connection).expire(session.id, problems.to_store(error))
                await self.announcer.tell_failed(connection, session, error)
            return len(run_out)

    def _session(
        self, session_id: UUID, request: ConnectRequest, wanted: tuple[str, ...], asked: tuple[str, ...]
    ) -> Session:
        expected = request.expected_organisation_number
        return Session(
            id=session_id,
            connection_id=request.connection_id or uuid4(),
            reconnects=request.connection_id is not None,
            reference=request.reference,
            origin=request.origin,
            kind=request.kind,
            wanted_scopes=list(wanted),
            asked_scopes=list(asked),
            expected_company=None if expected is None else self.vault.fingerprint(_digits(expected)),
            ticket_hash=digest(repeated.new_ticket(self.vault, session_id)),
            browser_hash=None,
            status="open",
            trouble=None,
            expires_at=datetime.max,  # noqa: DTZ901  (the database says when)
            expired=False,
        )

    async def _session_of(self, callback: Callback, cookies: Mapping[str, str]) -> Session | None:
        """The session that the callback is about: by its state, or else by the browser's cookies."""
        async with self.pool.acquire() as connection:
            if callback.state:
                return await Sessions(connection).with_state(digest(callback.state))
            found = [await Sessions(connection).get(one) for one in binding.sessions_in(cookies)]
        started = [one for one in found if one is not None and one.status == "started" and binding.bound(one, cookies)]
        return max(started, key=lambda session: session.expires_at, default=None)

    def _check(self, session: Session | None, cookies: Mapping[str, str]) -> None:
        if session is None:
            raise problems.STATE_UNKNOWN.error()
        if session.expired or session.status == "expired":
            raise problems.SESSION_EXPIRED.error()
        if not binding.bound(session, cookies):
            raise problems.OTHER_BROWSER.error()

    async def _spend_state(self, session: Session, callback: Callback) -> bool:
        async with self.pool.acquire() as connection:
            return await Sessions(connection).spend_state(session.id, digest(callback.state or ""))

    async def _consent(self, session: Session, code: str, verifier: str) -> Consent:
        """What the company consented to: tokens, and who it is. Raises ProblemError."""
        try:
            tokens = await self.oauth.exchange_code(code, self.redirect_uri, verifier)
            tenant = tenant_of(tokens.access_token)
            if tenant is None:
                raise problems.UNREADABLE.error()
            if not tokens.scopes:
                tokens = Tokens(
                    tokens.access_token, tokens.refresh_token, tokens.expires_in, frozenset(session.asked_scopes)
                )
            obtained_at = await self.registry.hold(session, tenant, tokens)
            company = await self.reader.company(tenant, tokens.access_token)
            kind, tokens = await self._best_kind(session, tenant, tokens)
        except fortnox.FortnoxError as error:
            log.warning("connect.refused", session=str(session.id), error=type(error).__name__, **error.details())
            raise problems.on_the_way(error) from None
        return Consent(tenant, company, kind, tokens, obtained_at)

    async def _settle(self, session: Session, consent: Consent) -> None:
        """Makes it the connection, or turns it away if it isn't the one that was meant."""
        try:
            await self.keeper.commit(lambda connection: self._compare(connection, session, consent))
            await self.registry.establish(session, consent)
        except ProblemError:
            await self.registry.turn_away(consent)
            raise

    async def _best_kind(self, session: Session, tenant: int, tokens: Tokens) -> tuple[ConnectionKind, Tokens]:
        """A service account, if it was asked for and works; else the refresh token that came with the code."""
        if session.kind is ConnectionKind.SERVICE_ACCOUNT:
            try:
                own = await self.oauth.client_credentials(tenant)
            except fortnox.TryLater:  # consented to as a service account, so it will work later
                return session.kind, tokens
            except fortnox.FortnoxError as error:
                log.warning("connect.no-service-account", session=str(session.id), error=type(error).__name__)
            else:
                return session.kind, with_refresh_token(own, tokens.refresh_token)
        if tokens.refresh_token is None:
            raise problems.UNREADABLE.error()
        return ConnectionKind.REFRESH_TOKEN, tokens

    async def _compare(self, connection: Connection, session: Session, consent: Consent) -> None:
        """Raises if it is another company than the one that is meant: by number, and by tenant if it is known."""
        number = _digits(consent.company.organisation_number)
        if session.expected_company is not None and not self.vault.matches(session.expected_company, number):
            raise problems.WRONG_ORGANISATION_NUMBER.error()
        if session.reconnects:
            row = await Connections(connection).get(session.connection_id)
            grant = await Grants(connection).get(row.grant_id) if row and row.grant_id else None
            if grant is not None and grant.tenant != consent.tenant:
                raise problems.WRONG_COMPANY.error(tenant=consent.tenant, expected_tenant=grant.tenant)

    async def _failed(self, session: Session | None, error: ProblemError, *, exchanging: bool) -> Outcome:
        """Ends the session and tells; of one that has ended already, or is just being exchanged, only the person."""
        telemetry.CONNECTS.labels(error.problem.code).inc()
        log.warning("connect.failed", session=str(session.id) if session else None, reason=error.problem.code)
        if session is None:
            return Outcome(None, Trouble.of(error))
        about = session

        async def write(connection: Connection) -> bool:
            trouble = problems.to_store(error)
            if await Sessions(connection).fail(about.id, trouble, exchanging=exchanging):
                await self.announcer.tell_failed(connection, about, error)
                return True
            now = await Sessions(connection).get(about.id)
            return now is not None and now.trouble == trouble  # the commit whose answer was lost

        ended = await self.keeper.commit(write)
        return Outcome(session if ended else None, Trouble.of(error))

    async def _told_again(self, session: Session) -> Outcome:
        if session.trouble:
            return Outcome(session, Trouble.of(problems.stored(session.trouble)))
        async with self.pool.acquire() as connection:
            row = await Connections(connection).get(session.connection_id)
            grant = await Grants(connection).get(row.grant_id) if row and row.grant_id else None
        missing = scopes.missing(session.wanted_scopes, grant.scopes) if grant else ()
        return Outcome(session, missing_scopes=missing)


def _code(callback: Callback) -> str:
    """The authorisation code. Raises what Fortnox says instead."""
    if callback.error:
        raise problems.on_the_way(redirect_error(callback.error))
    if callback.code:
        return callback.code
    raise problems.ACCOUNT_LOCKED.error()


def _digits(organisation_number: str | None) -> str:
    """Ten digits: without hyphen, and without the century that a personal number may have in front."""
    return re.sub(r"\D", "", organisation_number or "")[-10:]
