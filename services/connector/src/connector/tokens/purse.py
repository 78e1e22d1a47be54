"""Access tokens in memory: read when they are new, renewed ahead of their end."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from common.clock import Clock
from common.database import Pool
from connector import problems
from connector.repository import Grants
from connector.tokens.mint import Mint
from connector.tokens.sealed import key_of, open_access_token
from connector.tokens.vault import Unsealable, Vault

RENEW_AHEAD = 600.0  # seconds before its end a token in use is renewed, so that nobody waits
RENEW_PAUSE = 15.0  # seconds before renewing ahead is tried again
REMEMBERED = 2000  # tokens of 3 kB


@dataclass(frozen=True)
class Token:
    """An access token. Whether it is the newest is told by its hash alone: a restore turns versions back."""

    text: str = field(repr=False)
    hash: bytes = field(repr=False)


NONE = Token("", b"")


@dataclass
class Purse:
    """The access token that each connection had last."""

    pool: Pool
    vault: Vault
    mint: Mint
    clock: Clock
    _tokens: OrderedDict[UUID, Token] = field(default_factory=OrderedDict, init=False, repr=False)
    _ahead: dict[UUID, float] = field(default_factory=dict, init=False)

    def held(self, connection_id: UUID) -> Token:
        """What is remembered, which may not be the newest any more; an empty one is never the newest."""
        return self._tokens.get(connection_id, NONE)

    async def fetch(self, connection_id: UUID, grant_id: UUID) -> None:
        """Remembers the newest there is. Raises ProblemError when it can't be had."""
        async with self.pool.acquire() as connection:
            grant = await Grants(connection).get(grant_id)
        if grant is None:
            raise problems.REMOVED.error()
        try:
            text = open_access_token(key_of(self.vault, grant), grant)
        except Unsealable:
            raise problems.KEY_MISSING.error() from None
        self._tokens[connection_id] = Token(text, hashlib.sha256(text.encode()).digest())
        self._tokens.move_to_end(connection_id)
        if len(self._tokens) > REMEMBERED:
            self._tokens.popitem(last=False)

    async def renew(self, grant_id: UUID, version: int) -> None:
        """Has tokens newer than this version made, by whomever. Raises ProblemError if there can be none now."""
        await self.mint.renew(grant_id, version)

    def renew_ahead(self, grant_id: UUID, version: int, seconds: float) -> None:
        """Has the token of this version, good for so many seconds yet, renewed in time; nobody waits for it."""
        now = self.clock.boottime()
        if seconds < RENEW_AHEAD and self._ahead.get(grant_id, 0.0) <= now:
            self._ahead = {one: until for one, until in self._ahead.items() if until > now}
            self._ahead[grant_id] = now + RENEW_PAUSE
            self.mint.renew_soon(grant_id, version)
