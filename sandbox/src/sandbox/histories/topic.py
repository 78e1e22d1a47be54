"""A topic of one partition and its consumer group, in memory: records are handed over in order, at least once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from common.events import Record
from sandbox.histories.process import Process, Stand

SESSION = 6.0  # seconds without a heartbeat after which the group gives a member's partition to another (consuming.py)

HandOver = Callable[[Record], Awaitable[Any]]


class Topic:
    """Who is stopped for longer than its session is taken for dead, and may go on all the same when it wakes up."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.committed = 0
        self.owner: Process | None = None
        self._members: list[Process] = []
        self._news = asyncio.Event()

    @property
    def read(self) -> bool:
        return self.committed == len(self.records)

    def send(self, record: Record) -> None:
        self.records.append(record)
        self._tell()

    async def consume(self, process: Process, hand_over: HandOver) -> None:
        """One member of the group, for as long as its process lives."""
        self._members = [*(one for one in self._members if one.stand is not Stand.DEAD), process]
        if self.owner is None or self.owner.stand is Stand.DEAD:
            self.rebalance(process)
        while True:
            news = self._news
            if self.owner is not process or self.read:
                await news.wait()
                continue
            at = self.committed
            await hand_over(self.records[at])
            if self.owner is process:  # else the group has a new generation, which refuses this commit
                self.committed = max(self.committed, at + 1)

    def rebalance(self, to: Process | None = None) -> None:
        """The partition goes to a member; without one to the next who runs."""
        running = [one for one in self._members if one.stand is Stand.RUNS]
        if to is None and running:
            place = running.index(self.owner) + 1 if self.owner in running else 0
            to = running[place % len(running)]
        if to is not None:
            self.owner = to
            self._tell()

    def missed(self, process: Process) -> None:
        """A session has run out."""
        if self.owner is process and process.stand is not Stand.RUNS:
            self.rebalance()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
