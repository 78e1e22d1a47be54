"""A company is connected, from the product's wish to the stored grant, in the order in which it happens.

The product's server asks for a session (`begin`) and gets a one-time address, which it opens in a popup. That binds
the session to the browser and goes to Fortnox (`depart`). Fortnox sends the person back (`arrive`): the code is
exchanged, the company read and compared, the grant stored, and the result told.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog

from common.database import GONE, Connection, Pool
from common.events import ConnectionKind, Trouble
from common.problems import ProblemError
from connector import binding, problems, repeated, scopes, telemetry
from connector.announcements import Announcer
from connector.consenting import Consenting
from connector.keeping import Keeper
from connector.repository import Connections, Grants, Session, Sessions
from connector.tokens.sealed import digest
from connector.tokens.vault import Vault
from connector.wishes import Begun, ConnectRequest, SessionState, digits
from fortnox.oauth import OAuth, redirect_error

log = structlog.get_logger()

SESSION_LIFE = timedelta(minutes=30)  # Fortnox's own code lives for ten (Fortnox fact 1.3); logging in takes time


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
    consenting: Consenting
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
        return before, repeated.ticket_of(self.vault, before, asked, None if expected is None else digits(expected))

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
            consent = await self.consenting.take(session, code, binding.verifier(cookies[binding.cookie_of(session)]))
            await self.consenting.settle(session, consent)
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
            expected_company=None if expected is None else self.vault.fingerprint(digits(expected)),
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
