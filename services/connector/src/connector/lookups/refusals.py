"""Scopes that Fortnox refuses although the consent has them: told once, and once more when it no longer does."""

from contextlib import suppress
from dataclasses import dataclass

import structlog

from common.database import GONE, Pool
from common.events import ConnectionRenewed
from connector.announcements import Announcer
from connector.repository import Grants, Use

log = structlog.get_logger()


@dataclass(frozen=True)
class Refusals:
    """Keeps with the grant what look-ups learn of its scopes. It shows in each connection's limitations.

    A look-up is answered all the same when the database is away: the next one tells.
    """

    pool: Pool
    announcer: Announcer

    async def refused(self, use: Use, scope: str) -> None:
        if scope in use.refused_scopes:
            return
        with suppress(*GONE):
            async with self.pool.acquire() as connection, connection.transaction():
                if await Grants(connection).refuse_scope(use.grant_id, use.version, scope):
                    await self.announcer.tell_or_note(connection, use.grant_id, ConnectionRenewed)
                    log.warning("grant.scope-refused", grant=str(use.grant_id), scope=scope)

    async def allowed(self, use: Use, scope: str) -> None:
        if scope not in use.refused_scopes:
            return
        with suppress(*GONE):
            async with self.pool.acquire() as connection, connection.transaction():
                if await Grants(connection).allow_scope(use.grant_id, scope):
                    await self.announcer.tell_or_note(connection, use.grant_id, ConnectionRenewed)
                    log.info("grant.scope-allowed", grant=str(use.grant_id), scope=scope)
