"""A claimed job, as the code that runs it sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from common.clock import Clock
from common.database import Connection, Pool
from common.events.envelope import Event, EventData, new_event
from common.jobs.store import Claim, JobStore
from common.messaging.outbox import Outbox

Command = TypeVar("Command", bound=EventData)


class Fenced(Exception):
    """Somebody else has taken the job over: nothing that this process still does with it may count."""


@dataclass
class Job(Generic[Command]):
    """One claimed job. Everything that it writes goes through `transaction`, which a zombie can't enter."""

    claim: Claim
    event: Event[Command]
    source: str
    pool: Pool
    outbox: Outbox
    clock: Clock
    ended: bool = field(default=False, init=False)
    holding: int = field(default=0, init=False)
    """Transactions under way that have the job's row locked: until they end nobody can take it over."""

    @property
    def id(self) -> UUID:
        return self.claim.id

    @property
    def command(self) -> Command:
        return self.event.data

    @property
    def connection_id(self) -> UUID:
        return self.claim.connection_id

    @property
    def attempts(self) -> int:
        """How many times it was claimed since it last got anywhere, this one included."""
        return self.claim.attempts

    @property
    def checkpoint(self) -> Any:
        """What the last `save` kept; None on a job that has kept nothing."""
        return self.claim.checkpoint

    @property
    def enqueued_at(self) -> datetime:
        return self.claim.created_at

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A transaction that commits only while this process holds the job. Raises Fenced.

        However long it takes, the job is ours meanwhile; the lease begins anew with its commit.
        """
        async with self.pool.acquire() as connection, self.short_transaction(connection):
            yield connection
            await JobStore(connection).extend(self.claim)

    @asynccontextmanager
    async def short_transaction(self, connection: Connection) -> AsyncIterator[None]:
        """The same on a connection of the caller's; the lease begins anew with its beginning."""
        async with connection.transaction():
            if not await JobStore(connection).hold(self.claim):
                raise Fenced
            self.holding += 1
            try:
                yield
            finally:
                self.holding -= 1

    async def say(self, connection: Connection, *data: EventData) -> None:
        """Adds events to the transaction, as caused by this job's command."""
        await self.outbox.add(connection, *(self._event(one) for one in data))

    async def announce(self, *data: EventData) -> None:
        """Says something in a transaction of its own."""
        async with self.transaction() as connection:
            await self.say(connection, *data)

    async def save(self, checkpoint: Any, *data: EventData) -> None:
        """Keeps how far it has come (JSON), together with events; a later attempt goes on from there."""
        async with self.transaction() as connection:
            await self.save_in(connection, checkpoint)
            await self.say(connection, *data)

    async def save_in(self, connection: Connection, checkpoint: Any) -> None:
        """Keeps how far it has come, in a transaction that the caller got from `transaction`."""
        await JobStore(connection).save(self.claim, checkpoint)
        self.claim.checkpoint = checkpoint

    async def complete(self, *data: EventData) -> None:
        """Ends the job together with its last events."""
        async with self.transaction() as connection:
            await self.complete_in(connection, *data)

    async def complete_in(self, connection: Connection, *data: EventData) -> None:
        """Ends the job in a transaction that the caller got from `transaction`."""
        await self.say(connection, *data)
        await JobStore(connection).finish(self.claim)
        self.ended = True

    async def postpone(self, until: datetime, reason: str, *data: EventData) -> None:
        """Gives the worker free until a time, or until the connection is woken; counts as no failure."""
        async with self.transaction() as connection:
            await self.postpone_in(connection, until, reason, *data)

    async def postpone_in(self, connection: Connection, until: datetime, reason: str, *data: EventData) -> None:
        """Postpones the job in a transaction that the caller got from `transaction`."""
        await self.say(connection, *data)
        await JobStore(connection).postpone(self.claim, until, reason)
        self.ended = True

    def _event(self, data: EventData) -> Event[EventData]:
        return new_event(data, source=self.source, time=self.clock.now(), cause=self.event)
