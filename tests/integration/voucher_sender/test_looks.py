"""Looks that don't rest on the marker alone: comments that vanish, evidence that contradicts itself, lost memory."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.messaging.outbox import Outbox
from voucher_sender import waiting
from voucher_sender.operating.deciding import Decider, Wish
from voucher_sender.problems import GAVE_UP_WAITING
from voucher_sender.repository import Decisions, Place

POST = "POST /3/vouchers"
LIST = "GET /3/vouchers"
SINGLE = re.compile(r"/3/vouchers/\w+/\d+")


@dataclass
class Hiding(httpx.AsyncBaseTransport):
    """The way to a Fortnox that shows no comments: where it answers so, in single reads or in a POST's answer."""

    inner: httpx.AsyncBaseTransport
    hides: Callable[[httpx.Request], bool]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        if not self.hides(request) or not response.is_success:
            return response
        body = json.loads(await response.aread())
        body["Voucher"]["Comments"] = ""
        return httpx.Response(response.status_code, json=body)


def singly(request: httpx.Request) -> bool:
    return request.method == "GET" and bool(SINGLE.fullmatch(request.url.path))


def singly_or_posted(request: httpx.Request) -> bool:
    return singly(request) or request.method == "POST"


def hiding(office: Any, hides: Callable[[httpx.Request], bool]) -> Any:
    return replace(office.sender(), transport=Hiding(office.transport, hides))


def once_booked(office: Any, change: Callable[[], Any]) -> Callable[[str], Any]:
    """Somebody does something right after the first POST."""
    done: list[str] = []

    async def after(moment: str) -> None:
        if moment == "after POST" and not done:
            done.append(moment)
            await change()

    return after


async def attempts(office: Any, sender: Any, times: int) -> None:
    """So many attempts, each after what the one before waited for."""
    for _ in range(times):
        async with office.pool.acquire() as connection:
            await connection.execute(
                "update vouchers set missed_at = missed_at - $1::interval, over_at = over_at - $1::interval",
                office.timing.settling,
            )
        await office.attempt(sender)


async def troubles(office: Any, batch: Any) -> list[str]:
    return [one["trouble"]["code"] for one in await office.events(batch) if one["type"] == "voucher.uncertain"]


async def undecided(office: Any) -> list[str]:
    async with office.pool.acquire() as connection:
        return [one.voucher_id for one in await Decisions(connection).waiting()]


async def decide(office: Any, number: int | None) -> None:
    place = None if number is None else Place("I", number, office.financial_year)
    wish = Wish(office.connection_id, "v-1", place, "Sett i Fortnox", "Eva Ek", although_it_differs=True)
    await Decider(office.sender(), Outbox(), "voucher-sender").decide(wish)


async def clear_comment(office: Any) -> None:
    office.books()[0].comments = ""


async def anonymise(office: Any) -> None:
    await office.simulator.edit("anonymise", office.tenant, financial_year=office.financial_year)


@pytest.mark.parametrize("change", [clear_comment, anonymise])
@pytest.mark.parametrize("lag", [0.0, 60.0], ids=["", "a list that lags"])
async def test_a_voucher_whose_comment_was_cleared_while_it_was_unknown_goes_to_a_person(
    office: Any, a_batch: Any, change: Any, lag: float
) -> None:
    await office.simulator.set_switch("list_lag_seconds", lag)
    await office.simulator.fault(POST, "timeout-after")
    batch = await office.approve(a_batch(2))

    sender = office.watched(office.sender(), once_booked(office, lambda: change(office)))
    await attempts(office, sender, 4)

    assert await troubles(office, batch) == ["voucher.uncertain-not-seen", "voucher.uncertain-look-alike"]
    assert await undecided(office) == ["v-1"]
    assert len(office.books()) == 1

    await decide(office, 1)
    await office.work()
    told = await office.events(batch)
    assert (told[-1]["booked"], len(office.books())) == (2, 2)


