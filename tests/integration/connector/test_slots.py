"""The arithmetic of call slots, on a clock that stands still until it is set on; how several share is test_fairness."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common import database as db
from common.leases import Purpose
from connector.leases import HEAD_START, LEASE_TIME
from connector.repository import Back, Slot, Slots, Taken

A_LEASE = UUID("0b9ad1a5-59a8-4f5f-9c0c-0d1f5a5f3c11")


@dataclass
class Company:
    """A company's budget and a clock."""

    pool: db.Pool
    budget: int = 0
    now: float = 0.0
    leases: dict[UUID, Taken] = field(default_factory=dict)
    holder: UUID = field(default_factory=uuid4)
    """One, unless a test says otherwise: how several share is another matter."""

    async def after(self, seconds: float) -> None:
        self.now += seconds
        await self.pool.execute("update stopped set now = now + $1::interval", timedelta(seconds=seconds))

    async def take(self, calls: int = 1, lease: UUID | None = None, purpose: Purpose = Purpose.IMPORT) -> list[Slot]:
        """The slots that a lease gets; none when it has to wait."""
        lease = lease or uuid4()
        async with self.pool.acquire() as connection:
            taken = await Slots(connection).take(
                self.budget, lease, self.holder, calls, HEAD_START[purpose], LEASE_TIME
            )
        self.leases[lease] = taken
        return [Slot(self.budget, number, lease) for number in taken.numbers or ()]

    def wait(self, lease: UUID) -> float:
        """How long a lease was last told to wait."""
        wait = self.leases[lease].wait
        assert wait is not None
        return wait

    async def answered(self, *slots: Slot, ago: float | None = 0.0) -> None:
        async with self.pool.acquire() as connection:
            await Slots(connection).hand_back([Back(slot, ago) for slot in slots])

    async def close(self, seconds: float) -> None:
        async with self.pool.acquire() as connection:
            await Slots(connection).close([self.budget], timedelta(seconds=seconds))


@pytest.fixture
async def company(stopped_pool: db.Pool) -> Company:
    tenant = random.randrange(10**8)
    async with stopped_pool.acquire() as connection:
        return Company(stopped_pool, await Slots(connection).budget("app", tenant))


async def test_there_are_25_slots_and_then_one_waits(company: Company) -> None:
    lots = [await company.take(8) for _ in range(3)]
    last = await company.take(8)
    late = uuid4()

    assert [len(lot) for lot in [*lots, last]] == [8, 8, 8, 1]
    assert len({slot.number for lot in [*lots, last] for slot in lot}) == 25
    assert await company.take(1, late) == []
    assert company.wait(late) == 0.5


async def test_a_slot_is_free_5_s_after_its_answer(company: Company) -> None:
    slots = await company.take(25)
    await company.after(2)
    await company.answered(*slots[:3], ago=1.5)
    late = uuid4()

    assert await company.take(1, late) == []
    assert company.wait(late) == pytest.approx(0.5)
    await company.after(3.49)
    assert await company.take(1, late) == []
    await company.after(0.02)
    assert len(await company.take(8, late)) == 3


async def test_who_waits_is_told_how_long_it_will_probably_be(company: Company) -> None:
    slots = await company.take(25)
    first, second, third = uuid4(), uuid4(), uuid4()

    await company.take(8, first)
    assert company.leases[first].expected == pytest.approx(5)  # in use, and answered any moment
    await company.answered(*slots[:2], ago=2.0)  # counted from the call, which was now
    await company.after(1.5)
    await company.answered(*slots[2:6], ago=0.0)
    await company.take(8, first)
    await company.take(22, second)
    await company.after(0.01)
    await company.take(1, third)

    assert company.leases[first].expected == pytest.approx(3.5)
    assert company.leases[second].expected == pytest.approx(5)
    assert company.leases[third].expected == pytest.approx(9.99)  # the 31st: a slot's second time


async def test_what_was_not_answered_for_long_is_not_expected_soon(company: Company) -> None:
    await company.take(25)
    await company.after(11)
    late = uuid4()

    assert await company.take(1, late) == []

    assert company.leases[late].expected == pytest.approx(LEASE_TIME.total_seconds() + 25 - 11)
    assert company.wait(late) == 0.5  # it may be handed back any moment


async def test_an_answer_from_before_its_call_counts_from_the_call(company: Company) -> None:
    slots = await company.take(25)
    await company.answered(*slots, ago=900.0)

    await company.after(4.9)
    assert await company.take() == []
    await company.after(0.2)
    assert await company.take()


async def test_a_slot_without_an_answer_is_free_25_s_after_its_lease_ran_out(company: Company) -> None:
    await company.take(25)

    await company.after(LEASE_TIME.total_seconds() + 24.9)
    assert await company.take() == []
    await company.after(0.2)
    assert len(await company.take(8)) == 8


