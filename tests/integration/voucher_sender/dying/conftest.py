"""Processes that die at a given point, in this one."""

import asyncio
import gc
import types
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import httpx
import pytest

from common import database as db
from common.jobs import Job
from voucher_sender import batch_job

SCHEMA = "voucher_sender"


@dataclass
class Suspending(httpx.AsyncBaseTransport):
    """The way to Fortnox, with a point before the request arrives and one before its answer does."""

    inner: httpx.AsyncBaseTransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        response = await self.inner.handle_async_request(request)
        await asyncio.sleep(0)
        return response


@types.coroutine
def _step(coroutine: Coroutine[Any, Any, None], awaits: int) -> Generator[Any, Any, bool]:
    """Drives a coroutine through so many awaits and then leaves it: the last one's effect is done, its result unseen.

    True when the coroutine came to its end before.
    """
    answer: Callable[[], Any] = partial(coroutine.send, None)
    for _ in range(awaits):
        try:
            awaited = answer()
        except StopIteration:
            return True
        try:
            yield awaited
            answer = partial(coroutine.send, None)
        except BaseException as error:  # noqa: BLE001  (whatever it is, it belongs to the coroutine)
            answer = partial(coroutine.throw, error)
    return False


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

        async def drive() -> bool:
            return await _step(coroutine, awaits)

        try:
            return await asyncio.create_task(drive())
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
