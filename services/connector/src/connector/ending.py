"""How connections end: removed one by one, and with a company's last one its consent at Fortnox, its key and tokens."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

import fortnox
from common.database import Pool
from common.events.connections import ConsentAfter
from connector import problems
from connector.announcements import Announcer
from connector.repository import Connections, Grant, Grants
from connector.tokens.sealed import key_of, open_refresh_token
from connector.tokens.vault import Unsealable, Vault
from fortnox.oauth import OAuth

log = structlog.get_logger()

HOLD = timedelta(seconds=5)  # the right to revoke a consent is held like the right to renew it
TAKEOVER_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class Ending:
    """Ends connections and grants."""

    pool: Pool
    oauth: OAuth
    vault: Vault
    announcer: Announcer

    async def disconnect(self, connection_id: UUID) -> None:
        """Removes a connection and says so; with the last one upkeep ends the grant. Again: nothing happens."""
        async with self.pool.acquire() as connection, connection.transaction():
            row = await Connections(connection).get(connection_id)
            if row is None:
                raise problems.UNKNOWN.error()
            grant = await Grants(connection).get(row.grant_id, lock=True) if row.grant_id else None
            if grant is None or not await Connections(connection).remove(connection_id):
                return
            others = await Connections(connection).of_grant(grant.id)
            await self.announcer.tell_removed(
                connection, grant, row, ConsentAfter.KEPT if others else ConsentAfter.REVOKING
            )
        log.info("connection.removed", connection=str(connection_id))

    async def finish(self) -> UUID | None:
        """Revokes one consent that no connection lives by and deletes its key and tokens; None: there was none.

        How to withdraw a service account's consent isn't known (Fortnox fact 1.6), and revoking says yes to anything.
        So it is tried whether Fortnox still gives tokens; where it does, the product is told, since only the company
        can end that.
        """
        claim_id = uuid4()
        async with self.pool.acquire() as connection:
            await Grants(connection).end_orphans()
            grant = await Grants(connection).claim_ending(claim_id, HOLD, TAKEOVER_AFTER)
        if grant is None:
            return None
        await self._revoke(grant)
        remains = await self._remains(grant)
        async with self.pool.acquire() as connection, connection.transaction():
            last = await Connections(connection).last_removed(grant.id)
            if await Grants(connection).delete_ended(grant.id) and remains and last:
                await self.announcer.tell_removed(connection, grant, last, ConsentAfter.REMAINS)
        log.info("grant.ended", grant=str(grant.id), consent_remains=remains)
        return grant.id

    async def _revoke(self, grant: Grant) -> None:
        try:
            refresh_token = open_refresh_token(key_of(self.vault, grant), grant)
        except Unsealable:
            log.error("grant.unsealable", grant=str(grant.id))  # nothing can be revoked with it: it only goes
        else:
            if refresh_token:
                await self.oauth.revoke(refresh_token)

    async def _remains(self, grant: Grant) -> bool:
        """Whether the company still lets us in. A passing failure is raised: it is asked again."""
        try:
            await self.oauth.client_credentials(grant.tenant)
        except fortnox.TryLater:
            raise
        except (fortnox.MissingLicence, fortnox.MissingAppLicence):
            return True  # nothing but the licence is missing
        except fortnox.FortnoxError:
            return False
        return True