async def test_a_slot_that_was_not_used_is_free_at_once(company: Company) -> None:
    slots = await company.take(25)

    await company.answered(slots[7], ago=None)

    assert [slot.number for slot in await company.take(8)] == [slots[7].number]


async def test_asking_again_gives_the_same_lease(company: Company) -> None:
    lease = uuid4()
    first = await company.take(8, lease)
    await company.after(10)

    assert await company.take(8, lease) == first
    assert company.leases[lease].seconds == pytest.approx(LEASE_TIME.total_seconds() - 10)
    assert len(await company.take(25)) == 17


async def test_a_slot_that_somebody_else_has_by_now_is_not_touched(company: Company) -> None:
    old = await company.take(25)
    await company.after(LEASE_TIME.total_seconds() + 26)
    await company.take(25)

    await company.answered(*old, ago=None)

    assert await company.take() == []


async def test_handing_back_twice_changes_nothing(company: Company) -> None:
    slots = await company.take(25)
    await company.answered(*slots, ago=0.0)

    await company.answered(*slots, ago=None)

    assert await company.take() == []


async def test_a_person_goes_first_then_vouchers_then_imports(company: Company) -> None:
    slots = await company.take(25)
    asking = {purpose: uuid4() for purpose in (Purpose.IMPORT, Purpose.VOUCHERS, Purpose.DIALOG)}
    for purpose, lease in asking.items():
        assert await company.take(1, lease, purpose) == []
        await company.after(0.1)

    await company.answered(slots[0], ago=None)

    assert await company.take(1, asking[Purpose.IMPORT]) == []
    assert await company.take(1, asking[Purpose.VOUCHERS]) == []
    assert await company.take(1, asking[Purpose.DIALOG], Purpose.DIALOG)


async def test_nobody_starves(company: Company) -> None:
    """An import that has waited for ten seconds goes before a person who has just come."""
    slots = await company.take(25)
    patient = uuid4()
    for _ in range(11):
        assert await company.take(1, patient) == []
        await company.after(1)
    dialog = uuid4()
    assert await company.take(1, dialog, Purpose.DIALOG) == []

    await company.answered(slots[0], ago=None)

    assert await company.take(1, dialog, Purpose.DIALOG) == []
    assert await company.take(1, patient)


async def test_who_has_gone_holds_no_place(company: Company) -> None:
    slots = await company.take(25)
    gone = uuid4()
    await company.take(8, gone)
    await company.after(company.wait(gone) + 2)

    await company.answered(slots[0], ago=None)

    assert await company.take(1)


async def test_after_a_429_nothing_is_given_for_a_while(company: Company) -> None:
    await company.close(6)
    late = uuid4()

    assert await company.take(1, late, Purpose.DIALOG) == []
    assert company.wait(late) == pytest.approx(6)
    await company.after(6)
    assert await company.take(1, late, Purpose.DIALOG)


@pytest.mark.parametrize("text", ["", "1", "1.2", "x.1.y", f"1.26.{A_LEASE}", f"1.0.{A_LEASE}", f"{2**70}.1.{A_LEASE}"])
def test_what_no_lease_ever_had_is_no_slot(text: str) -> None:
    assert Slot.parse(text) is None


def test_a_slot_is_read_as_it_was_written() -> None:
    slot = Slot(17, 25, uuid4())

    assert Slot.parse(str(slot)) == slot


@pytest.mark.parametrize("seed", range(3))
async def test_no_window_of_5_s_can_hold_more_than_25_calls_wherever_they_are_counted(
    company: Company, seed: int
) -> None:
    """Fortnox counts a call somewhere between our sending it and our getting the answer: all of that is its span."""
    dice = random.Random(seed)
    under_way: list[tuple[Slot, float]] = []
    spans: list[tuple[float, float]] = []

    for _ in range(150):
        under_way += [(slot, company.now) for slot in await company.take(dice.randint(1, 8))]
        await company.after(dice.choice([0.0, 0.01, 0.3, 1.1, 2.0]))
        for slot, since in dice.sample(under_way, k=min(len(under_way), dice.randint(0, 9))):
            under_way.remove((slot, since))
            answered_at = dice.uniform(since, company.now)
            spans.append((since, answered_at))
            await company.answered(slot, ago=company.now - answered_at)

    largest = max(_in_window(spans, end) for _, end in spans)
    assert 20 < largest <= 25


def _in_window(spans: list[tuple[float, float]], start: float) -> int:
    """How many calls may have been counted in the 5 s from here, an end of the window not included."""
    return sum(since < start + 4.999 and end >= start for since, end in spans)


async def test_two_who_ask_at_once_get_different_slots(company: Company, stopped_pool: db.Pool) -> None:
    lots: list[Any] = await asyncio.gather(*(company.take(4) for _ in range(10)))

    given = [slot.number for lot in lots for slot in lot]
    assert len(given) == len(set(given)) == 25
