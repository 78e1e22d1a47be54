"""Random histories with real senders: killed, paused beyond their lease, joined and left by others, cut off.

Many companies live through each of them at once; each company's is judged by itself, by the independent checker.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from common.events import VouchersCorrectionRequested
from sandbox.embedded import Process

POST_FAULTS = [
    *("status-500-after", "status-504-after", "reset-after", "truncate", "truncate-json", "timeout-after"),
    *("status-500-before", "reset-before", "html-before", "timeout-before", "status-429", "status-401"),
]
LOOK_FAULTS = ["status-503", "truncate", "reset-before", "html", "status-429"]
LAGS = [0.0, 0.3]  # seconds: less than the settling time of these senders
SETTLED = ("voucher.found", "voucher.proven-absent")  # what a sender's log says of an outcome that was unknown


class History:
    """What happens, drawn from a seed."""

    def __init__(self, ground: Any, lane: Any, seed: int) -> None:
        self.ground, self.lane = ground, lane
        self.random = random.Random(seed)
        self.clients: list[Any] = []
        self.processes: list[Process] = []

    async def run(self, companies: int, rounds: int) -> None:
        self.processes = [self.lane.sender(f"sender-{number}-{uuid4().hex[:6]}") for number in range(3)]
        await asyncio.gather(*(asyncio.to_thread(one.start) for one in self.processes[:2]))
        self.clients = [await self.ground.client() for _ in range(companies)]
        await self.ground.simulator.set_switch("list_lag_seconds", self.random.choice(LAGS))
        for client in self.clients:
            await self.trouble(client)
        draws = [random.Random(self.random.random()) for _ in self.clients]
        nemesis = asyncio.create_task(self.nemesis(rounds))
        try:
            await asyncio.gather(
                *(self.product(client, draw) for client, draw in zip(self.clients, draws, strict=True))
            )
            await nemesis
        finally:
            nemesis.cancel()

    async def end(self) -> None:
        for process in self.processes:
            if process.pid is not None:
                await asyncio.to_thread(process.kill)

    async def trouble(self, client: Any) -> None:
        """What goes wrong at Fortnox for one company."""
        draw, simulator = self.random, self.ground.simulator
        for _ in range(draw.randint(0, 3)):
            kind, skip = draw.choice(POST_FAULTS), draw.randint(0, 6)
            await simulator.fault("POST /3/vouchers", kind, skip=skip, tenant=client.tenant)
        for _ in range(draw.randint(0, 2)):
            kind, skip = draw.choice(LOOK_FAULTS), draw.randint(0, 9)
            await simulator.fault("GET /3/vouchers*", kind, skip=skip, times=draw.randint(1, 3), tenant=client.tenant)

    async def product(self, client: Any, draw: random.Random) -> None:
        """A company's batches, some sent twice; another person who books in the series; a correction."""
        batches = []
        for _ in range(draw.randint(1, 3)):
            batch = client.batch(draw.randint(1, 4))
            batches.append(batch)
            await self.lane.send(client, batch)
            if draw.random() < 0.3:
                await self.lane.send(client, batch)
            if draw.random() < 0.4:
                await self.somebody_else(client)
            await asyncio.sleep(draw.uniform(0, 1))
        await self.lane.until_ended(*batches)
        if draw.random() < 0.3:
            correction = self.correction(client, batches[0])
            await self.lane.send(client, correction)
            await self.lane.until_ended(correction)

    async def somebody_else(self, client: Any) -> None:
        rows = [(6570, 1), (1930, -1)]
        await self.ground.simulator.book_voucher(client.tenant, series="I", date="2025-12-31", rows=rows)

    def correction(self, client: Any, batch: Any) -> VouchersCorrectionRequested:
        return VouchersCorrectionRequested(
            connection_id=client.connection_id,
            correction_id=uuid4(),
            voucher_ids=(batch.vouchers[0].voucher_id,),
            financial_year=batch.financial_year,
            series="I",
            date=batch.vouchers[0].date,
            requested_by="Eva Ek",
        )

    async def nemesis(self, rounds: int) -> None:
        """What happens to the senders."""
        deeds = [self.kill, self.kill, self.pause, self.pause, self.join_and_leave, self.cut_sessions]
        for _ in range(rounds):
            await asyncio.sleep(self.random.uniform(0.2, 1.5))
            await self.random.choice(deeds)()

    async def kill(self) -> None:
        victim = self.random.choice(self.processes[:2])
        await asyncio.to_thread(victim.kill)
        await asyncio.to_thread(victim.start)

    async def pause(self) -> None:
        """Longer than a job's lease; now and then longer than Kafka waits for a member of its group."""
        victim, seconds = self.random.choice(self.processes[:2]), self.random.choice([2.5, 2.5, 4.0, 7.0])
        await asyncio.to_thread(victim.pause)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(victim.resume)

    async def join_and_leave(self) -> None:
        """A third process for a while: partitions go to and fro."""
        await asyncio.to_thread(self.processes[2].start)
        await asyncio.sleep(self.random.uniform(0, 1))
        await asyncio.to_thread(self.processes[2].stop)

    async def cut_sessions(self) -> None:
        """All of the senders' sessions with PostgreSQL end, or some."""
        share = self.random.choice([0.3, 1.0])
        connection = await asyncpg.connect(self.lane.database)
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and random() < $1",
            share,
        )
        await connection.close()

    async def judged(self) -> Counter[str]:
        """The figures of all companies, and what was wrong, said with the company's."""
        total: Counter[str] = Counter()
        for client in self.clients:
            verdict = await self.lane.verdict(client)
            total["histories"] += 1
            total["vouchers"] += verdict.vouchers
            for name in ("doubled", "lost", "false_receipts", "still_uncertain", "out_of_order"):
                total[name] += len(getattr(verdict, name))
            assert verdict.good, str(verdict)
            assert verdict.receipts == verdict.vouchers, "not all were booked"
        logs = "".join(process.log.read_text() for process in self.processes if process.log.exists())
        total["unknown outcomes met"] = sum(logs.count(f'"event": "{event}"') for event in SETTLED)
        return total


async def histories(ground: Any, seed: int, companies: int, rounds: int) -> Counter[str]:
    async with ground.lane() as lane:
        history = History(ground, lane, seed)
        try:
            await history.run(companies, rounds)
        finally:
            await history.end()
        return await history.judged()


def said(total: Counter[str]) -> str:
    names = ("histories", "vouchers", "unknown outcomes met", "doubled", "lost", "false_receipts", "still_uncertain")
    return "histories with real processes: " + ", ".join(f"{name.replace('_', ' ')} {total[name]}" for name in names)


@pytest.mark.timeout(300)
async def test_whatever_happens_to_senders_nothing_is_doubled_or_lost(
    ground: Any, figure: Callable[[str], None]
) -> None:
    figure(said(await histories(ground, seed=1, companies=6, rounds=2)))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(100, 115))
async def test_hundreds_of_histories(ground: Any, figure: Callable[[str], None], seed: int) -> None:
    figure(f"seed {seed}: {said(await histories(ground, seed, companies=20, rounds=5))}")
