"""What a later attempt goes on from: every answer of Fortnox, kept the moment it came."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from common.database import Connection
from common.events import EventData, ImportRequested
from common.jobs import Job
from importer.repository import Answers, Imports, SieFiles


class Checkpoints(Protocol):
    """Where answers are kept."""

    @property
    def calls(self) -> int:
        """Answers got so far, by this attempt and the earlier ones."""

    def take(self, name: str) -> bytes | None:
        """An answer that an earlier attempt got."""

    async def keep(self, name: str, content: bytes) -> None: ...

    def count(self) -> None:
        """An answer that is of no use later."""

    async def forget(self, prefix: str) -> None:
        """What begins so is to be asked again."""

    async def sie(self) -> bytes | None:
        """The SIE file, if an earlier attempt got it."""

    async def keep_sie(self, content: bytes) -> None:
        """For good, just as it came: it is the evidence."""


@dataclass
class JobCheckpoints:
    """Kept with the job: each in a transaction that fails when somebody else has taken the job over."""

    job: Job[ImportRequested]
    begun_at: datetime
    """When the first attempt began to read."""
    calls: int = 0
    started: bool = False
    """`import.started` has been said."""
    _kept: dict[str, bytes] = field(default_factory=dict, repr=False)
    _resumed: bool = False
    _got_on: bool = False

    @classmethod
    async def of(cls, job: Job[ImportRequested]) -> "JobCheckpoints":
        """Those of the job; a first attempt has none and doesn't look."""
        if job.checkpoint is None:
            return cls(job, job.clock.now())
        async with job.pool.acquire() as connection:
            kept = await Answers(connection).all(job.command.import_id)
        begun_at = datetime.fromisoformat(job.checkpoint["begun_at"])
        return cls(job, begun_at, job.checkpoint["calls"], job.checkpoint["started"], kept, _resumed=True)

    def take(self, name: str) -> bytes | None:
        return self._kept.pop(name, None)

    async def keep(self, name: str, content: bytes) -> None:
        async with self._answered() as connection:
            await Answers(connection).keep(self.job.command.import_id, name, content)

    def count(self) -> None:
        self.calls += 1

    async def forget(self, prefix: str) -> None:
        self._kept = {name: content for name, content in self._kept.items() if not name.startswith(prefix)}
        async with self.job.transaction() as connection:
            await Answers(connection).drop(self.job.command.import_id, prefix)

    async def sie(self) -> bytes | None:
        if not self._resumed:
            return None
        async with self.job.pool.acquire() as connection:
            found = await SieFiles(connection).find(self.job.command.import_id)
        return found.content if found else None

    async def keep_sie(self, content: bytes) -> None:
        async with self._answered() as connection:
            await SieFiles(connection).keep(self.job.command.import_id, content, hashlib.sha256(content).hexdigest())

    async def start(self, said: EventData) -> None:
        """Says once that the import has begun."""
        if not self.started:
            async with self.job.transaction() as connection:
                await self.job.save_in(connection, self._checkpoint() | {"started": True})
                await self.job.say(connection, said)
            self.started = True

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[Connection]:
        """A transaction for one more answer; the first of an attempt ends whatever the import waited for."""
        async with self.job.transaction() as connection:
            yield connection
            if not self._got_on:
                await Imports(connection).got_on(self.job.command.import_id)
                self._got_on = True
            await self.job.save_in(connection, self._checkpoint() | {"calls": self.calls + 1})
            self.calls += 1

    def _checkpoint(self) -> dict[str, Any]:
        """What the job itself keeps; the answers lie beside it."""
        return {"begun_at": self.begun_at.isoformat(), "calls": self.calls, "started": self.started}
