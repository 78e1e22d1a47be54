"""Hands access tokens out: from memory while they are the newest, renewed ahead of their end."""

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


@dataclass
class Purse:
    """Access tokens by grant and version; a version's token never changes."""

    pool: Pool
    vault: Vault
    mint: Mint
    clock: Clock
    _tokens: OrderedDict[UUID, tuple[int, str]] = field(default_factory=OrderedDict, init=False, repr=False)
    _ahead: dict[UUID, float] = field(default_factory=dict, init=False)

    async def token(
        self, grant_id: UUID, version: int, *, seconds: float, needed: float, may_renew: bool = True
    ) -> str:
        """A token that is good for `needed` seconds, where the one of this version is for `seconds`.

        Raises ProblemError when there is none.
        """
        if seconds < needed:
            await self.mint.renew(grant_id, version)
            return await self._load(grant_id)
        if seconds < RENEW_AHEAD and may_renew:
            self._renew_ahead(grant_id, version)
        known = self._tokens.get(grant_id)
        if known is not None and known[0] == version:
            return known[1]
        return await self._load(grant_id)

    def forget(self, grant_id: UUID) -> None:
        self._tokens.pop(grant_id, None)

    def _renew_ahead(self, grant_id: UUID, version: int) -> None:
        now = self.clock.boottime()
        if self._ahead.get(grant_id, 0.0) <= now:
            self._ahead = {one: until for one, until in self._ahead.items() if until > now}
            self._ahead[grant_id] = now + RENEW_PAUSE
            self.mint.renew_soon(grant_id, version)

    async def _load(self, grant_id: UUID) -> str:
        async with self.pool.acquire() as connection:
            grant = await Grants(connection).get(grant_id)
        if grant is None:
            raise problems.REMOVED.error()
        try:
            token = open_access_token(key_of(self.vault, grant), grant)
        except Unsealable:
            raise problems.KEY_MISSING.error() from None
        self._tokens[grant_id] = (grant.version, token)
        self._tokens.move_to_end(grant_id)
        if len(self._tokens) > REMEMBERED:
            self._tokens.popitem(last=False)
        return token
