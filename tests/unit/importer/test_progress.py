"""Calls left, time left, share done: from the plan and Fortnox's limit, never going backwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.events import Dataset, ImportProgressed
from importer.fetch.plan import SECOND_LOOK, Plan
from importer.progress import Progress, line, tell_forever


@dataclass
class SleepersClock:
    """Time passes only while somebody sleeps; at its end everything stops."""

    at: float = 0.0
    end: float = 20.0

    def boottime(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        if self.at > self.end:
            raise asyncio.CancelledError


class NoDatabase:
    async def execute(self, _sql: str, *_arguments: object) -> str:
        return "UPDATE 1"


@dataclass
class Command:
    import_id: UUID = field(default_factory=uuid4)


@dataclass
class FakeJob:
    """As much of a job as progress needs to know what to say."""

    clock: SleepersClock = field(default_factory=SleepersClock)
    command: Command = field(default_factory=Command)
    connection_id: UUID = field(default_factory=uuid4)
    said: list[tuple[float, ImportProgressed]] = field(default_factory=list)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[NoDatabase]:
        yield NoDatabase()

    async def say(self, _connection: NoDatabase, *events: ImportProgressed) -> None:
        self.said += [(self.clock.at, event) for event in events]


def a_progress(plan: Plan, job: FakeJob | None = None) -> Progress:
    return Progress(cast("Any", job or FakeJob()), plan)


@pytest.mark.parametrize("news", [True, False])
async def test_progress_is_told_at_most_twice_a_second_and_at_least_every_five(*, news: bool) -> None:
    plan, job = Plan.for_datasets(list(Dataset)), FakeJob()
    plan.expect("invoices", 300)
    progress = a_progress(plan, job)
    progress.started.set()

    with pytest.raises(asyncio.CancelledError):
        await telling(progress, plan if news else Plan())

    times = [at for at, _ in job.said]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert times[0] == 0
    assert min(gaps) >= 0.5
    assert max(gaps) <= 5
    assert len(times) >= 20 if news else len(times) <= 6


async def telling(progress: Progress, plan: Plan) -> None:
    """The teller, with an answer of Fortnox each time that it sleeps."""
    clock: Any = progress.job.clock
    sleep = clock.sleep

    async def sleep_and_work(seconds: float) -> None:
        plan.note("invoices")
        await sleep(seconds)

    clock.sleep = sleep_and_work
    await tell_forever(progress)


def test_the_books_alone_are_three_calls_and_everything_is_sixteen() -> None:
    assert Plan.for_datasets([Dataset.SIE4]).left == 3
    assert Plan.for_datasets(list(Dataset)).left == 16


def test_the_plan_grows_as_the_lists_tell_how_long_they_are() -> None:
    plan = Plan.for_datasets([Dataset.CUSTOMER_LEDGER])

    plan.expect("invoices", 10)
    plan.note("invoices")

    assert plan.expected["invoices"] == 10
    assert plan.expected[SECOND_LOOK] == 4
    assert plan.left == 10 + 10 - 1


def test_lists_are_taken_to_be_as_long_as_last_time_until_they_tell() -> None:
    plan = Plan.for_datasets([Dataset.CUSTOMER_LEDGER])

    plan.foresee({"invoices": 10, "invoicepayments": 4, "supplierinvoices": 6, "sie": 9})
    plan.expect("invoices", 8)

    assert (plan.expected["invoices"], plan.expected["invoicepayments"], plan.expected["sie"]) == (8, 4, 1)
    assert "supplierinvoices" not in plan.expected


def test_the_plan_stays_what_it_was_when_more_is_used() -> None:
    plan = Plan.for_datasets([Dataset.SIE4])

    for what in ("companyinformation", "financialyears", "sie", "sie"):
        plan.note(what)

    assert plan.left == 0
    assert plan.share == 1
    assert plan.as_kept()["planned"]["sie"] == 1
    assert plan.as_kept()["used"]["sie"] == 2


def test_what_an_earlier_attempt_was_answered_takes_no_slots_of_this_one() -> None:
    plan = Plan()
    plan.expect("invoices", 50)

    for _ in range(30):
        plan.note("invoices", kept=True)

    assert plan.seconds_left(0.0) == 0


def test_the_time_left_is_no_less_than_the_connector_expects_to_have_nothing_for_us() -> None:
    plan = Plan.for_datasets([Dataset.SIE4])
    progress = a_progress(plan)

    progress.waits = lambda: 7.2
    assert progress.event().seconds_left == 8
    for what in plan.expected:
        plan.note(what)
    assert progress.event().seconds_left == 0


@pytest.mark.parametrize(("calls", "seconds"), [(25, 0), (26, 5), (50, 5), (51, 10), (290, 55)])
def test_the_time_left_is_what_the_limit_allows(calls: int, seconds: int) -> None:
    plan = Plan()
    plan.expect("invoices", calls)

    assert plan.seconds_left(0.0) == seconds


def test_a_slow_fortnox_takes_the_time_that_it_has_taken_so_far() -> None:
    plan = Plan()
    plan.expect("invoices", 10)
    plan.note("invoices")

    assert plan.seconds_left(4.0) == 36


def test_when_nothing_is_left_no_time_is_left() -> None:
    plan = Plan()
    plan.note("sie")

    assert plan.seconds_left(3.0) == 0


@given(st.lists(st.tuples(st.sampled_from(["expect", "note"]), st.integers(1, 60)), max_size=40))
def test_the_percentage_never_falls_and_only_the_last_is_100(steps: list[tuple[str, int]]) -> None:
    plan = Plan.for_datasets(list(Dataset))
    progress = a_progress(plan)
    told = []

    for what, number in steps:
        if what == "expect":
            plan.expect("invoices", number)
        else:
            plan.note("invoices")
        told.append(progress.event().percent)

    assert told == sorted(told)
    assert all(percent < 100 for percent in told)
    assert progress.finished().percent == 100


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("fetching", 40, 12, 7), "Hämtar från Fortnox: 12 anrop kvar, cirka 7 sekunder (40 %)"),
        (("fetching", 40, 1, 1), "Hämtar från Fortnox: 1 anrop kvar, strax klart (40 %)"),
        (("fetching", 3, 900, 179), "Hämtar från Fortnox: 900 anrop kvar, cirka 3 minuter (3 %)"),
        (("publishing", 85, 0, 0), "Lämnar över till programmet (85 %)"),
        (("done", 100, 0, 0), "Importen är klar (100 %)"),
    ],
)
def test_the_line_can_be_shown_as_it_is(arguments: tuple[str, int, int, int], text: str) -> None:
    assert line(*arguments) == text


@pytest.mark.parametrize(("needed", "room"), [(17, 8), (25, 0), (26, 19), (44, 1), (46, 0)])
def test_what_is_only_good_to_know_costs_no_time_and_stays_within_45_calls(needed: int, room: int) -> None:
    plan = Plan()
    plan.expect("invoices", needed)
    plan.expect("invoices, one by one", 3)

    assert plan.room == room
