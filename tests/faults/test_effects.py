"""SIGKILL of the real sender around every effect it has outside: another process ends the batch, exactly once."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.embedded import Process
from sandbox.tap import Moment, Taps, http, kafka, postgres

LANES = 4
KINDS = (
    "commit",
    "connector POST /v1/leases",
    "fortnox POST /3/vouchers",
    "kafka produce",
    "kafka offset commit",
)


@dataclass
class Tapped:
    """A lane whose sender runs behind taps, one process after the other."""

    lane: Any
    client: Any
    taps: Taps
    env: dict[str, str]
    name: str
    process: Process | None = None

    async def next_process(self) -> None:
        self.process = self.lane.sender(self.name, **self.env)
        await asyncio.to_thread(self.process.start)

    def kill(self) -> None:
        if self.process is not None and self.process.pid:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)

    async def batch(self, moment: Moment | None, fault: str = "") -> bool:
        """Sends a batch; kills the process at the moment; waits until the batch is ended. Whether it was killed."""
        batch, taps = self.client.batch(2), self.taps
        if fault:
            await self.lane.ground.simulator.fault("POST /3/vouchers", fault, tenant=self.client.tenant)
        taps.aim(moment)
        await self.lane.send(self.client, batch)
        ended = asyncio.create_task(self.lane.until_ended(batch))
        killed = asyncio.create_task(taps.killed.wait())
        await asyncio.wait({ended, killed}, return_when=asyncio.FIRST_COMPLETED)
        reached = moment is not None and taps.seen[moment.effect] >= moment.number
        if reached:
            await killed
            await self.next_process()
        killed.cancel()
        await ended
        verdict = await self.lane.verdict(self.client)
        assert verdict.good, f"{moment}: {verdict}"
        return reached


@asynccontextmanager
async def tapped(ground: Any, number: int) -> AsyncIterator[Tapped]:
    """A lane with its first process running."""
    async with AsyncExitStack() as stack:
        lane = await stack.enter_async_context(ground.lane())
        taps = Taps()
        server = urlsplit(lane.database).netloc.rpartition("@")[2]
        urls = {"CONNECTOR_URL": ground.stack.url("connector-1"), "FORTNOX_API_URL": ground.stack.url("simulator")}
        ways = {
            name: await stack.enter_async_context(taps.way(http(name.split("_")[0].lower()), urlsplit(url).netloc))
            for name, url in urls.items()
        }
        database = await stack.enter_async_context(taps.way(postgres, server))
        broker = await stack.enter_async_context(taps.way(kafka, ground.stack.kafka))
        env = {
            **{name: f"http://{address}" for name, address in ways.items()},
            "DATABASE_URL": lane.database.replace(server, database),
            "KAFKA_BOOTSTRAP_SERVERS": broker,
        }
        one = Tapped(lane, await ground.client(), taps, env, f"tapped-{number}")
        taps.kill = one.kill
        await one.next_process()
        try:
            yield one
        finally:
            one.kill()


async def kill_at(ground: Any, number: int, moments: list[Moment], died: list[Moment], fault: str = "") -> None:
    """One lane takes moments from the list as long as there are any, and notes those at which its sender died."""
    async with tapped(ground, number) as one:
        while moments:
            moment = moments.pop(0)
            if await one.batch(moment, fault):
                died.append(moment)


def both_sides(effect: str, number: int) -> list[Moment]:
    return [Moment(effect, number, after) for after in (False, True)]


@pytest.mark.timeout(300)
async def test_a_kill_around_each_kind_of_effect(ground: Any, figure: Any) -> None:
    """A lane for each kind, and in it one kill before and one after it."""
    died: list[Moment] = []

    await asyncio.gather(*(kill_at(ground, number, both_sides(kind, 1), died) for number, kind in enumerate(KINDS)))

    assert set(died) == {moment for kind in KINDS for moment in both_sides(kind, 1)}
    figure(f"a sender killed before and after one of each: {', '.join(KINDS)}")


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", ["", "reset-after", "reset-before"])
async def test_a_kill_around_every_effect(ground: Any, figure: Any, fault: str) -> None:
    """Of a batch of two vouchers, also one of which a POST's answer or the POST itself is lost."""
    async with tapped(ground, LANES) as one:
        await one.batch(None, fault)
        effects = Counter(one.taps.seen)
    moments = [
        moment
        for effect, times in effects.items()
        for number in range(1, times + 1)
        for moment in both_sides(effect, number)
    ]
    planned, died = len(moments), list[Moment]()

    await asyncio.gather(*(kill_at(ground, number, moments, died, fault) for number in range(LANES)))

    counts = ", ".join(f"{times} {effect}" for effect, times in effects.items())
    figure(f"kills around every effect of a batch ({fault or 'no fault'}): {len(died)} of {planned} reached; {counts}")
    assert len(died) > 0.8 * planned
