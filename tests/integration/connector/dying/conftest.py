"""Connector processes in this one that die, or are stopped, at any await of a renewal."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from common import database as db
from common.clock import SystemClock
from connector.keeping import Keeper
from connector.tokens.mint import Mint
from connector.tokens.sealed import digest
from connector.tokens.upkeep import EVERY
from fortnox.oauth import OAuth
from sandbox.stepping import Suspending

MINUTE = 60.0
PATIENCE_OF_POSTGRES = "150"  # ms that a stopped process may hold a lock; a minute in real life


class Skipping(SystemClock):
    """A clock that is put forward; who sleeps by it doesn't wait."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def boottime(self) -> float:
        return super().boottime() + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


@dataclass
class Process:
    """A connector's renewals in a process of their own, as far as the database and Fortnox can tell."""

    mint: Mint
    pool: db.Pool

    def renewal(self, grant: dict[str, Any]) -> Coroutine[Any, Any, None]:
        """The whole way from the decision to the commit, not yet begun."""
        return self.mint._fly(grant["id"], grant["version"])

    def dies(self) -> None:
        self.pool.terminate()


@dataclass
class Town:
    """A company's connection, processes that come and go, and one that stays."""

    scene: Any
    clock: Skipping
    survivor: Any
    tenant: int
    kind: str = ""
    connection: Any = None
    processes: list[Process] = field(default_factory=list)
    left: list[Coroutine[Any, Any, Any]] = field(default_factory=list)
    """Coroutines that stay where they were when their process died."""

    async def connect(self) -> None:
        wishes = {"connection_id": str(self.connection)} if self.connection else {}
        self.connection = await self.scene.connected(self.survivor, self.tenant, kind=self.kind, **wishes)

    async def process(self) -> Process:
        settings = db.settings_for("connector")
        assert {"transaction_timeout", "idle_in_transaction_session_timeout"} <= settings.keys()
        settings |= dict.fromkeys(("transaction_timeout", "idle_in_transaction_session_timeout"), PATIENCE_OF_POSTGRES)
        pool: db.Pool = await asyncpg.create_pool(
            self.scene.dsn, min_size=1, max_size=2, command_timeout=60, server_settings=settings, init=db._codecs
        )
        mint = self.survivor.mint
        oauth = OAuth(
            "our-app",
            "sandbox-secret-of-the-app",
            base_url="http://fortnox.example",
            transport=Suspending(self.scene.fortnox),
        )
        keeper = Keeper(pool, mint.keeper.connect, self.clock)
        self.processes.append(Process(replace(mint, pool=pool, keeper=keeper, oauth=oauth), pool))
        return self.processes[-1]

    async def advance(self, seconds: float) -> None:
        self.clock.ahead += seconds
        await self.scene.advance(self.clock.ahead)

    async def settle(self, *, at_most: float = MINUTE) -> float:
        """Upkeep goes on until nothing is left of what was under way; returns after how many seconds that was."""
        passed = 0.0
        while passed < at_most:
            await self.advance(EVERY)
            passed += EVERY
            await self.survivor.upkeep.round()
            grant = await self.scene.grant()
            if grant["claim_id"] is None and not grant["doubtful"]:
                break
        return passed

    async def newest_token(self) -> str | None:
        """The access token that is handed out; None when the connection is lost."""
        wish = {"lease_id": str(uuid4()), "connection_id": str(self.connection), "purpose": "import", "calls": 1}
        lease = await self.survivor.http.post("/v1/leases", json=wish)
        assert lease.status_code in {200, 409, 503}, lease.text
        if lease.status_code != 200:
            return None
        back = {"handed_back": [{"slot": slot, "answered_ago": None} for slot in lease.json()["slots"]]}
        await self.survivor.http.post("/v1/leases/hand-back", json=back)
        token: str = lease.json()["access_token"]
        return token

    def live_token(self) -> bytes:
        """SHA-256 of the one refresh token that Fortnox would take. There never are two."""
        [live] = [one for one in self._tokens() if one.spent is None]
        return digest(live.token)

    def _tokens(self) -> list[Any]:
        return list(self.scene.world.grants.grants["our-app", self.tenant].tokens.values())

    async def refused(self) -> int:
        return sum(call["status"] == 400 for call in await self.scene.token_calls())

    def bury(self) -> None:
        """Clears away what dead processes left in this one: half-open connections, which a real death closes."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            for process in self.processes:
                process.pool.terminate()
            for coroutine in self.left:
                with suppress(RuntimeError, *db.GONE):
                    coroutine.close()
            self.left.clear()
            gc.collect()


@pytest.fixture
async def town(scene: Any, tenant: int) -> AsyncIterator[Town]:
    clock = Skipping()
    town = Town(scene, clock, await scene.replica(clock=clock), tenant)
    yield town
    town.bury()
