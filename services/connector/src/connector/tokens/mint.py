"""Gets new tokens: one call in flight per grant over all replicas, and no answer is ever thrown away.

A refresh token can be spent once, and Fortnox promises no grace (Fortnox fact 1.3). So the right to spend it is
committed before the call, with a deadline after which nobody sends; who finds a dead holder's claim waits until no
answer to it can come any more. No transaction is open during the call. What comes back is stored by comparing the
spent token's hash, so that a late answer with the only live token still counts and an overtaken one changes nothing.
A service account spends nothing, but takes the same way: simply so that Fortnox is asked once.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

import fortnox
from common.clock import Clock
from common.database import GONE, Connection, Pool
from common.events import ConnectionKind, ConnectionLost, ConnectionRenewed
from common.problems import INTERNAL, ProblemError
from connector import problems, telemetry
from connector.announcements import Announcer
from connector.keeping import Keeper
from connector.repository import Grant, GrantedTokens, Grants, Renewals
from connector.tokens.sealed import key_of, open_company, open_refresh_token, seal_tokens
from connector.tokens.vault import RowKey, Unsealable, Vault
from fortnox.oauth import OAuth, Tokens, tenant_of

log = structlog.get_logger()

CALL_TIMEOUT = 20.0  # seconds that a call to the token endpoint may take
SEND_WITHIN = timedelta(seconds=5)  # after the claim: by the holder's own boot-time clock, from before it asked
TAKEOVER_AFTER = timedelta(seconds=CALL_TIMEOUT + 3)  # beyond the deadline: by then any answer has come
POLL = 0.05  # seconds between looks at what another replica is doing
PATIENCE = 40.0  # seconds for which another replica is waited for, a takeover included
PAUSES = (0.3, 1.0)  # seconds before passing failures are tried again
LICENCE_PAUSE = timedelta(minutes=5)  # before a grant without licence is tried again
NEWS = timedelta(days=1)  # a later end is worth an event when it has moved this far
PASSING = (fortnox.TryLater, fortnox.OutcomeUnknown, fortnox.UnreadableAnswer)
NOTHING_SPENT = (fortnox.TryLater, fortnox.Refused, Unsealable)


@dataclass
class Mint:
    """Renews grants. Callers in a process share one flight per grant and version of its tokens."""

    pool: Pool
    keeper: Keeper
    oauth: OAuth
    vault: Vault
    announcer: Announcer
    clock: Clock
    idle_renewal: timedelta
    flights: dict[tuple[UUID, int], asyncio.Task[None]] = field(default_factory=dict, init=False)

    async def renew(self, grant_id: UUID, version: int) -> None:
        """Returns when there are tokens newer than this version. Raises ProblemError if there can be none now.

        A caller who goes away doesn't end the flight.
        """
        await asyncio.shield(self.renew_soon(grant_id, version))

    def renew_soon(self, grant_id: UUID, version: int) -> asyncio.Task[None]:
        """Has it renewed without anybody waiting."""
        flight = self.flights.get((grant_id, version))
        if flight is None or flight.done():
            flight = asyncio.create_task(self._fly(grant_id, version))
            flight.add_done_callback(lambda done: self._landed(grant_id, version, done))
            self.flights[grant_id, version] = flight
        return flight

    async def close(self) -> None:
        """Lets calls under way come home. An answer that can't be stored yet goes on trying while the process lives."""
        if self.flights:
            await asyncio.wait(list(self.flights.values()), timeout=CALL_TIMEOUT + SEND_WITHIN.total_seconds())

    def _landed(self, grant_id: UUID, version: int, flight: asyncio.Task[None]) -> None:
        if self.flights.get((grant_id, version)) is flight:
            del self.flights[grant_id, version]
        if not flight.cancelled() and (error := flight.exception()):
            code = error.problem.code if isinstance(error, ProblemError) else type(error).__name__
            log.warning("grant.not-renewed", grant=str(grant_id), reason=code)

    async def _fly(self, grant_id: UUID, version: int) -> None:
        for pause in (*PAUSES, None):
            claim = await self._claim(grant_id, version)
            if claim is None:
                return
            try:
                await self._spend(claim)
            except PASSING as error:
                failure = problems.in_use(error)
                await self._give_back(claim, error, failure)
                if pause is None:
                    raise failure from None
                await self.clock.sleep(pause)
            except (ProblemError, *GONE):
                raise
            except Exception as error:
                await self._give_back(claim, error, INTERNAL.error())
                raise
            else:
                return

    async def _claim(self, grant_id: UUID, version: int) -> "Claim | None":
        """The right to renew these tokens, or None when somebody else has done it meanwhile."""
        give_up_at = self.clock.boottime() + PATIENCE
        while True:
            claim_id, deadline = uuid4(), self.clock.boottime() + SEND_WITHIN.total_seconds()
            async with self.pool.acquire() as connection:
                claimed = await Renewals(connection).claim(grant_id, version, claim_id, SEND_WITHIN, TAKEOVER_AFTER)
                if claimed is not None:
                    return Claim(claim_id, claimed, deadline)
                grant = await Grants(connection).get(grant_id)
            if grant is None or grant.status == "ending":
                raise problems.REMOVED.error()
            if grant.version != version:
                return None
            if grant.status == "lost" and grant.trouble:
                raise problems.stored(grant.trouble)
            if self.clock.boottime() > give_up_at:
                raise problems.FORTNOX_AWAY.error()
            await self.clock.sleep(POLL)

    async def _spend(self, claim: "Claim") -> None:
        """Makes the call and stores what comes of it. Raises passing failures as they are, others as ProblemError."""
        grant, asked_at = claim.grant, self.clock.boottime()
        try:
            key = key_of(self.vault, grant)
            open_company(key, grant)  # what can't be told later must not be found out after the call
            tokens = await self._call(claim, key)
        except Unsealable as error:
            log.error("grant.unsealable", grant=str(grant.id))
            missing = problems.KEY_MISSING.error()
            await self._give_back(claim, error, missing)
            raise missing from None
        except fortnox.InvalidGrant:
            await self._lose(grant, problems.LOST.error())
        except (fortnox.MissingLicence, fortnox.MissingAppLicence):
            await self._lose(grant, problems.LICENCE_GONE.error(), LICENCE_PAUSE)
        except fortnox.Refused as error:  # our own configuration, or nothing that is known: the customer can't help it
            refused = problems.in_use(error)
            await self._give_back(claim, error, refused)
            raise refused from None
        else:
            await self._keep(grant, seal_tokens(key, tokens, self.idle_renewal), tokens, asked_at)

    async def _call(self, claim: "Claim", key: RowKey) -> Tokens:
        if self.clock.boottime() > claim.deadline:
            raise fortnox.NotSent("POST /oauth-v1/token", reason="too-late")
        if claim.grant.kind is ConnectionKind.SERVICE_ACCOUNT:
            return await self.oauth.client_credentials(claim.grant.tenant, start_by=claim.deadline)
        refresh_token = open_refresh_token(key, claim.grant)
        if refresh_token is None:
            raise Unsealable("there is no refresh token")
        return await self.oauth.refresh(refresh_token, start_by=claim.deadline)

    async def _keep(self, grant: Grant, sealed: GrantedTokens, tokens: Tokens, asked_at: float) -> None:
        if tenant_of(tokens.access_token) not in {None, grant.tenant}:
            log.error("grant.wrong-tenant", grant=str(grant.id))
            await self._lose(grant, problems.LOST.error())
            return

        async def store(connection: Connection) -> None:
            before = await Grants(connection).get(grant.id, lock=True)
            age = self.clock.boottime() - asked_at
            if before is None or not await Renewals(connection).keep(grant, sealed, age):
                log.info("grant.overtaken", grant=str(grant.id))
                return
            after = await Grants(connection).get(grant.id)
            assert after is not None
            if self._is_news(before, after):
                await self.announcer.tell_or_note(connection, grant.id, ConnectionRenewed)
            log.info("grant.renewed", grant=str(grant.id), kind=grant.kind, revived=before.status == "lost")

        await self.keeper.commit(store)
        telemetry.RENEWALS.labels(grant.kind, "renewed").inc()

    def _is_news(self, before: Grant, after: Grant) -> bool:
        until = self.announcer.valid_until(after)
        told = before.announced_until
        later = until is not None and (told is None or until - told > NEWS)
        return before.status in {"lost", "expiring"} or set(before.scopes) != set(after.scopes) or later

    async def _lose(self, grant: Grant, error: ProblemError, retry_in: timedelta | None = None) -> None:
        """The grant gives nothing more: tells it once, and raises it. Unless it has newer tokens by now."""

        async def store(connection: Connection) -> bool:
            before = await Grants(connection).get(grant.id, lock=True)
            trouble = problems.to_store(error)
            lost = await Renewals(connection).lose(grant, trouble, retry_in)
            if lost and before and (before.status != "lost" or before.trouble != trouble):
                await self.announcer.tell_or_note(connection, grant.id, ConnectionLost)
            return lost

        if await self.keeper.commit(store):
            telemetry.RENEWALS.labels(grant.kind, "lost").inc()
            log.warning("grant.lost", grant=str(grant.id), kind=grant.kind, reason=error.problem.code)
            raise error

    async def _give_back(self, claim: "Claim", error: Exception, failure: ProblemError) -> None:
        telemetry.RENEWALS.labels(claim.grant.kind, "failed").inc()
        log.warning("grant.renewal-failed", grant=str(claim.grant.id), error=type(error).__name__)
        doubtful = not isinstance(error, NOTHING_SPENT)
        async with self.pool.acquire() as connection:
            await Renewals(connection).release(claim.grant.id, claim.id, problems.to_store(failure), doubtful=doubtful)


@dataclass(frozen=True)
class Claim:
    """The right to make one call for a grant, until the deadline by this process's boot-time clock."""

    id: UUID
    grant: Grant
    deadline: float