async def test_one_that_looks_the_same_by_chance_is_decided_not_to_be_it_and_ours_is_sent(
    office: Any, a_batch: Any
) -> None:
    await office.simulator.fault(POST, "timeout-before")
    batch = await office.approve(a_batch(1))

    async def by_hand() -> None:
        rows = [(7832, 101), (1229, -101)]
        await office.simulator.book_voucher(office.tenant, series="I", date=office.last_day, rows=rows)

    await attempts(office, office.watched(office.sender(), once_booked(office, by_hand)), 3)
    assert await troubles(office, batch) == ["voucher.uncertain-not-seen", "voucher.uncertain-look-alike"]

    await decide(office, None)
    await office.work()
    assert (await office.events(batch))[-1]["booked"] == 1
    assert [one.through_api for one in office.books()] == [False, True]


async def test_other_rows_of_the_same_day_are_nobodys_doubt(office: Any, a_batch: Any) -> None:
    await office.simulator.fault(POST, "timeout-before")

    async def by_hand() -> None:
        rows = [(7832, 102), (1229, -102)]
        await office.simulator.book_voucher(office.tenant, series="I", date=office.last_day, rows=rows)

    events = await office.book(a_batch(1), meanwhile=once_booked(office, by_hand))

    assert events[-1]["booked"] == 1
    assert len(office.books()) == 2


async def test_another_batch_is_held_back_by_a_look_alike_of_an_ended_one(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    await office.approve(a_batch(1))
    await office.simulator.fault(POST, "timeout-after")
    await office.simulator.fault(LIST, "status-503", skip=1, times=3)
    await office.attempt(office.watched(office.sender(), once_booked(office, lambda: clear_comment(office))))
    await give_up(office)
    await office.simulator.clear_faults()
    later = await office.approve(a_batch([voucher(9)]))

    await attempts(office, office.sender(), 3)

    assert [one["type"] for one in await office.events(later)] == ["voucher.checked", "vouchers.waiting"]
    assert len(office.books()) == 1
    await decide(office, 1)
    await office.work()
    assert (await office.events(later))[-1]["booked"] == 1


async def test_a_marker_that_the_list_shows_and_the_voucher_does_not_is_never_absence(
    office: Any, a_batch: Any
) -> None:
    await office.simulator.fault(POST, "timeout-after")
    batch = await office.approve(a_batch(1))

    await attempts(office, hiding(office, singly), 3)

    assert await troubles(office, batch) == ["voucher.uncertain-contradicted"]
    assert await undecided(office) == ["v-1"]
    assert len(office.books()) == 1


async def test_nor_is_it_before_the_first_sending_as_far_as_we_remember(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))
    await office.forget()
    batch = await office.approve(a_batch(1))

    await attempts(office, hiding(office, singly), 3)

    assert (await troubles(office, batch))[0] == "voucher.uncertain-contradicted"
    assert await undecided(office) == ["v-1"]
    assert len(office.books()) == 1

    await office.work()  # the voucher shows its comment again
    assert (await office.events(batch))[-1]["uncertain"] == 0
    assert len(office.books()) == 1


async def test_where_no_marker_shows_anywhere_nothing_more_is_sent(office: Any, a_batch: Any) -> None:
    """Whatever happened to the second voucher, no look could find it."""
    await office.simulator.set_switch("list_shows_comments", False)
    batch = await office.approve(a_batch(3))

    await office.work(hiding(office, singly_or_posted))

    events = await office.events(batch)
    rejected = {one["voucher_id"]: one["findings"][0]["code"] for one in events if one["type"] == "voucher.rejected"}
    assert rejected == {"v-2": "vouchers.markers-hidden", "v-3": "vouchers.markers-hidden"}
    assert [one.text for one in office.books()] == ["Bokslut 1"]


