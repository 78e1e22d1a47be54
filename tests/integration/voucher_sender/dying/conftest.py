"""Processes that die at a given point, in this one."""

import asyncio
import gc
import warnings
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from common import database as db
from common.jobs import Job
from sandbox.stepping import Suspending, die_at
from voucher_sender import batch_job

SCHEMA = "voucher_sender"


@dataclass
class Mortal:
    """Processes of an office that die."""

    dead: list[Coroutine[Any, Any, None]] = field(default_factory=list)
    """Coroutines left where they were when their process died."""

    async def crash(self, office: Any, job: Job[Any], awaits: int) -> bool:
        """A process that has claimed a job dies after so many awaits. True when it came to the end before."""
        pool = await db.create_pool(office.dsn, SCHEMA)
        sessions: list[Any] = []

        async def open_session() -> Any:
            sessions.append(asyncio.create_task(db.connect(office.dsn, SCHEMA)))
            return await sessions[-1]

        sender = replace(office.sender(pool), open_session=open_session, transport=Suspending(office.transport))
        coroutine = batch_job.run(replace(job, pool=pool), sender)

        try:
            return await die_at(coroutine, awaits)
        except db.GONE:
            return False  # somebody cut its connection before
        finally:
            for session in sessions:
                (await session).terminate()
            pool.terminate()
            self.dead.append(coroutine)
            await office.free(job)

    def bury(self) -> None:
        """Clears away what dead processes left in this one: half-open connections, which a real death closes."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            for coroutine in self.dead:
                with suppress(RuntimeError, *db.GONE):
                    coroutine.close()
            self.dead.clear()
            gc.collect()


@pytest.fixture
def mortal() -> Iterator[Mortal]:
    processes = Mortal()
    yield processes
    processes.bury()
