"""Random histories: faults, crashes, other people, two senders at once. Never doubled, never lost, receipts true."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.database import GONE
from common.jobs import Fenced
from voucher_sender import batch_job

FAULTS = [
    *("status-500-after", "status-504-after", "timeout-after", "reset-after", "truncate", "truncate-json"),
    *("status-500-before", "timeout-before", "reset-before", "html-before", "status-429", "status-401"),
]
LOOK_FAULTS = ["status-503", "truncate", "timeout-before", "html"]


class History:
    """What happens, drawn from a seed."""

    def __init__(self, office: Any, mortal: Any, seed: int) -> None:
        self.office, self.mortal = office, mortal
        self.random = random.Random(seed)

    async def troubles(self) -> None:
        """What goes wrong at Fortnox."""
        draw = self.random
        for _ in range(draw.randint(0, 6)):
            await self.office.simulator.fault("POST /3/vouchers", draw.choice(FAULTS), skip=draw.randint(0, 6))
        for _ in range(draw.randint(0, 3)):
            kind, skip = draw.choice(LOOK_FAULTS), draw.randint(0, 12)
            await self.office.simulator.fault("GET /3/vouchers*", kind, skip=skip, times=draw.randint(1, 4))
        await self.office.simulator.set_switch("list_lag_seconds", draw.choice([0.0, 0.0, 60.0]))
        await self.office.simulator.set_switch("list_shows_comments", draw.random() < 0.8)

    async def somebody_else(self, moment: str) -> None:
        """Another person books in the series, or in one of ours."""
        if moment == "before POST" and self.random.random() < 0.2:
            series = self.random.choice("IA")
            rows = [(6570, 1), (1930, -1)]
            await self.office.simulator.book_voucher(
                self.office.tenant, series=series, date=self.office.last_day, rows=rows
            )

    async def a_process(self) -> None:
        """Works until nothing is left; now and then it dies, or loses its lock, and another one comes."""
        office, draw = self.office, self.random
        sender = office.watched(office.sender(), self.somebody_else)
        while await office.unfinished():
            job = await office.claim(sender)
            if job is None:
                await asyncio.sleep(0.01)
            elif draw.random() < 0.2:
                await self.mortal.crash(office, job, draw.randint(1, 150))
            else:
                with suppress(Fenced, *GONE):
                    await batch_job.run(job, sender)
                if draw.random() < 0.1:
                    await office.cut_locks()
                await office.free(job)


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(12, 200))])
async def test_whatever_happens_nothing_is_doubled_or_lost(
    office: Any, mortal: Any, a_batch: Any, voucher: Any, patient: Any, seed: int
) -> None:
    office = patient(call_timeout=0.3, post_within=0.3, settling=timedelta(seconds=0.1))
    history = History(office, mortal, seed)
    batches = [
        a_batch(
            [voucher(100 * number + one, 100 + one) for one in range(history.random.randint(1, 4))],
            series=history.random.choice("IIA"),
            connection_id=history.random.choice([office.connection_id, uuid4()]),
        )
        for number in range(3)
    ]
    await history.troubles()
    for batch in batches:
        await office.approve(batch)

    async with asyncio.timeout(60):
        await asyncio.gather(history.a_process(), history.a_process())

    events = await office.all_events()
    ends = [one for one in events if one["type"] == "vouchers.completed"]
    assert len(ends) == len(batches)
    assert [one["booked"] + one["already_booked"] for one in ends] == [one["vouchers"] for one in ends]
    assert sum(one.through_api for series in "IA" for one in office.books(series)) == sum(
        one["vouchers"] for one in ends
    )
    office.judge(*batches, told=events)
