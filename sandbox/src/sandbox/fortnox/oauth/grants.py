"""Applications, the consents of companies to them, and the refresh tokens that come of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.fortnox.clock import Clock
from sandbox.fortnox.company import ALL_SCOPES
from sandbox.fortnox.oauth.tokens import Mint
from sandbox.fortnox.store import Store
from sandbox.fortnox.switches import Switches

CODE_LIFE = timedelta(minutes=10)  # fact 1.3
REMEMBERED_TOKENS = 50  # per grant; older spent ones are as unknown as made-up ones


@dataclass(slots=True)
class Application:
    """An integration as its maker registered it in the developer portal."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...] = ()  # empty: any is accepted, so that anybody's client can be pointed here
    scopes: frozenset[str] = ALL_SCOPES
    service_accounts: bool = True  # "Only administrator" is chosen in the portal
    active: bool = True  # OAuth 2 is switched on
    name: str = "Bokbrygga"  # what the consent page calls it


@dataclass(slots=True)
class Code:
    """An authorisation code: ten minutes, once."""

    code: str
    client_id: str
    tenant: int
    redirect_uri: str
    expires: datetime


@dataclass(slots=True)
class RefreshToken:
    """A refresh token; once spent it knows its successor."""

    token: str
    expires: datetime
    spent: datetime | None = None
    successor: str = ""


@dataclass(slots=True)
class Grant:
    """A company's consent to an application: one per client and company (design 5), replaced by the next."""

    client_id: str
    tenant: int
    scopes: tuple[str, ...]
    service: bool
    epoch: int = 1  # access tokens of an earlier epoch are dead
    alive: bool = True
    tokens: dict[str, RefreshToken] = field(default_factory=dict)


class Grants:
    """All applications and grants."""

    def __init__(self, clock: Clock, store: Store, switches: Switches) -> None:
        self._clock, self._store, self._switches = clock, store, switches
        self.applications: dict[str, Application] = {a.id: a for _, a in store.items("application/")}
        self.grants: dict[tuple[str, int], Grant] = {(g.client_id, g.tenant): g for _, g in store.items("grant/")}
        self.codes: dict[str, Code] = {c.code: c for _, c in store.items("code/")}
        key = next((key for _, key in store.items("signing-key")), None) or secrets.token_bytes(32)
        store.put("signing-key", key)
        self.mint = Mint(key, clock)
        self._owner = {token: grant for grant in self.grants.values() for token in grant.tokens}

    def register(self, application: Application) -> None:
        self.applications[application.id] = application
        self._store.put(f"application/{application.id}", application)

    def consent(self, client_id: str, tenant: int, scopes: tuple[str, ...], *, service: bool) -> Grant:
        """A company consents; the new consent replaces the old one with its scopes (fact 2)."""
        old = self.grants.get((client_id, tenant))
        tokens = {} if old is None or self._switches.consent_replaces_tokens else old.tokens
        for token in old.tokens if old else ():
            if token not in tokens:
                self._owner.pop(token, None)
        grant = Grant(client_id, tenant, scopes, service, epoch=old.epoch if old else 1, tokens=tokens)
        self.grants[client_id, tenant] = grant
        self.keep(grant)
        return grant

    def issue_code(self, grant: Grant, redirect_uri: str) -> str:
        code = Code(secrets.token_hex(20), grant.client_id, grant.tenant, redirect_uri, self._clock.now() + CODE_LIFE)
        self.codes[code.code] = code
        self._store.put(f"code/{code.code}", code)
        return code.code

    def redeem_code(self, value: str, client_id: str, redirect_uri: str) -> Grant | None:
        """The grant that a code stands for; a code is gone after its first use, right or wrong."""
        code = self.codes.pop(value, None)
        if code is None:
            return None
        self._store.delete(f"code/{value}")
        grant = self.grants.get((code.client_id, code.tenant))
        same = code.client_id == client_id and code.redirect_uri == redirect_uri
        if not same or code.expires < self._clock.now() or grant is None or not grant.alive:
            return None
        return grant

    def new_refresh_token(self, grant: Grant) -> str:
        """A refresh token of 40 characters (fact 14)."""
        life = timedelta(days=self._switches.refresh_token_days)
        token = RefreshToken(secrets.token_hex(20), self._clock.now() + life)
        grant.tokens[token.token] = token
        self._owner[token.token] = grant
        while len(grant.tokens) > REMEMBERED_TOKENS:
            self._owner.pop(oldest := next(iter(grant.tokens)), None)
            del grant.tokens[oldest]
        self.keep(grant)
        return token.token

    def holder(self, value: str) -> Grant | None:
        """The grant that a refresh token belongs to."""
        return self._owner.get(value)

    def spend(self, value: str, client_id: str) -> tuple[Grant, str] | None:
        """Spends a refresh token: its grant and the next token, or None if it is spent, expired or made up."""
        grant = self._owner.get(value)
        if grant is None or grant.client_id != client_id or not grant.alive:
            return None
        token, now = grant.tokens[value], self._clock.now()
        if token.spent is not None:
            return self._reused(grant, token, now)
        if token.expires < now:
            return None
        token.spent = now
        token.successor = self.new_refresh_token(grant)
        self.keep(grant)
        return grant, token.successor

    def _reused(self, grant: Grant, token: RefreshToken, now: datetime) -> tuple[Grant, str] | None:
        """What a spent token brings is not known (fact 1.3): refused, unless a switch says otherwise."""
        grace = timedelta(seconds=self._switches.refresh_reuse_grace_seconds)
        again = self._switches.refresh_reuse == "again" or (token.spent is not None and now < token.spent + grace)
        if again and token.successor in grant.tokens:
            return grant, token.successor
        if self._switches.refresh_reuse == "family":
            self._forget_tokens(grant)
        return None

    def revoke(self, value: str, client_id: str) -> None:
        """A refresh token is revoked; access tokens run out by themselves (fact 1.6)."""
        grant = self._owner.get(value)
        if grant is None or grant.client_id != client_id:
            return
        self._forget_tokens(grant)
        if self._switches.revoke_withdraws_consent:
            grant.alive = False
        self.keep(grant)

    def withdraw(self, tenant: int, *, at_once: bool = False) -> None:
        """The company removes the integration; with `at_once` its access tokens die too."""
        for grant in self.grants.values():
            if grant.tenant == tenant:
                self._forget_tokens(grant)
                grant.alive = False
                grant.epoch += at_once
                self.keep(grant)

    def kill_access_tokens(self, tenant: int) -> None:
        """All access tokens of a company are dead from now on, as after an incident; refreshing goes on."""
        for grant in self.grants.values():
            if grant.tenant == tenant:
                grant.epoch += 1
                self.keep(grant)

    def keep(self, grant: Grant) -> None:
        self._store.put(f"grant/{grant.client_id}/{grant.tenant}", grant)

    def _forget_tokens(self, grant: Grant) -> None:
        for token in grant.tokens:
            self._owner.pop(token, None)
        grant.tokens.clear()
        self.keep(grant)
