"""Opens connect sessions for the product's server, and tells it how far they have come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from common.database import Connection, Pool
from common.events import ConnectionKind, Trouble
from connector import limits, problems, repeated, scopes, sharing
from connector.repository import Connections, Grant, Grants, Session, Sessions
from connector.sharing import Replaced, Wider
from connector.tokens.sealed import digest
from connector.tokens.vault import Vault
from connector.wishes import Begun, ConnectRequest, SessionState, digits

SESSION_LIFE = timedelta(minutes=30)  # Fortnox's own code lives for ten (Fortnox fact 1.3); logging in takes time


@dataclass(frozen=True)
class Granted:
    """What a company granted, where it is less than was asked for."""

    limitations: tuple[Trouble, ...] = ()
    upgrade: Trouble | None = None
    """A service account was asked for and doesn't work: the connection fell back."""
    others_harmed: bool = False
    """Other connections to the company have less now."""


@dataclass(frozen=True)
class Opening:
    """Connect sessions, as the product's server sees them."""

    pool: Pool
    vault: Vault
    client_id: str
    public_url: str
    allowed_origins: frozenset[str]
    forwarded_life: timedelta

    async def begin(self, request: ConnectRequest, session_id: UUID | None = None) -> Begun:
        """Opens a session, or gives the one that the same wish has opened under this id.

        Raises ProblemError: an origin that isn't allowed, a connection that isn't there, an id used for another wish.
        """
        if request.origin not in self.allowed_origins:
            raise problems.ORIGIN_NOT_ALLOWED.error()
        async with self.pool.acquire() as connection, connection.transaction():
            sessions = Sessions(connection)
            session = self._session(session_id or uuid4(), request, await self._asked(connection, request))
            ticket = repeated.new_ticket(self.vault, session.id)
            expires_at = await sessions.open(session, self.forwarded_life if session.forwarded else SESSION_LIFE)
            if expires_at is None:
                session, ticket = await self._opened_before(sessions, session, request)
        return Begun(
            session_id=session.id,
            connection_id=session.connection_id,
            url=f"{self.public_url}/connect/{ticket}",
            expires_at=expires_at or session.expires_at,
        )

    async def state(self, session_id: UUID) -> SessionState:
        """Raises ProblemError if there is no such session."""
        async with self.pool.acquire() as connection:
            session = await Sessions(connection).get(session_id)
            if session is None:
                raise problems.SESSION_UNKNOWN.error()
            less = await granted(connection, session) if session.status == "connected" else Granted()
        state = {"exchanging": "started"}.get(session.status, session.status)
        if state in {"open", "started"} and session.expired:
            state = "expired"
        return SessionState(
            session_id=session.id,
            connection_id=session.connection_id,
            state=state,
            expires_at=session.expires_at,
            forwarded=session.forwarded,
            trouble=Trouble.of(problems.stored(session.trouble)) if session.trouble else None,
            limitations=less.limitations,
            upgrade=less.upgrade,
        )

    async def _opened_before(self, sessions: Sessions, asked: Session, request: ConnectRequest) -> tuple[Session, str]:
        """The session that has this id already, with its ticket."""
        before, expected = await sessions.get(asked.id), request.expected_organisation_number
        if before is None:
            raise problems.SESSION_EXPIRED.error()
        return before, repeated.ticket_of(self.vault, before, asked, None if expected is None else digits(expected))

    async def _asked(self, connection: Connection, request: ConnectRequest) -> Wider:
        """What to ask for. Raises ProblemError when the connection to be made again isn't there.

        The new consent replaces the one that others live by (Fortnox fact 2): where the company is known already, it
        covers what they need too. Where it isn't, that is found out when it has been chosen (`consenting.py`).
        """
        grants = await self._known(connection, request)
        rows = [row for grant in grants for row in await Connections(connection).of_grant(grant.id)]
        others = [row for row in rows if row.id != request.connection_id]
        served = {grant.id for grant in grants if Replaced.by_another(grant).service}
        return Wider(sharing.union(_wanted(request), rows), any(other.grant_id in served for other in others))

    async def _known(self, connection: Connection, request: ConnectRequest) -> list[Grant]:
        """The company's grant, as far as one can tell before anybody is at Fortnox."""
        if request.connection_id is None:
            number = request.expected_organisation_number
            known = [] if number is None else self.vault.fingerprints(digits(number))
            return await Grants(connection).with_number(self.client_id, known)
        row = await Connections(connection).get(request.connection_id)
        if row is None or row.grant_id is None or row.removed_at is not None:
            raise (problems.UNKNOWN if row is None else problems.REMOVED).error()
        grant = await Grants(connection).get(row.grant_id)
        return [grant] if grant else []

    def _session(self, session_id: UUID, request: ConnectRequest, asked: Wider) -> Session:
        expected = request.expected_organisation_number
        return Session(
            id=session_id,
            connection_id=request.connection_id or uuid4(),
            reconnects=request.connection_id is not None,
            reference=request.reference,
            origin=request.origin,
            kind=request.kind,
            wanted_scopes=list(_wanted(request)),
            asked_scopes=list(asked.scopes),
            service=asked.service,
            expected_company=None if expected is None else self.vault.fingerprint(digits(expected)),
            ticket_hash=digest(repeated.new_ticket(self.vault, session_id)),
            browser_hash=None,
            status="open",
            trouble=None,
            expires_at=datetime.max,  # noqa: DTZ901  (the database says when)
            expired=False,
            forwarded=request.forwardable,
            asked_by=request.asked_by,
            company_name=request.company_name,
        )


async def granted(connection: Connection, session: Session) -> Granted:
    """What a connected session's connection has by now."""
    row = await Connections(connection).get(session.connection_id)
    grant = await Grants(connection).get(row.grant_id) if row and row.grant_id else None
    if grant is None:
        return Granted()
    others = [one for one in await Connections(connection).of_grant(grant.id) if one.id != session.connection_id]
    return compared(session, grant.scopes, grant.kind, others_harmed=any(one.trouble for one in others))


def compared(
    session: Session, granted_scopes: Collection[str], kind: ConnectionKind, *, others_harmed: bool
) -> Granted:
    """What was granted, beside what was asked for."""
    fell_back = kind is not session.kind
    limitations = scopes.limitations(session.wanted_scopes, granted_scopes)
    return Granted(limitations, limits.upgrade(kind) if fell_back else None, others_harmed)


def _wanted(request: ConnectRequest) -> tuple[str, ...]:
    return scopes.wanted(request.datasets, vouchers=request.vouchers)
