"""Where histories are played one after another: an event loop, a database of its own, what is left cleared away."""

import asyncio
import gc
import random
import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import asyncpg

from common import database as db
from sandbox.histories.history import History, Told
from sandbox.histories.loop import VirtualLoop
from sandbox.histories.process import Process
from sandbox.histories.verdict import Verdict
from voucher_sender.app import SCHEMA

KEPT = {"migrations", "virtual_clock"}


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database with the sender's tables on that server, dropped afterwards."""
    name = f"histories_{uuid4().hex}"
    dsn = f"{server.partition('?')[0].rsplit('/', 1)[0]}/{name}?sslmode=disable"
    asyncio.run(_execute(server, f"create database {name}"))
    try:
        asyncio.run(db.migrate(dsn, SCHEMA))
        yield dsn
    finally:
        asyncio.run(_execute(server, f"drop database {name} with (force)"))


def play(dsn: str, seeds: Iterable[int]) -> Iterator[Told]:
    """Plays the histories of these seeds, as they are asked for."""
    left = deque(seeds)
    with silence():
        while left:
            loop = VirtualLoop()
            try:
                with closing(loop):
                    asyncio.set_event_loop(loop)
                    yield from _play(loop, dsn, left)
            finally:
                asyncio.set_event_loop(None)
                gc.collect()


def _play(loop: VirtualLoop, dsn: str, left: deque[int]) -> Iterator[Told]:
    stage = loop.run_until_complete(Stage.build(loop, dsn))
    try:
        while left:
            seed = left.popleft()
            try:
                yield loop.run_until_complete(stage.play(seed))
            except Exception as error:  # noqa: BLE001  (a fault of the machinery: told, and begun anew)
                yield Told(seed, Verdict(lost=[f"the history itself failed: {error!r}"]), 0, stage.trace)
                return
    finally:
        loop.begin_anew()  # or what took too long would not even come to its end
        loop.run_until_complete(stage.close())


@contextmanager
def silence() -> Iterator[None]:
    """What dead processes leave behind complains when it is cleared away; a real death leaves nothing."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = hook


class Stage:
    """A loop with its database."""

    def __init__(self, loop: VirtualLoop, dsn: str, judge: "asyncpg.Connection[asyncpg.Record]", tables: str) -> None:
        self.trace: list[str] = []
        """Of the history that is played, also where it fails."""
        self._loop, self._dsn, self._judge = loop, dsn, judge
        self._clear = f"set session_replication_role = replica; {tables}"

    @classmethod
    async def build(cls, loop: VirtualLoop, dsn: str) -> "Stage":
        await loop.traffic.watch(dsn, SCHEMA)
        judge = await Process(loop, "judge").start(db.connect(dsn, SCHEMA))
        rows = await judge.fetch("select tablename from pg_tables where schemaname = $1", SCHEMA)
        tables = [row["tablename"] for row in rows if row["tablename"] not in KEPT]
        return cls(loop, dsn, judge, "; ".join(f"delete from {one}" for one in tables))  # noqa: S608  (our own names)

    async def close(self) -> None:
        """Its connections end at once, whatever state they are in."""
        self._judge.terminate()
        self._loop.traffic.watcher.terminate()
        await asyncio.sleep(0)

    async def play(self, seed: int) -> Told:
        await self._judge.execute(self._clear)
        self._loop.begin_anew()
        self.trace = []
        random.seed(seed)  # by which retries wait for a moment more or less
        return await History(self._loop, self._judge, self._dsn, seed, self.trace).play()


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(sql)
    await connection.close()
