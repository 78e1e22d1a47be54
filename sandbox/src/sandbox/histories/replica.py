"""A replica of the voucher-sender: its worker, its two consumers and its pool, as `app.build` wires them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from common import database as db
from common.database import Pool
from common.jobs import Worker
from common.messaging.dead_letters import DeadLetters
from common.messaging.inbox import Inbox
from common.messaging.outbox import Outbox
from sandbox.histories.fortnox_side import CLIENT_ID, FortnoxSide
from sandbox.histories.loop import VirtualClock
from sandbox.histories.network import Network
from sandbox.histories.process import Process
from sandbox.histories.topic import Topic
from voucher_sender.app import SCHEMA, commands, job_kind, states
from voucher_sender.handlers import Handlers, without_tombstones
from voucher_sender.sender import Sender

NAME = "voucher-sender"
POLL = 20.0  # seconds between looks for due work: all the time that a history has is spent in them otherwise
SELDOM = 1e9
AGAIN = 2.0  # seconds until a process that ended by an error of the database is begun again


@dataclass(frozen=True)
class Surroundings:
    """What all replicas of a history share."""

    dsn: str
    clock: VirtualClock
    fortnox: FortnoxSide
    network: Network
    commands: Topic
    connections: Topic
    note: Callable[[Process, str], None]


async def live(process: Process, around: Surroundings) -> None:
    """The life of a process, until it is killed; where the database goes it begins anew, as its supervisor has it."""
    while True:
        try:
            await _run(process, around)
        except* (*db.GONE, asyncpg.PostgresError) as gone:
            around.note(process, f"begins anew after {type(gone.exceptions[0]).__name__}")
        await around.clock.sleep(AGAIN)


async def _run(process: Process, around: Surroundings) -> None:
    pool = await make_pool(around.dsn)
    try:
        outbox, clock = Outbox(), around.clock
        kind = job_kind(make_sender(pool, around))
        worker = Worker(kind, pool, outbox, NAME, clock=clock, beat=SELDOM, poll=POLL, measure=SELDOM)
        handlers, letters = Handlers(outbox, NAME, clock), DeadLetters(NAME, outbox, clock)
        asked = Inbox(pool, commands(handlers), letters, wake=[worker.wake], clock=clock)
        told = Inbox(pool, states(handlers), letters, wake=[worker.wake], clock=clock)
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run())
            group.create_task(around.commands.consume(process, asked.accept))
            group.create_task(around.connections.consume(process, without_tombstones(told.accept)))
    finally:
        pool.terminate()


def make_sender(pool: Pool, around: Surroundings) -> Sender:
    return Sender(
        client_id=CLIENT_ID,
        permits=around.fortnox.permits,
        open_session=lambda: db.connect(around.dsn, SCHEMA),
        pool=pool,
        fortnox_url="http://fortnox",
        transport=around.network,
        clock=around.clock,
    )


async def make_pool(dsn: str) -> Pool:
    """The sender's own, but nothing is reset when a connection comes back: it was each third statement of a history."""
    pool: Pool = await db.create_pool(dsn, SCHEMA)
    pool._reset = _as_it_is  # type: ignore[attr-defined]  # noqa: SLF001  (create_pool's `reset`, which production has no use for)
    return pool


async def _as_it_is(_: object) -> None:
    """No session has settings or locks to lose: those that do are no part of the pool."""
