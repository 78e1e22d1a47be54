"""Who gets a company's slots when many want them: jobs that call and ask as real ones do, on a clock that is set on."""

import heapq
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest

from common import database as db
from common.leases import LARGEST_LOT, Purpose
from connector.leases import HEAD_START, LEASE_TIME
from connector.repository import Back, Slot, Slots

LATENCY = 0.15  # seconds that a call takes
MINUTE = 60.0


@dataclass
class Job:
    """Calls as fast as it is let, up to so many at once; or one call every so many seconds."""

    purpose: Purpose = Purpose.IMPORT
    at_once: int = LARGEST_LOT
    every: float = 0.0
    dies_at: float = float("inf")
    id: UUID = field(default_factory=uuid4)
    calls: int = 0
    waits: list[float] = field(default_factory=list)
    """How long it waited for each lot."""


@dataclass
class Company:
    """A company's budget, the jobs that share it, and what is to happen when."""

    pool: db.Pool
    budget: int
    now: float = 0.0
    _coming: list[tuple[float, int, Job, UUID, float, list[Slot]]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    async def run(self, seconds: float, *jobs: Job) -> None:
        """Lets them run for so long."""
        dice = random.Random(len(jobs))
        for job in jobs:
            self._plan(self.now + dice.uniform(0, 0.1), job, [])
        end = self.now + seconds
        while self._coming and self._coming[0][0] < end:
            at, _, job, lease, since, used = heapq.heappop(self._coming)
            await self._set(at)
            if at < job.dies_at:
                await self._ask(job, lease, since, used)

    async def _ask(self, job: Job, lease: UUID, since: float, used: list[Slot]) -> None:
        async with self.pool.acquire() as connection:
            await Slots(connection).hand_back([Back(slot, 0.0) for slot in used])
            taken = await Slots(connection).take(
                self.budget, lease, job.id, job.at_once, HEAD_START[job.purpose], LEASE_TIME
            )
        slots = [Slot(self.budget, number, lease) for number in taken.numbers or ()]
        if not slots:
            assert taken.wait is not None
            heapq.heappush(
                self._coming,
                (self.now + taken.wait, next(self._order), job, lease, since, []),
            )
            return
        job.calls += len(slots)
        job.waits.append(self.now - since)
        self._plan(self.now + max(LATENCY, job.every), job, slots)

    def _plan(self, at: float, job: Job, used: list[Slot]) -> None:
        heapq.heappush(self._coming, (at, next(self._order), job, uuid4(), at, used))

    async def _set(self, at: float) -> None:
        self.now = at
        await self.pool.execute(
            "update stopped set now = timestamptz '2026-01-31 12:00:00+00' + $1::interval", timedelta(seconds=at)
        )


@pytest.fixture
async def company(stopped_pool: db.Pool) -> Company:
    await stopped_pool.execute("update stopped set now = '2026-01-31 12:00:00+00'")
    async with stopped_pool.acquire() as connection:
        return Company(stopped_pool, await Slots(connection).budget("app", random.randrange(10**8)))


def told(record_property: Callable[[str, object], None], what: str, jobs: list[Job]) -> None:
    each = ", ".join(
        f"{job.purpose} {job.calls} calls, waited {statistics.mean(job.waits):.1f} s (at most {max(job.waits):.1f} s)"
        for job in jobs
    )
    record_property("figure", f"{what}, a minute: {each}")


Tell = Callable[[str, object], None]


async def test_jobs_of_a_company_share_its_budget_evenly(company: Company, record_property: Tell) -> None:
    jobs = [Job() for _ in range(5)]

    await company.run(MINUTE, *jobs)

    told(record_property, "five imports", jobs)
    assert min(job.calls for job in jobs) > 0.8 * max(job.calls for job in jobs)
    assert sum(job.calls for job in jobs) > 0.9 * MINUTE * 5


async def test_a_job_that_calls_once_after_the_other_gets_its_share_too(
    company: Company, record_property: Tell
) -> None:
    small, *others = jobs = [Job(at_once=1), *(Job() for _ in range(4))]

    await company.run(MINUTE, *jobs)

    told(record_property, "an import with one call at a time and four with eight", jobs)
    assert small.calls > 0.8 * min(job.calls for job in others)


async def test_a_person_goes_first_then_vouchers_then_imports_and_none_starves(
    company: Company, record_property: Tell
) -> None:
    person, vouchers, *imports = jobs = [
        Job(Purpose.DIALOG, at_once=1, every=3.0),
        Job(Purpose.VOUCHERS, at_once=1),
        *(Job() for _ in range(4)),
    ]

    await company.run(MINUTE, *jobs)

    told(record_property, "a person in a dialog, vouchers and four imports", jobs)
    assert statistics.mean(person.waits[1:]) < 0.5  # the first came when all slots had just been used up
    assert vouchers.calls > 2 * MINUTE
    assert min(job.calls for job in imports) > 10
    assert max(max(job.waits) for job in imports) < 10
    assert sum(job.calls for job in jobs) > 0.9 * MINUTE * 5


async def test_nobody_starves_however_much_the_urgent_want(company: Company, record_property: Tell) -> None:
    jobs = [Job(Purpose.DIALOG), Job(Purpose.VOUCHERS), Job(), Job()]

    await company.run(MINUTE, *jobs)

    told(record_property, "a dialog, vouchers and two imports, all at full speed", jobs)
    assert [job.calls for job in jobs[:2]] == sorted((job.calls for job in jobs[:2]), reverse=True)
    assert max(max(job.waits) for job in jobs) < 11
    assert min(job.calls for job in jobs) > 0.05 * MINUTE * 5


async def test_a_dead_holders_slots_return_by_themselves(company: Company) -> None:
    survivor, dead = Job(), Job(dies_at=10.1)

    await company.run(10 + LEASE_TIME.total_seconds() + 25, survivor, dead)
    before = survivor.calls
    await company.run(30)

    assert before > 0.9 * 95 * 13 / 5  # what the dead one can't have held
    assert survivor.calls - before > 0.9 * 30 * 5
