"""What the connector says about connections: each time their full state, through the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from common.clock import Clock
from common.database import GONE, Connection
from common.events import ConnectFailed, ConnectionKind, ConnectionRemoved, ConnectionState, Record, Trouble, new_event
from common.events.connections import ConnectionStatus, ConsentAfter
from common.messaging.outbox import Outbox
from common.problems import ProblemError
from connector import limits, problems, scopes
from connector.repository import ConnectionRow, Connections, Grant, Grants, Session
from connector.tokens.sealed import Company, key_of, open_company
from connector.tokens.vault import Unsealable, Vault

log = structlog.get_logger()


@dataclass(frozen=True)
class Announcer:
    """Puts states of connections into the outbox, in the transaction that makes them true."""

    source: str
    outbox: Outbox
    vault: Vault
    clock: Clock
    refresh_token_life: timedelta

    async def tell(
        self,
        connection: Connection,
        grant_id: UUID,
        happened: type[ConnectionState],
        *,
        only: UUID | None = None,
        but: UUID | None = None,
    ) -> None:
        """Tells what happened to every connection of the grant, to `only` one or to all `but` one."""
        grant = await Grants(connection).get(grant_id)
        assert grant is not None
        rows = await Connections(connection).of_grant(grant_id)
        concerned = [row for row in rows if row.id != but and only in {None, row.id}]
        await self._add(connection, (happened(**self.facts(grant, row)) for row in concerned))
        await Grants(connection).announced(grant_id, self.valid_until(grant))

    async def tell_or_note(self, connection: Connection, grant_id: UUID, happened: type[ConnectionState]) -> None:
        """Tells all of the grant's connections. Where that fails upkeep does it later: what is stored stays stored."""
        try:
            async with connection.transaction():
                await self.tell(connection, grant_id, happened)
        except GONE:
            raise
        except Exception as error:
            reason = error.problem.code if isinstance(error, ProblemError) else type(error).__name__
            log.error("grant.not-told-yet", grant=str(grant_id), reason=reason, exc_info=error)
            await Grants(connection).not_told(grant_id)

    async def tell_removed(
        self, connection: Connection, grant: Grant, row: ConnectionRow, consent: ConsentAfter
    ) -> None:
        """Says that it is removed, with what becomes of the consent, and then removes its key from the compacted topic.

        Also of a company that can't be read any more, since its master key is gone.
        """
        facts = self.facts(grant, row, Company(name="", organisation_number="")) | {
            "status": ConnectionStatus.REMOVED,
            "valid_until": None,
        }
        if consent is ConsentAfter.REMAINS:
            facts["trouble"] = Trouble.of(problems.CONSENT_REMAINS.error())
        await self._add(connection, [ConnectionRemoved(**facts, consent=consent)])
        tombstone = Record(ConnectionRemoved.TOPIC.name, str(row.id).encode(), None)
        await self.outbox.add_tombstone(connection, tombstone)

    async def tell_failed(self, connection: Connection, session: Session, error: ProblemError) -> None:
        """Says that connecting came to nothing."""
        failed = ConnectFailed(
            connection_id=session.connection_id,
            session_id=session.id,
            reference=session.reference,
            trouble=Trouble.of(error),
        )
        await self.outbox.add(connection, new_event(failed, source=self.source, time=self.clock.now()))

    def facts(self, grant: Grant, row: ConnectionRow, unreadable: Company | None = None) -> dict[str, Any]:
        """The connection's full state. Raises ProblemError when its secrets can't be read and nothing stands in."""
        try:
            company = open_company(key_of(self.vault, grant), grant)
        except Unsealable:
            if unreadable is None:
                raise problems.KEY_MISSING.error() from None
            company = unreadable
        return {
            "connection_id": row.id,
            "status": ConnectionStatus(grant.status if grant.status != "ending" else "removed"),
            "kind": grant.kind,
            "tenant": grant.tenant,
            "company_name": company.name,
            "organisation_number": company.organisation_number,
            "reference": row.reference,
            "scopes": tuple(grant.scopes),
            "missing_scopes": scopes.missing(row.wanted_scopes, grant.scopes),
            "limitations": scopes.limitations(row.wanted_scopes, set(grant.scopes) - set(grant.refused_scopes)),
            "upgrade": limits.upgrade(grant.kind),
            "connected_at": row.connected_at,
            "valid_until": self.valid_until(grant),
            "trouble": Trouble.of(problems.stored(trouble)) if (trouble := grant.trouble or row.trouble) else None,
        }

    def valid_until(self, grant: Grant) -> datetime | None:
        """When the grant dies if nobody uses it; a service account doesn't, and one that is lost has."""
        if grant.kind is ConnectionKind.SERVICE_ACCOUNT or grant.status == "lost":
            return None
        return grant.refreshed_at + self.refresh_token_life

    async def _add(self, connection: Connection, states: Iterable[ConnectionState]) -> None:
        now = self.clock.now()
        await self.outbox.add(connection, *(new_event(state, source=self.source, time=now) for state in states))
