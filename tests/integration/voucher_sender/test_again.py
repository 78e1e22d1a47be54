"""The same voucher sent again, in all the ways in which that happens."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from voucher_sender import batch_job, checking
from voucher_sender.repository import States


async def test_a_booked_voucher_sent_again_gets_its_old_receipt(office: Any, a_batch: Any) -> None:
    first = await office.book(a_batch(2))

    again = await office.book(a_batch(2))

    def receipts(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "batch_id": None} for one in events if one["type"] == "voucher.booked"]

    assert receipts(again) == receipts(first)
    assert (again[-1]["booked"], again[-1]["already_booked"]) == (0, 2)
    assert len(office.books()) == 2


async def test_a_booked_voucher_with_other_content_is_rejected(office: Any, a_batch: Any, voucher: Any) -> None:
    await office.book(a_batch([voucher(1, 100)]))

    events = await office.book(a_batch([voucher(1, 200)]))

    rejected = next(one for one in events if one["type"] == "voucher.rejected")
    assert rejected["findings"][0]["code"] == "voucher.changed-since-booked"
    assert len(office.books()) == 1


@pytest.mark.parametrize("rejected_before", [False, True])
async def test_what_another_batch_books_meanwhile_with_other_content_is_no_receipt_for_this_one(
    office: Any, a_batch: Any, voucher: Any, monkeypatch: pytest.MonkeyPatch, *, rejected_before: bool
) -> None:
    async def switch(moment: str) -> None:
        await office.simulator.edit("change_account", office.tenant, account=1229, active=False)

    if rejected_before:
        await office.book(a_batch([voucher(1, 333)]), meanwhile=switch)
        await office.simulator.edit("change_account", office.tenant, account=1229, active=True)
    other = await office.approve(a_batch([voucher(1, 111)], connection_id=uuid4()))
    compared, sender = checking._compared, office.sender()
    booking = await office.claim(sender)

    async def slowly(*args: Any) -> Any:
        """Reading the books takes seconds, in which another connection of the company books the same id."""
        known = await compared(*args)
        monkeypatch.setattr(checking, "_compared", compared)
        await batch_job.run(booking, sender)
        return known

    monkeypatch.setattr(checking, "_compared", slowly)
    events = await office.book(a_batch([voucher(1, 222)]))

    assert (await office.events(other))[-1]["booked"] == 1
    (rejected,) = [one for one in events if one["type"] == "voucher.rejected"]
    assert rejected["findings"][0]["code"] == "voucher.changed-since-booked"
    assert (events[-1]["booked"], events[-1]["already_booked"]) == (0, 0)


async def test_a_rejected_voucher_may_be_changed_and_sent_again(office: Any, a_batch: Any, voucher: Any) -> None:
    await office.simulator.deactivate_account(office.tenant, 1229)
    await office.book(a_batch([voucher(1)]))
    await office.simulator.edit("change_account", office.tenant, account=1229, active=True)

    events = await office.book(a_batch([voucher(1, 200)]))

    assert events[-1]["booked"] == 1


async def test_a_restored_database_that_forgot_its_receipts_doubles_nothing(office: Any, a_batch: Any) -> None:
    batch = a_batch(3)
    await office.book(batch)
    await office.forget()

    again = a_batch(3)
    events = await office.book(again)

    assert (events[-1]["booked"], events[-1]["already_booked"]) == (0, 3)
    assert len(office.books()) == 3
    office.judge(again, told=[*events])


async def test_a_restored_database_doubles_nothing_where_lists_show_no_markers_either(
    office: Any, a_batch: Any
) -> None:
    await office.simulator.set_switch("list_shows_comments", False)
    await office.book(a_batch(3))
    await office.forget()

    events = await office.book(a_batch(3))

    assert events[-1]["already_booked"] == 3
    assert len(office.books()) == 3


async def test_a_voucher_is_its_companys_and_every_connection_to_it_may_ask(office: Any, a_batch: Any) -> None:
    """Also where it was Fortnox that refused it first, and another connection sent it again."""

    async def close_account(moment: str) -> None:
        await office.simulator.edit("change_account", office.tenant, account=1229, active=False)

    await office.book(a_batch(1), meanwhile=close_account)
    await office.simulator.edit("change_account", office.tenant, account=1229, active=True)
    other = uuid4()
    await office.book(a_batch(1, connection_id=other))

    async with office.pool.acquire() as connection:
        states = States(connection)
        found = [await states.voucher(one, "v-1") for one in (office.connection_id, other, uuid4())]

    assert [one and one["receipt"]["number"] for one in found] == [1, 1, None]


async def test_a_voucher_deleted_in_fortnox_is_reported_and_not_booked_again(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    await office.book(a_batch([voucher(1), voucher(2)]))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)

    events = await office.book(a_batch([voucher(2)]))

    assert [one["code"] for one in events[0]["findings"]] == ["voucher.already-booked", "voucher.gone-from-fortnox"]
    assert len(office.books()) == 1


async def test_a_voucher_in_two_batches_at_once_is_booked_once(office: Any, a_batch: Any) -> None:
    """In two series, so that the batches don't wait for each other."""
    await office.simulator.fault("POST /3/vouchers", "status-500-before", times=1)
    first = await office.approve(a_batch(1))
    second = await office.approve(a_batch(1, series="A"))

    await asyncio.gather(office.work(), office.work())

    events = [*await office.events(first), *await office.events(second)]
    booked = [one for one in office.books("I") + office.books("A") if one.through_api]
    assert len(booked) == 1
    assert len([one for one in events if one["type"] == "voucher.booked"]) in {1, 2}


async def test_an_uncertain_voucher_holds_back_its_series_and_nothing_else(
    office: Any, a_batch: Any, patient: Any
) -> None:
    office = patient(settling=timedelta(seconds=1))
    await office.simulator.fault("POST /3/vouchers", "status-500-before")
    order = []
    for series, mode in (("I", "book"), ("I", "book"), ("A", "book"), ("I", "check")):
        own = office.connection_id, uuid4()
        vouchers = [one.model_copy(update={"voucher_id": str(own[1])}) for one in a_batch(1).vouchers]
        order.append(await office.approve(a_batch(vouchers, series=series, mode=mode)))

    await office.work()

    ended = [one["batch_id"] for one in await office.all_events() if one["type"] == "vouchers.completed"]
    places = [ended.index(str(batch.batch_id)) for batch in order]
    assert places[0] < places[1]
    assert places[2] < places[0]
    assert places[3] < places[0]
