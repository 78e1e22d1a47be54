"""Keeps what nobody uses alive: idle refresh tokens, warnings in time, endings, sessions that ran out."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

import fortnox
from common.clock import SWEDEN, Clock
from common.database import GONE, Pool
from common.events import ConnectionExpiring, ConnectionLost, ConnectionRenewed
from common.problems import ProblemError
from connector import problems
from connector.announcements import Announcer
from connector.connect import Connect
from connector.ending import Ending
from connector.repository import Connections, Grant, Grants, Renewals, Sessions, Slots
from connector.tokens.mint import TAKEOVER_AFTER, Mint

log = structlog.get_logger()

EVERY = 15.0  # seconds between rounds
PRUNE_EVERY = 3600.0  # seconds
PAUSE = timedelta(minutes=10)  # before a renewal that failed is tried again
DOUBTFUL_PAUSE = timedelta(seconds=30)  # the same, where the token may have been spent
AT_ONCE = 8  # renewals
FINAL = frozenset(problem.code for problem in (problems.LOST, problems.LICENCE_GONE))
HAPPENED = {"active": ConnectionRenewed, "expiring": ConnectionExpiring, "lost": ConnectionLost}

Chore = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Upkeep:
    """Chores that any replica does; what several do at once is done once (the mint sees to it)."""

    pool: Pool
    mint: Mint
    ending: Ending
    connect: Connect
    announcer: Announcer
    clock: Clock
    warn_after: timedelta
    """The age of a refresh token that ought to have been renewed long before."""

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """One for each chore: while Fortnox hangs those that call it, the others go on."""
        return [*(self._do(chore, EVERY) for chore in self._chores()), self._do(self.prune, PRUNE_EVERY)]

    async def round(self) -> None:
        """Everything that is due, once."""
        for chore in self._chores():
            await chore()

    def _chores(self) -> list[Chore]:
        return [
            self.connect.finish_sessions,
            self.end_grants,
            self.connect.expire_sessions,
            self.renew_doubtful,
            self.renew_idle,
            self.warn,
            self.tell,
        ]

    async def _do(self, chore: Chore, every: float) -> None:
        """Again and again. What fails, fails by itself: it may be a single row, and the replica serves all others."""
        name = getattr(chore, "__name__", "")
        while True:
            try:
                await chore()
            except GONE as error:
                log.warning("upkeep.interrupted", chore=name, error=type(error).__name__)
            except Exception as error:
                log.error("upkeep.failed", chore=name, error=type(error).__name__, exc_info=error)
            await self.clock.sleep(every)

    async def renew_doubtful(self) -> None:
        """Those whose token may have been spent in vain: it is told within a minute, whatever the idle ones do."""
        await self._renew_all(in_doubt=True)

    async def renew_idle(self) -> None:
        await self._renew_all(in_doubt=False)

    async def _renew_all(self, *, in_doubt: bool) -> None:
        """Lot by lot, until nothing is due or Fortnox answers none of a lot."""
        while due := await self._due(in_doubt):
            ended = await asyncio.gather(*(self._renew(*one) for one in due), return_exceptions=True)
            for failure in ended:
                if isinstance(failure, BaseException):
                    raise failure
            if not any(ended):
                break

    async def _due(self, in_doubt: bool) -> list[tuple[UUID, int]]:
        async with self.pool.acquire() as connection:
            return await Renewals(connection).to_renew(TAKEOVER_AFTER, AT_ONCE, in_doubt=in_doubt)

    async def _renew(self, grant_id: UUID, version: int) -> bool:
        """Whether Fortnox said something of it. One that failed is put off; the mint has logged it, and told."""
        try:
            await self.mint.renew(grant_id, version)
        except GONE:
            raise
        except Exception as error:  # noqa: BLE001  (a fault with one must not keep the others waiting)
            async with self.pool.acquire() as connection:
                await Renewals(connection).put_off(grant_id, PAUSE, DOUBTFUL_PAUSE)
            return isinstance(error, ProblemError) and error.problem.code in FINAL
        return True

    async def warn(self) -> None:
        """Says of connections that they will end, while somebody can still do something about it."""
        async with self.pool.acquire() as connection, connection.transaction():
            for grant in await Grants(connection).to_warn(self.warn_after):
                trouble = problems.EXPIRING.error(day=self._last_day(grant), reason=(grant.failure or {}).get("code"))
                await Grants(connection).expire(grant.id, problems.to_store(trouble))
                await self.announcer.tell_or_note(connection, grant.id, ConnectionExpiring)
                log.warning("grant.expiring", grant=str(grant.id))

    async def tell(self) -> None:
        """What could not be told when it happened."""
        async with self.pool.acquire() as connection, connection.transaction():
            for grant in await Grants(connection).to_tell():
                await self.announcer.tell_or_note(connection, grant.id, HAPPENED[grant.status])

    def _last_day(self, grant: Grant) -> str:
        ends = self.announcer.valid_until(grant)
        assert ends is not None
        return ends.astimezone(SWEDEN).date().isoformat()

    async def end_grants(self) -> None:
        try:
            while await self.ending.finish():
                pass
        except fortnox.FortnoxError as error:
            log.warning("grant.not-revoked-yet", error=type(error).__name__)

    async def prune(self) -> None:
        async with self.pool.acquire() as connection:
            await Sessions(connection).prune()
            await Connections(connection).prune()
            await Slots(connection).prune()
