"""Connections that are lost, and a connector or a Fortnox that is away."""

from typing import Any

import pytest

from common.events import Trouble
from common.jobs import JobStore
from common.leases import ConnectorAway, LeaseRefused
from common.problems import GAVE_UP
from fortnox.testing import FreePermit, FreePermits
from voucher_sender import batch_job, waiting

LOST = Trouble(code="connector.lost", swedish="Kopplingen har brutits.", next_step="Koppla igen.", english="Lost.")


class LosablePermits(FreePermits):
    """Permits that are refused as long as `failure` is set; it may strike after so many more calls."""

    failure: Exception | None = None
    calls_left = 0

    async def acquire(self) -> FreePermit:
        if self.failure is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise self.failure
        return await super().acquire()


def permits(office: Any) -> LosablePermits:
    return LosablePermits(office.token(), tenant=office.tenant)


async def one_attempt(office: Any, sender: Any) -> None:
    await office.due()
    await batch_job.run(await office.claim(sender), sender)


async def test_a_lost_connection_is_waited_for_and_booking_goes_on(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    own.failure = LeaseRefused(LOST, 409)

    await one_attempt(office, sender)
    assert await office.events(batch) == []
    own.failure = None
    async with office.pool.acquire() as connection:
        assert await JobStore(connection).wake(office.connection_id) == 1
    await office.work(sender)

    assert (await office.events(batch))[-1]["booked"] == 1


async def test_a_connection_lost_while_an_outcome_is_unknown_makes_it_uncertain_once(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    own.failure, own.calls_left = LeaseRefused(LOST, 409), 7

    await one_attempt(office, sender)
    await one_attempt(office, sender)
    uncertain = [one for one in await office.events(batch) if one["type"] == "voucher.uncertain"]
    own.failure = None
    await office.work(sender)

    assert [one["trouble"]["code"] for one in uncertain] == ["voucher.uncertain-connection-lost"]
    assert len(office.books()) == 1
    events = await office.events(batch)
    assert (events[-1]["booked"], events[-1]["uncertain"]) == (1, 0)
    office.judge(batch, told=events)


@pytest.mark.parametrize(("code", "status"), [("connection.unknown", 404), ("connection.removed", 409)])
async def test_a_connection_that_is_no_more_refuses_the_batch(
    office: Any, a_batch: Any, code: str, status: int
) -> None:
    own = permits(office)
    own.failure = LeaseRefused(LOST.model_copy(update={"code": code}), status)
    batch = await office.approve(a_batch(1))

    await office.work(office.sender(permits=own))

    (refused,) = await office.events(batch)
    assert (refused["type"], refused["trouble"]["code"]) == ("vouchers.refused", "vouchers.unknown-connection")


async def test_a_connector_that_is_away_is_tried_again(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(1))
    own.failure = ConnectorAway()

    await one_attempt(office, sender)
    own.failure = None
    await office.work(sender)

    assert (await office.events(batch))[-1]["booked"] == 1


async def test_nothing_is_booked_in_another_company_than_the_one_that_was_checked(office: Any, a_batch: Any) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(2))

    async def reconnect(moment: str) -> None:
        if moment == "after POST":
            own._tenant = 999

    await batch_job.run(await office.claim(sender), office.watched(sender, reconnect))

    events = await office.events(batch)
    rejected = [one for one in events if one["type"] == "voucher.rejected"]
    assert [(one["voucher_id"], one["findings"][0]["code"]) for one in rejected] == [("v-2", "vouchers.other-company")]
    assert (events[-1]["booked"], events[-1]["rejected"]) == (1, 1)


async def test_giving_up_leaves_an_unknown_outcome_uncertain_and_a_new_batch_goes_on_safely(
    office: Any, a_batch: Any
) -> None:
    own = permits(office)
    sender = office.sender(permits=own)
    batch = await office.approve(a_batch(2))
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    own.failure, own.calls_left = ConnectorAway(), 7
    await one_attempt(office, sender)
    await office.due()

    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))
    events = await office.events(batch)
    own.failure = None
    again = await office.approve(a_batch(2))
    await office.work(sender)

    assert (events[-1]["uncertain"], events[-1]["rejected"]) == (1, 1)
    told = await office.events(again)
    assert told[-1]["booked"] == 2
    assert len(office.books()) == 2
    office.judge(again, told=told)


async def test_giving_up_before_anything_began_refuses_the_batch(office: Any, a_batch: Any) -> None:
    sender = office.sender()
    batch = await office.approve(a_batch(1))

    await waiting.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))

    (refused,) = await office.events(batch)
    assert refused["trouble"]["code"] == "internal.gave-up"
