"""Who asked for a correction: always known, never another; and by an id that stands for one thing."""

from datetime import timedelta
from typing import Any

import pytest

from common.problems import GAVE_UP
from voucher_sender import batch_job, waiting


def refused(events: list[dict[str, Any]]) -> str:
    """The code that a correction or a batch was refused with."""
    assert [one["type"] for one in events] == ["vouchers.refused"]
    return str(events[0]["trouble"]["code"])


@pytest.mark.parametrize("name", ["", " \t", "\x01", "x" * 201])
async def test_a_correction_that_nobody_asks_for_is_refused(office: Any, a_batch: Any, name: str) -> None:
    await office.book(a_batch(1))

    assert refused(await office.correct("v-1", requested_by=name)) == "vouchers.requested-by-missing"
    assert (await office.correct("v-1", requested_by="x" * 200))[-1]["booked"] == 1


@pytest.mark.parametrize("kind", ["timeout-after", "timeout-before"])
async def test_who_asked_first_for_what_was_perhaps_sent_is_never_overwritten(
    office: Any, a_batch: Any, patient: Any, kind: str
) -> None:
    """Of a correction that was given up in doubt, whether it then turns out to be in Fortnox or not."""
    office = patient(settling=timedelta(seconds=1))
    await office.book(a_batch(2))
    await given_up_in_doubt(office, kind)

    await office.correct("v-1", "v-2", requested_by="Bo Ek")

    async with office.pool.acquire() as connection:
        kept = dict(await connection.fetch("select voucher_id, requested_by from corrections"))
    comments = [one.comments for one in office.books()[2:]]
    assert kept == {"v-1": "Eva Ek", "v-2": "Bo Ek"}
    assert [comment.rpartition(" av ")[2] for comment in comments] == ["Eva Ek", "Bo Ek"]


async def given_up_in_doubt(office: Any, kind: str) -> None:
    """A correction of v-1 that was sent, and nobody knows what became of it."""
    await office.simulator.fault("POST /3/vouchers", kind)

    async def fortnox_is_away(moment: str) -> None:
        if moment == "after POST":
            await office.simulator.fault("GET /3/*", "status-503", times=99)

    await office.request("v-1", requested_by="Eva Ek")
    sender = office.sender()
    await batch_job.run(await office.claim(sender), office.watched(sender, fortnox_is_away))
    await office.simulator.clear_faults()
    await office.due()
    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))


async def test_an_attempt_that_was_never_sent_leaves_the_next_one_who_asks(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.correct("v-1", series="B", requested_by="Eva Ek")  # which is not for manual vouchers

    await office.correct("v-1", requested_by="Bo Ek")

    assert office.books()[-1].comments.endswith(" av Bo Ek")


async def test_a_batch_with_a_corrections_id_is_refused(office: Any, a_batch: Any, voucher: Any) -> None:
    await office.book(a_batch(1))
    correction = await office.request("v-1")
    early, late = a_batch([voucher(5)], batch_id=correction.correction_id), None

    await office.approve(early)
    assert refused(await office.events(early)) == "command.reused-key"
    await office.work()
    late = a_batch([voucher(6)], batch_id=correction.correction_id)
    await office.approve(late)

    assert (await office.events(late))[-1]["trouble"]["code"] == "command.reused-key"
    assert len(office.books()) == 2


async def test_a_correction_with_the_id_of_a_batch_that_has_not_begun_is_refused(office: Any, a_batch: Any) -> None:
    batch = await office.approve(a_batch(1))

    await office.request("v-1", correction_id=batch.batch_id)

    assert refused(await office.events(batch)) == "command.reused-key"
