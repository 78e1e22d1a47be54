"""A company is connected in a popup, from the one-time address to the stored grant, in the order in which it happens.

The product's server has asked for a session (`opening.py`). Its address shows a page (`invite`): loading it changes
nothing, since mail scanners load addresses too. The page's button binds the session to the browser and goes to Fortnox
(`depart`), or makes the address one for somebody else (`forward`). Fortnox sends the person back (`arrive`): the code
is exchanged, the company read and compared, the grant stored (`consenting.py`), and the result told. What a person can
mend may be tried again from the last page, in the same browser.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from common.database import GONE, Connection, Pool
from common.events import Trouble
from common.problems import INTERNAL, ProblemError
from connector import binding, opening, problems, repeated, telemetry
from connector.announcements import Announcer
from connector.consenting import Consenting, Settled
from connector.grants import FINISH_WITHIN
from connector.keeping import Keeper
from connector.opening import Granted, Opening
from connector.repository import Session, Sessions
from connector.tokens.sealed import digest
from fortnox.oauth import OAuth, redirect_error

log = structlog.get_logger()

ENDED = frozenset({"connected", "failed", "expired"})


@dataclass(frozen=True)
class Invitation:
    """What a page may let a browser do with a session."""

    session: Session
    ticket: str = field(repr=False)
    secret: str = field(repr=False)
    """Of the cookie that the session is bound to when the person goes on."""


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
    granted: Granted = field(default_factory=Granted)
    again: Invitation | None = None
    """With which this browser may try again."""
    goes_again: bool = False
    """Nothing has ended: the person is to approve once more, for other connections to the company."""


@dataclass(frozen=True)
class Connect:
    """The popup flow."""

    pool: Pool
    keeper: Keeper
    oauth: OAuth
    opening: Opening
    consenting: Consenting
    announcer: Announcer

    async def invite(self, ticket: str, cookies: Mapping[str, str]) -> Invitation | Outcome:
        """What the one-time address shows; it changes nothing. Raises ProblemError when it can't be used."""
        async with self.pool.acquire() as connection:
            session = await Sessions(connection).with_ticket(digest(ticket))
        if session is None:
            raise problems.LINK_UNKNOWN.error()
        bound = binding.bound(session, cookies)
        if session.status == "connected" and bound:
            return await self._told_again(session)
        if session.browser_hash is not None and not bound:
            raise problems.LINK_USED.error()
        if session.expired or session.status == "expired":
            raise problems.SESSION_EXPIRED.error()
        if session.status == "exchanging" and not session.goes_again:
            raise problems.LINK_USED.error()
        return Invitation(session, ticket, binding.secret_in(session, cookies) or secrets.token_urlsafe(32))

    async def depart(self, ticket: str, cookies: Mapping[str, str]) -> tuple[Invitation, str]:
        """Binds the session to the browser and says where to go. The browser that began may begin anew; no other may.

        The page has given the browser its cookie: one that doesn't bring it would come back from Fortnox in vain.
        """
        invitation = await self._accepted(ticket, cookies)
        session, state = invitation.session, secrets.token_urlsafe(32)
        async with self.pool.acquire() as connection:
            if not await Sessions(connection).start(session.id, digest(state), digest(invitation.secret)):
                raise problems.LINK_USED.error()
        challenge = binding.challenge(invitation.secret)
        redirect_uri = self.consenting.redirect_uri
        asked, service = session.asked_scopes, session.asks_service
        return invitation, self.oauth.authorise_url(state, asked, redirect_uri, service, challenge)

    async def forward(self, ticket: str, cookies: Mapping[str, str]) -> None:
        """Makes the address one for somebody else: it works once more, in any browser, and lives longer."""
        session = (await self._accepted(ticket, cookies)).session
        secret = binding.secret_in(session, cookies) or ""
        async with self.pool.acquire() as connection:
            if not await Sessions(connection).forward(session.id, digest(secret), self.opening.forwarded_life):
                raise problems.LINK_USED.error()
        log.info("connect.forwarded", session=str(session.id))

    async def arrive(self, callback: Callback, cookies: Mapping[str, str]) -> Outcome:
        """Takes the person's answer. Never raises a ProblemError: the page tells it, and an event.

        From the code's exchange on nothing that was learnt is lost, however long the database is away; before, it
        raises what the database does, and the page may be loaded again.
        """
        session = await self._session_of(callback, cookies)
        outcome = await self._ended(session, callback, cookies)
        if outcome.trouble or outcome.goes_again:
            with suppress(*GONE):  # then there is no button
                outcome = replace(outcome, again=await self._again(session, outcome.trouble, cookies))
        return outcome

    async def expire_sessions(self) -> int:
        """Ends those that ran out, and says so; returns how many."""
        async with self.pool.acquire() as connection, connection.transaction():
            run_out = await Sessions(connection).run_out()
            for session in run_out:
                error = problems.SESSION_EXPIRED.error()
                await Sessions(connection).expire(session.id, problems.to_store(error))
                await self.announcer.tell_failed(connection, session, error)
            return len(run_out)

    async def finish_sessions(self) -> None:
        """Finishes what processes that are no more have begun, with the tokens that they kept."""
        while session := await self._taken_over():
            try:
                await self.consenting.resume(session)
            except ProblemError as error:
                await self._failed(session, error, exchanging=True)
            else:
                telemetry.CONNECTS.labels("connected").inc()

    async def _taken_over(self) -> Session | None:
        async with self.pool.acquire() as connection:
            return await Sessions(connection).take_over(FINISH_WITHIN)

    async def _left_to_others(self, session: Session) -> Outcome:
        """Upkeep goes on with it, here or elsewhere; the product is told how it ends."""
        with suppress(*GONE):
            async with self.pool.acquire() as connection:
                await Sessions(connection).let_go(session.id)
        return Outcome(None, Trouble.of(problems.FINISHING.error()))

    async def _accepted(self, ticket: str, cookies: Mapping[str, str]) -> Invitation:
        """The invitation of a browser that keeps cookies. Raises ProblemError."""
        invited = await self.invite(ticket, cookies)
        if isinstance(invited, Outcome):
            raise problems.LINK_USED.error()
        if binding.secret_in(invited.session, cookies) is None:
            error = problems.COOKIES_BLOCKED.error()
            await self._failed(invited.session, error, exchanging=False)
            raise error
        return invited

    async def _ended(self, session: Session | None, callback: Callback, cookies: Mapping[str, str]) -> Outcome:
        spent = False
        try:
            self._check(session, cookies)
            assert session is not None
            if session.status in ENDED or session.widening == "asked":
                return await self._told_again(session)  # the page was loaded once more
            if not session.goes_again:
                _code(callback)
            spent = await self._spend_state(session, callback)
            if not spent:  # loaded twice at once: the other one will tell
                return Outcome(None, Trouble.of(problems.STATE_REUSED.error()))
            return _outcome(session, await self._settled(session, callback, cookies))
        except ProblemError as error:
            return await self._failed(session, error, exchanging=spent)
        except GONE as error:
            if not spent:
                raise
            assert session is not None
            log.warning("connect.interrupted", error=type(error).__name__)
            return await self._left_to_others(session)
        except Exception:
            if spent:  # a fault of ours: the session must not wait for its end in silence
                await self._failed(session, INTERNAL.error(), exchanging=True)
            raise

    async def _settled(self, session: Session, callback: Callback, cookies: Mapping[str, str]) -> Settled:
        """What comes of the answer; of one to the second question at least what the first consent brought."""
        try:
            held = await self.consenting.take(session, _code(callback), binding.verifier_in(session, cookies))
            return await self.consenting.settle(session, held, may_ask=not session.goes_again)
        except ProblemError as error:
            if not session.goes_again:
                raise
            log.warning("connect.not-widened", session=str(session.id), reason=error.problem.code)
        async with self.pool.acquire() as connection:
            first = await Sessions(connection).get(session.id)
        if first is None:
            raise problems.INTERRUPTED.error()
        return await self.consenting.resume(first)

    async def _session_of(self, callback: Callback, cookies: Mapping[str, str]) -> Session | None:
        """The session that the callback is about: by its state, or else by the browser's cookies."""
        if callback.state:
            async with self.pool.acquire() as connection:
                return await Sessions(connection).with_state(digest(callback.state))
        return await self._newest(cookies, {"started"}) or await self._newest(cookies, {"failed"})

    async def _newest(self, cookies: Mapping[str, str], statuses: set[str]) -> Session | None:
        """Of the live sessions that are bound to this browser. Forwarded ones come last: they live longest."""
        async with self.pool.acquire() as connection:
            found = [await Sessions(connection).get(one) for one in binding.sessions_in(cookies)]
        live = [one for one in found if one and (one.status in statuses or one.goes_again) and not one.expired]
        mine = [one for one in live if binding.bound(one, cookies)]
        return max(mine, key=lambda session: (not session.forwarded, session.expires_at), default=None)

    async def _again(
        self, session: Session | None, trouble: Trouble | None, cookies: Mapping[str, str]
    ) -> Invitation | None:
        """What this browser may try again with: the session that failed, or the one of an older page's address."""
        if trouble is not None and trouble.code in problems.HOPELESS:
            return None
        live = {"started", "failed"}
        if session is None or not binding.bound(session, cookies):
            session = await self._newest(cookies, live)
        else:
            async with self.pool.acquire() as connection:
                session = await Sessions(connection).get(session.id)
        if session is None or session.expired or not (session.status in live or session.goes_again):
            return None
        ticket = repeated.kept_ticket(self.opening.vault, session)
        return Invitation(session, ticket, cookies[binding.cookie_of(session)]) if ticket else None

    def _check(self, session: Session | None, cookies: Mapping[str, str]) -> None:
        """Raises ProblemError unless this browser may bring this answer."""
        if session is None:
            raise problems.STATE_UNKNOWN.error()
        ended = session.status in ENDED
        if session.expired and not ended:
            raise problems.SESSION_EXPIRED.error()
        if not binding.bound(session, cookies):
            raise (problems.STATE_REUSED if ended else problems.OTHER_BROWSER).error()

    async def _spend_state(self, session: Session, callback: Callback) -> bool:
        state_hash = digest(callback.state or "")
        async with self.pool.acquire() as connection:
            if session.goes_again:
                return await Sessions(connection).spend_second_state(session.id, state_hash, FINISH_WITHIN)
            return await Sessions(connection).spend_state(session.id, state_hash)

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
        if session.goes_again:
            return Outcome(session, goes_again=True)
        if session.trouble:
            return Outcome(session, Trouble.of(problems.stored(session.trouble)))
        async with self.pool.acquire() as connection:
            return Outcome(session, granted=await opening.granted(connection, session))


def _outcome(session: Session, settled: Settled) -> Outcome:
    if settled.goes_again:
        return Outcome(session, goes_again=True)
    telemetry.CONNECTS.labels("connected").inc()
    consent, harmed = settled.consent, settled.others_harmed
    granted = opening.compared(session, consent.tokens.scopes, consent.kind, others_harmed=harmed)
    return Outcome(session, granted=granted)


def _code(callback: Callback) -> str:
    """The authorisation code. Raises what Fortnox says instead."""
    if callback.error:
        raise problems.on_the_way(redirect_error(callback.error))
    if callback.code:
        return callback.code
    raise problems.ACCOUNT_LOCKED.error()
