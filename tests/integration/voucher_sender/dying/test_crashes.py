"""A sender that dies at any await, and one that comes after it."""

from datetime import timedelta
from typing import Any


async def test_a_crash_at_any_await_doubles_and_loses_nothing(
    office: Any, mortal: Any, a_batch: Any, voucher: Any, patient: Any
) -> None:
    office = patient(call_timeout=0.1, post_within=0.1, settling=timedelta(seconds=0.05))
    batches, awaits, done = [], 0, False

    while not done:
        awaits += 1
        batch = a_batch([voucher(awaits)])
        batches.append(await office.approve(batch))
        done = await mortal.crash(office, await office.claim(office.sender()), awaits)
        await office.work()

    events = [event for batch in batches for event in await office.events(batch)]
    assert awaits > 50
    assert len(office.books()) == len(batches)
    ends = [one for one in events if one["type"] == "vouchers.completed"]
    assert [(one["booked"], one["uncertain"]) for one in ends] == [(1, 0)] * len(batches)
    office.judge(*batches, told=events)
