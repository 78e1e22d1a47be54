"""What a company consented to: its code exchanged, the company read and compared, the grant stored or turned away."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

import fortnox
from common.database import GONE, Connection
from common.events import ConnectionKind
from common.problems import ProblemError
from connector import problems, sharing
from connector.company import Reader
from connector.grants import Consent, Held, Registry, with_refresh_token
from connector.keeping import Keeper
from connector.repository import Connections, Grants, Session, Sessions
from connector.tokens.vault import Vault
from connector.wishes import digits
from fortnox.oauth import OAuth, Tokens, tenant_of

log = structlog.get_logger()

ONCE_MORE_WITHIN = timedelta(minutes=10)  # then it stays with the first consent, and the others are told


@dataclass(frozen=True)
class Settled:
    """What came of a consent."""

    consent: Consent
    goes_again: bool = False
    """It would cost other connections something: the person is to approve once more. Nothing is told yet."""
    others_harmed: bool = False


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
        if (tenant := tenant_of(tokens.access_token)) is None:
            raise problems.UNREADABLE.error()
        if not tokens.scopes:
            tokens = replace(tokens, scopes=frozenset(session.asked_scopes))
        return await self.registry.hold(session, tenant, tokens)

    async def resume(self, session: Session) -> Settled:
        """Goes on where a process that is no more left off, with what there is by now. Raises ProblemError."""
        return await self.settle(session, await self.registry.held(session))

    async def settle(self, session: Session, held: Held, *, may_ask: bool = False) -> Settled:
        """Makes it the connection, or turns it away if it can't be or isn't the one that was meant: ProblemError.

        With `may_ask` the person may be sent to Fortnox once more, rather than that others lose something.
        """
        try:
            consent = await self._read(session, held)
            await self.keeper.commit(lambda connection: self._compare(connection, session, consent))
            if may_ask and await self.keeper.commit(lambda connection: self._widen(connection, session, consent)):
                return Settled(consent, goes_again=True)
            return Settled(consent, others_harmed=await self.registry.establish(session, consent))
        except GONE:
            raise  # it can still be done
        except Exception as error:
            harmed = await self.registry.turn_away(held, await self._still_served(held))
            if harmed and isinstance(error, ProblemError):
                raise problems.harming(error) from None
            raise

    async def _widen(self, connection: Connection, session: Session, consent: Consent) -> bool:
        """Whether the person is asked once more, for all that the company's connections live by."""
        held = consent.held
        grant = await Grants(connection).of_tenant(self.registry.client_id, held.tenant)
        if grant is None or held.replaced is None or grant.refreshed_at > held.obtained_at:
            return False
        rows = await Connections(connection).of_grant(grant.id)
        others = [row for row in rows if row.id != session.connection_id]
        wider = sharing.wider(session, others, held.replaced, consent.tokens.scopes, consent.kind)
        if wider is None:
            return False
        await Sessions(connection).widen(session.id, wider.scopes, service=wider.service, within=ONCE_MORE_WITHIN)
        log.info("connect.asks-once-more", session=str(session.id), service_account=wider.service)
        return True

    async def _still_served(self, held: Held) -> Tokens | None:
        """What a service account that was there before still gives, although the company was consented to anew."""
        if held.replaced is None or not held.replaced.service:
            return None
        with suppress(fortnox.FortnoxError):
            return with_refresh_token(await self.oauth.client_credentials(held.tenant), held.tokens.refresh_token)
        return None

    async def _read(self, session: Session, held: Held) -> Consent:
        """Who the company is, and how its tokens are got from now on."""
        try:
            company = await self.reader.company(held.tenant, held.tokens.access_token)
            kind, tokens = await self._best_kind(session, held)
        except fortnox.FortnoxError as error:
            raise _told(session, error) from None
        return Consent(held, company, kind, tokens)

    async def _best_kind(self, session: Session, held: Held) -> tuple[ConnectionKind, Tokens]:
        """A service account, if it works; else the refresh token that came with the code.

        One that others had is tried too where none was asked for: Fortnox may have left it as it was.
        """
        tokens = held.tokens
        if session.asks_service or (held.replaced and held.replaced.service):
            try:
                own = await self.oauth.client_credentials(held.tenant)
            except fortnox.TryLater:
                if session.asks_service:  # consented to as a service account, so it will work later
                    return ConnectionKind.SERVICE_ACCOUNT, tokens
            except fortnox.FortnoxError as error:
                log.warning("connect.no-service-account", session=str(session.id), error=type(error).__name__)
            else:
                return ConnectionKind.SERVICE_ACCOUNT, with_refresh_token(own, tokens.refresh_token)
        if tokens.refresh_token is None:
            raise problems.UNREADABLE.error()
        return ConnectionKind.REFRESH_TOKEN, tokens

    async def _compare(self, connection: Connection, session: Session, consent: Consent) -> None:
        """Raises if it is another company than the one that is meant: by number, and by tenant if it is known."""
        tenant, number = consent.held.tenant, digits(consent.company.organisation_number)
        if session.goes_again and tenant != session.tenant:
            raise problems.WRONG_COMPANY.error(tenant=tenant, expected_tenant=session.tenant)
        if session.expected_company is not None and not self.vault.matches(session.expected_company, number):
            raise problems.WRONG_ORGANISATION_NUMBER.error()
        if session.reconnects:
            row = await Connections(connection).get(session.connection_id)
            grant = await Grants(connection).get(row.grant_id) if row and row.grant_id else None
            if grant is not None and grant.tenant != tenant:
                raise problems.WRONG_COMPANY.error(tenant=tenant, expected_tenant=grant.tenant)


def _told(session: Session, error: fortnox.FortnoxError) -> ProblemError:
    log.warning("connect.refused", session=str(session.id), error=type(error).__name__, **error.details())
    return problems.on_the_way(error)
