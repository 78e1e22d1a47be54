"""Keeps what nobody uses alive: idle refresh tokens, warnings in time, endings, sessions that ran out."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

import fortnox
from common.clock import Clock
from common.database import GONE, Pool
from common.events import ConnectionExpiring
from common.problems import ProblemError
from connector.announcements import Announcer
from connector.connect import Connect
from connector.grants import Registry
from connector.repository import Connections, Grants, Sessions, Slots
from connector.tokens.mint import TAKEOVER_AFTER, Mint

log = structlog.get_logger()

EVERY = 15.0  # seconds between rounds
PRUNE_EVERY = 240  # rounds
PAUSE = timedelta(minutes=10)  # before a renewal that failed is tried again
DOUBTFUL_PAUSE = timedelta(seconds=30)  # the same, where the token may have been spent
AT_ONCE = 8  # renewals


@dataclass(frozen=True)
class Upkeep:
    """Rounds that any replica makes; what several do at once is done once (the mint sees to it)."""

    pool: Pool
    mint: Mint
    registry: Registry
    connect: Connect
    announcer: Announcer
    clock: Clock
    warn_after: timedelta
    """The age of a refresh token that ought to have been renewed long before."""

    async def run(self) -> None:
        number = 0
        while True:
            try:
                await self.round()
                if number % PRUNE_EVERY == 0:
                    await self.prune()
            except GONE as error:
                log.warning("upkeep.interrupted", error=type(error).__name__)
            number += 1
            await self.clock.sleep(EVERY)

    async def round(self) -> None:
        """Everything that is due."""
        await self.connect.finish_sessions()
        await self.end_grants()
        await self.connect.expire_sessions()
        await self.renew_idle()
        await self.warn()

    async def renew_idle(self) -> None:
        while due := await self._due():
            for failure in await asyncio.gather(*(self._renew(*one) for one in due), return_exceptions=True):
                if failure is not None:
                    raise failure

    async def _due(self) -> list[tuple[UUID, int]]:
        async with self.pool.acquire() as connection:
            return await Grants(connection).to_renew(TAKEOVER_AFTER, AT_ONCE)

    async def _renew(self, grant_id: UUID, version: int) -> None:
        try:
            await self.mint.renew(grant_id, version)
        except ProblemError:  # logged and told by the mint
            async with self.pool.acquire() as connection:
                await Grants(connection).put_off(grant_id, PAUSE, DOUBTFUL_PAUSE)

    async def warn(self) -> None:
        """Says of connections that they will end, while somebody can still do something about it."""
        async with self.pool.acquire() as connection, connection.transaction():
            for grant in await Grants(connection).to_warn(self.warn_after):
                try:
                    async with connection.transaction():
                        await Grants(connection).expire(grant.id)
                        await self.announcer.tell(connection, grant.id, ConnectionExpiring)
                except ProblemError as error:
                    log.error("grant.not-warned-of", grant=str(grant.id), reason=error.problem.code)
                else:
                    log.warning("grant.expiring", grant=str(grant.id))

    async def end_grants(self) -> None:
        try:
            while await self.registry.finish_ending():
                pass
        except fortnox.FortnoxError as error:
            log.warning("grant.not-revoked-yet", error=type(error).__name__)

    async def prune(self) -> None:
        async with self.pool.acquire() as connection:
            await Sessions(connection).prune()
            await Connections(connection).prune()
            await Slots(connection).prune()
