"""A sender that dies at any await of a correction, and one that comes after it."""

from datetime import timedelta
from typing import Any

import pytest

STEP = 6


@pytest.mark.parametrize("first", [1, *(pytest.param(first, marks=pytest.mark.long) for first in range(2, STEP + 1))])
async def test_a_crash_at_any_await_of_a_correction_doubles_and_loses_nothing(
    office: Any, mortal: Any, a_batch: Any, voucher: Any, patient: Any, first: int, figure: Any
) -> None:
    """Every sixth await; together all of them."""
    office = patient(call_timeout=0.1, post_within=0.1, settling=timedelta(seconds=0.05))
    numbers = range(first, 1000, STEP)
    asked: list[Any] = []

    for awaits in numbers:
        batch = a_batch([voucher(awaits, 100 + awaits)])
        await office.book(batch)
        correction = await office.request(f"v-{awaits}")
        asked += [batch, correction]
        done = await mortal.crash(office, await office.claim(office.sender()), awaits)
        await office.work()
        if done:
            break

    events = await office.all_events()
    office.judge(*asked, told=events)
    completed = [one for one in events if one["type"] == "vouchers.completed"]
    assert [(one["booked"], one["uncertain"]) for one in completed] == [(1, 0)] * len(asked)
    assert len(office.books()) == len(asked)
    assert awaits > 50
    figure(f"a correction has {awaits} awaits; crashes at every {STEP}th from {first}: {len(asked) // 2}")
