"""The counter where slots are asked for: whoever asks at the same moment is served by one statement and one commit.

Alone, nobody waits for company. Under load the next statement takes all who have come during the one before, and a
lease costs a fraction of a round trip.
"""

import asyncio
from datetime import timedelta

from common.database import Pool
from connector.repository import Asked, Leased, Slots

CLERKS = 2  # statements under way at once: one that waits for a company's lock holds up half of the others
LARGEST_BATCH = 32  # leases in a statement: so many take about 5 ms


class Counter:
    """Serves in the order of arrival."""

    def __init__(self, pool: Pool, lease_time: timedelta) -> None:
        self._pool, self._lease_time = pool, lease_time
        self._waiting: list[tuple[Asked, asyncio.Future[Leased]]] = []
        self._clerks: set[asyncio.Task[None]] = set()
        self._serving = 0  # clerks that look at who waits before they go; a task ends a moment later

    async def lease(self, asked: Asked) -> Leased:
        """What it gets. Slots of a caller who has gone meanwhile free themselves: its repeat may have them, too."""
        answer: asyncio.Future[Leased] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._serving < CLERKS:
            self._serving += 1
            clerk = asyncio.create_task(self._serve())
            self._clerks.add(clerk)
            clerk.add_done_callback(self._clerks.discard)
        return await answer

    async def _serve(self) -> None:
        while batch := self._next():
            try:
                async with self._pool.acquire() as connection:  # kept while somebody waits: giving it back is a trip
                    while batch:
                        _answer(batch, await Slots(connection).lease([asked for asked, _ in batch], self._lease_time))
                        batch = self._next()
            except Exception as error:  # noqa: BLE001  (each caller raises it)
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
        self._serving -= 1

    def _next(self) -> list[tuple[Asked, asyncio.Future[Leased]]]:
        batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
        return batch


def _answer(batch: list[tuple[Asked, asyncio.Future[Leased]]], given: list[Leased]) -> None:
    """Tells everybody what they got."""
    for (_, answer), leased in zip(batch, given, strict=True):
        if not answer.done():
            answer.set_result(leased)
