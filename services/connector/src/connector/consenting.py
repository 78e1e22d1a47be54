"""What a company consented to: its code exchanged, the company read and compared, the grant stored or turned away."""

from dataclasses import dataclass, replace

import structlog

import fortnox
from common.database import GONE, Connection
from common.events import ConnectionKind
from common.problems import ProblemError
from connector import problems
from connector.company import Reader
from connector.grants import Consent, Held, Registry, with_refresh_token
from connector.keeping import Keeper
from connector.repository import Connections, Grants, Session
from connector.tokens.vault import Vault
from connector.wishes import digits
from fortnox.oauth import OAuth, Tokens, tenant_of

log = structlog.get_logger()


@dataclass(frozen=True)
class Consenting:
    """From the code to the grant."""

    keeper: Keeper
    oauth: OAuth
    vault: Vault
    reader: Reader
    registry: Registry
    redirect_uri: str

    async def take(self, session: Session, code: str, verifier: str) -> Held:
        """Exchanges the code and keeps what it brings. Raises ProblemError."""
        try:
            tokens = await self.oauth.exchange_code(code, self.redirect_uri, verifier)
        except fortnox.FortnoxError as error:
            raise _told(session, error) from None
        tenant = tenant_of(tokens.access_token)
        if tenant is None:
            raise problems.UNREADABLE.error()
        if not tokens.scopes:
            tokens = replace(tokens, scopes=frozenset(session.asked_scopes))
        return await self.registry.hold(session, tenant, tokens)

    async def resume(self, session: Session) -> Consent:
        """Goes on where a process that is no more left off. Raises ProblemError."""
        return await self.settle(session, await self.registry.held(session))

    async def settle(self, session: Session, held: Held) -> Consent:
        """Makes it the connection, or turns it away if it can't be or isn't the one that was meant: ProblemError."""
        try:
            consent = await self._read(session, held)
            await self.keeper.commit(lambda connection: self._compare(connection, session, consent))
            await self.registry.establish(session, consent)
        except GONE:
            raise  # it can still be done
        except Exception:
            await self.registry.turn_away(held)
            raise
        return consent

    async def _read(self, session: Session, held: Held) -> Consent:
        """Who the company is, and how its tokens are got from now on."""
        try:
            company = await self.reader.company(held.tenant, held.tokens.access_token)
            kind, tokens = await self._best_kind(session, held.tenant, held.tokens)
        except fortnox.FortnoxError as error:
            raise _told(session, error) from None
        return Consent(held, company, kind, tokens)

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
        number = digits(consent.company.organisation_number)
        if session.expected_company is not None and not self.vault.matches(session.expected_company, number):
            raise problems.WRONG_ORGANISATION_NUMBER.error()
        if session.reconnects:
            row = await Connections(connection).get(session.connection_id)
            grant = await Grants(connection).get(row.grant_id) if row and row.grant_id else None
            if grant is not None and grant.tenant != consent.held.tenant:
                raise problems.WRONG_COMPANY.error(tenant=consent.held.tenant, expected_tenant=grant.tenant)


def _told(session: Session, error: fortnox.FortnoxError) -> ProblemError:
    log.warning("connect.refused", session=str(session.id), error=type(error).__name__, **error.details())
    return problems.on_the_way(error)