async def test_a_database_that_lost_its_last_seconds_books_nothing_twice_though_the_list_lags(
    office: Any, a_batch: Any
) -> None:
    await office.simulator.set_switch("list_lag_seconds", 60.0)
    batch = await office.approve(a_batch(2))
    await office.attempt()
    async with office.pool.acquire() as connection:  # what a replica has that was promoted without the last commits
        await connection.execute("truncate receipts")
        await connection.execute(
            """
            update vouchers set state = 'approved', posts = 0, series = null, financial_year = null,
                highest_number = null, intended_at = null, ends_by = null, over_at = null, missed_at = null
            """
        )
        await connection.execute("update batch_vouchers set outcome = null")
        await connection.execute("update batches set ended_at = null, ending = null")
        await connection.execute("update jobs set status = 'queued', run_at = clock(), lease_until = null")

    await office.work()

    assert len(office.books()) == 2
    assert (await office.events(batch))[-1]["already_booked"] == 2


async def test_a_database_begun_anew_books_nothing_twice_though_the_list_lags(office: Any, a_batch: Any) -> None:
    await office.simulator.set_switch("list_lag_seconds", 60.0)
    await office.book(a_batch(2))
    await office.forget()

    again = await office.book(a_batch(3))

    assert (again[-1]["already_booked"], again[-1]["booked"]) == (2, 1)
    assert [one.text for one in office.books()] == ["Bokslut 1", "Bokslut 2", "Bokslut 3"]


async def test_what_is_unknown_holds_back_what_stands_before_it_in_its_batch(
    office: Any, a_batch: Any, voucher: Any, patient: Any
) -> None:
    """A batch that was sent again takes over what an ended one left unknown, wherever it stands in it."""
    slow = patient(settling=timedelta(seconds=60))
    await office.approve(a_batch([voucher(1)]))
    await office.simulator.fault(POST, "status-500-before")
    await office.attempt()
    await give_up(office)
    batch = await office.approve(a_batch([voucher(2), voucher(1)]))

    await office.attempt(slow.sender())
    sent_meanwhile = len(office.books())
    await attempts(office, office.sender(), 1)

    assert sent_meanwhile == 0
    assert (await office.events(batch))[-1]["booked"] == 2
    assert [one.text for one in office.books()] == ["Bokslut 2", "Bokslut 1"]


async def test_numbers_that_came_again_are_read_singly_where_the_list_lags(office: Any, a_batch: Any) -> None:
    """The last vouchers were deleted after the intent, ours got a number below the stored one, and the list lags."""
    for _ in range(3):
        await office.simulator.book_voucher(
            office.tenant, series="I", date=office.last_day, rows=[(6570, 1), (1930, -1)]
        )
    await office.simulator.set_switch("list_lag_seconds", 60.0)
    await office.simulator.fault(POST, "timeout-after")
    deleted: list[str] = []

    async def delete(moment: str) -> None:
        while moment == "before POST" and len(deleted) < 2:
            deleted.append(moment)
            await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)

    events = await office.book(a_batch(1), meanwhile=delete)

    assert [one.number for one in office.books() if one.through_api] == [2]
    assert events[-1]["booked"] == 1


async def test_nothing_is_concluded_from_another_companys_list(office: Any, a_batch: Any) -> None:
    """The connection has come to lead elsewhere while a voucher of an ended batch is unknown."""
    await office.approve(a_batch(1))
    await office.simulator.fault(POST, "timeout-after")
    await office.simulator.fault(LIST, "status-503", skip=1, times=3)
    await office.attempt()
    other = office.another_company()

    await office.attempt(replace(office.sender(), permits=other.sender().permits))

    async with office.pool.acquire() as connection:
        assert await connection.fetchval("select state from vouchers") == "intended"
    assert len(office.books()) == 1
    assert not other.books()


async def give_up(office: Any) -> None:
    """The job of the batch that waits was attempted too often."""
    sender = office.sender()
    await office.due()
    await waiting.give_up(await office.claim(sender), sender, GAVE_UP_WAITING.error(hours=72, reason="away"))
