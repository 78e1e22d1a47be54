"""Answers that are lost, and what is found out: never doubled, never lost, receipts true."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from voucher_sender import batch_job

POST = "POST /3/vouchers"
LIST = "GET /3/vouchers"

LOST_AFTER_COMMIT = [
    "status-500-after",
    "status-504-after",
    "timeout-after",
    "reset-after",
    "truncate",
    "truncate-json",
    "html-after",
]
LOST_BEFORE_COMMIT = ["status-500-before", "status-503-before", "timeout-before", "reset-before", "html-before"]


@pytest.mark.parametrize("kind", LOST_AFTER_COMMIT)
async def test_a_voucher_whose_answer_was_lost_is_found_and_not_sent_again(
    office: Any, a_batch: Any, kind: str
) -> None:
    await office.simulator.fault(POST, kind)
    batch = a_batch(2)

    events = await office.book(batch)

    assert len(office.books()) == 2
    assert events[-1]["booked"] == 2
    assert "voucher.uncertain" not in [one["type"] for one in events]
    office.judge(batch, told=events)


@pytest.mark.parametrize("kind", LOST_BEFORE_COMMIT)
async def test_a_voucher_that_never_arrived_is_sent_again_when_that_is_proven(
    office: Any, a_batch: Any, kind: str
) -> None:
    await office.simulator.fault(POST, kind)
    batch = a_batch(2)

    events = await office.book(batch)

    assert [one["voucher_id"] for one in events if one["type"] == "voucher.uncertain"] == ["v-1"]
    assert events[-1]["booked"] == 2
    assert [one.text for one in office.books()] == ["Bokslut 1", "Bokslut 2"]
    office.judge(batch, told=events)


async def test_it_is_sent_again_only_after_two_looks_a_settling_time_apart(
    office: Any, a_batch: Any, patient: Any
) -> None:
    patient_office = patient(settling=timedelta(seconds=0.5))
    await office.simulator.fault(POST, "status-500-before")

    await patient_office.book(a_batch(1))

    calls = await office.simulator.calls()
    posts = [number for number, one in enumerate(calls) if one["method"] == "POST"]
    looks = [one for one in calls[posts[0] + 1 : posts[1]] if one["path"] == "/3/vouchers"]
    times = [one["at"] for one in looks]
    assert len(posts) == 2
    assert times[-1] - times[0] >= 0.5


async def test_a_list_that_lags_does_not_make_it_sent_twice(office: Any, a_batch: Any) -> None:
    await office.simulator.set_switch("list_lag_seconds", 60.0)
    await office.simulator.fault(POST, "timeout-after", times=3)
    batch = a_batch(3)

    events = await office.book(batch)

    assert len(office.books()) == 3
    office.judge(batch, told=events)


async def test_a_list_without_comments_is_made_up_for_by_reading_singly(office: Any, a_batch: Any) -> None:
    await office.simulator.set_switch("list_shows_comments", False)
    await office.simulator.fault(POST, "timeout-after", skip=1)
    batch = a_batch(3)

    events = await office.book(batch)

    assert events[-1]["booked"] == 3
    office.judge(batch, told=events)


async def test_another_person_books_in_the_series_meanwhile(office: Any, a_batch: Any) -> None:
    async def another() -> None:
        await office.simulator.book_voucher(
            office.tenant, series="I", date=office.last_day, rows=[(6570, 1), (1930, -1)]
        )

    await another()
    await office.simulator.fault(POST, "timeout-after")
    batch = a_batch(2)
    await office.approve(batch)
    await another()
    await office.work()

    events = await office.events(batch)
    assert events[-1]["booked"] == 2
    assert len(office.books()) == 4
    office.judge(batch, told=events)


async def test_a_number_that_came_again_is_not_taken_for_absence(office: Any, a_batch: Any) -> None:
    """The series' last voucher is deleted between the intent and the POST: ours gets its number."""
    await office.simulator.book_voucher(office.tenant, series="I", date=office.last_day, rows=[(6570, 1), (1930, -1)])
    await office.simulator.fault(POST, "timeout-after")
    batch = a_batch(1)

    async def delete(moment: str) -> None:
        if moment == "before POST" and office.books()[0].text != "Bokslut 1":
            await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)

    events = await office.book(batch, meanwhile=delete)

    assert [(one.number, one.text) for one in office.books()] == [(1, "Bokslut 1")]
    office.judge(batch, told=events)


async def test_while_fortnox_is_away_it_stays_uncertain_and_goes_on_later(office: Any, a_batch: Any) -> None:
    await office.simulator.fault(POST, "timeout-after", skip=1)
    batch = a_batch(3)

    async def go_away(moment: str) -> None:
        if moment == "after POST" and len(office.books()) == 2:
            await office.simulator.fault(LIST + "*", "status-503-before", times=7)

    events = await office.book(batch, meanwhile=go_away)

    uncertain = [one for one in events if one["type"] == "voucher.uncertain"]
    assert [(one["voucher_id"], one["trouble"]["code"]) for one in uncertain] == [
        ("v-2", "voucher.uncertain-fortnox-away")
    ]
    assert events[-1]["booked"] == 3
    assert events[-1]["uncertain"] == 0
    office.judge(batch, told=events)


async def test_each_cause_of_an_uncertainty_is_told_once(office: Any, a_batch: Any, patient: Any) -> None:
    """Fortnox answers and is away by turns; the voucher stays uncertain all the while."""
    office = patient(settling=timedelta(seconds=60))
    batch = await office.approve(a_batch(1))
    await office.simulator.fault(POST, "timeout-before")

    for away in (False, True, False, True):
        if away:
            await office.simulator.fault(LIST + "*", "status-503-before", times=9)
        await office.attempt()
        await office.simulator.clear_faults()

    told = [one for one in await office.events(batch) if one["type"] == "voucher.uncertain"]
    assert [one["trouble"]["code"] for one in told] == ["voucher.uncertain-not-seen", "voucher.uncertain-fortnox-away"]
    assert len({one["since"] for one in told}) == 1


async def test_a_gap_that_nobody_explains_keeps_it_uncertain(office: Any, a_batch: Any) -> None:
    """Two vouchers came meanwhile, and Fortnox doesn't show the first of them in any way: it may be ours."""
    batch = await office.approve(a_batch(1))
    await office.simulator.fault(POST, "timeout-before")
    hidden: list[Any] = []

    async def hide(moment: str) -> None:
        if moment == "before POST" and not hidden:
            for _ in range(2):
                rows = [(6570, 1), (1930, -1)]
                await office.simulator.book_voucher(office.tenant, series="I", date=office.last_day, rows=rows)
            hidden.append(office.books()[0])
            office.world.drop_voucher(office.company, hidden[0])

    sender = office.watched(office.sender(), hide)
    for _ in range(3):
        await office.due()
        await batch_job.run(await office.claim(sender), sender)
        await asyncio.sleep(office.timing.settling.total_seconds())
    told = [one["trouble"] for one in await office.events(batch) if one["type"] == "voucher.uncertain"]
    assert [one["code"] for one in told] == ["voucher.uncertain-gap"]
    assert "Nummer 1 " in told[0]["swedish"]
    assert len(office.books()) == 1

    office.world.keep_voucher(office.company, hidden[0])
    await office.work()
    assert (await office.events(batch))[-1]["booked"] == 1
    assert len(office.books()) == 3


async def test_two_vouchers_with_one_marker_go_to_a_person(office: Any, a_batch: Any) -> None:
    batch = a_batch(1)
    await office.book(batch)
    twice = office.books()[0].comments
    await office.simulator.book_voucher(
        office.tenant, series="I", date=office.last_day, rows=[(7832, 101), (1229, -101)], comments=twice
    )
    await office.forget()

    again = a_batch(1)
    events = await office.book(again)

    duplicated = next(one for one in events if one["type"] == "voucher.duplicated")
    assert [one["number"] for one in duplicated["found"]] == [1, 2]
    assert events[-1]["uncertain"] == 1
    assert len(office.books()) == 2


async def test_the_search_at_the_end_finds_what_was_doubled(office: Any, a_batch: Any) -> None:
    """As if a POST given up for lost had arrived after all: another voucher with the marker appears."""
    batch = a_batch(2)

    async def double(moment: str) -> None:
        if moment == "after POST" and len(office.books()) == 1:
            await office.simulator.book_voucher(
                office.tenant,
                series="I",
                date=office.last_day,
                rows=[(7832, 101), (1229, -101)],
                comments=office.books()[0].comments,
            )

    events = await office.book(batch, meanwhile=double)

    duplicated = [one for one in events if one["type"] == "voucher.duplicated"]
    assert [one["voucher_id"] for one in duplicated] == ["v-1"]
    assert [one["number"] for one in duplicated[0]["found"]] == [1, 2]


async def test_what_a_person_has_changed_is_ours_all_the_same_and_said_to_differ(office: Any, a_batch: Any) -> None:
    batch = a_batch(1)
    await office.book(batch)
    await office.simulator.edit(
        "correct_voucher",
        office.tenant,
        series="I",
        number=1,
        strike=[0],
        rows=[{"account": 6570, "amount": "101"}],
        financial_year=office.financial_year,
    )
    await office.forget()

    events = await office.book(a_batch(1))

    differs = next(one for one in events if one["type"] == "voucher.differs")
    assert differs["differences"] == ["rad: 7832 101.00 → saknas", "rad: saknas → 6570 101.00"]
    assert events[-1]["already_booked"] == 1
    assert len(office.books()) == 1


async def others_book(office: Any, vouchers: int) -> None:
    for _ in range(vouchers):
        rows = [(6570, 1), (1930, -1)]
        await office.simulator.book_voucher(office.tenant, series="I", date=office.last_day, rows=rows)


async def test_however_many_others_book_meanwhile_ours_is_found_among_them(office: Any, a_batch: Any) -> None:
    """Where the list shows no comments, all vouchers from the stored number on are read singly."""
    await office.simulator.set_switch("list_shows_comments", False)
    await office.simulator.fault(POST, "timeout-after")
    batch = a_batch(1)

    async def many(moment: str) -> None:
        if moment == "after POST" and len(office.books()) == 1:
            await others_book(office, 55)

    events = await office.book(batch, meanwhile=many)

    assert [one.number for one in office.books() if one.through_api] == [1]
    assert events[-1]["booked"] == 1
    office.judge(batch, told=events)


async def test_all_numbers_that_the_list_leaves_out_are_looked_at(office: Any, a_batch: Any) -> None:
    """The list lags, and ours lies behind more vouchers of others than one would care to read."""
    await office.simulator.set_switch("list_lag_seconds", 60.0)
    await office.simulator.fault(POST, "timeout-after")
    batch = a_batch(1)

    async def many(moment: str) -> None:
        if moment == "before POST" and not office.books():
            await others_book(office, 55)
            for one in office.books():
                one.through_api = True  # only such ones lag

    events = await office.book(batch, meanwhile=many)

    assert [one.number for one in office.books() if one.comments] == [56]
    assert events[-1]["booked"] == 1


async def test_the_search_at_the_end_finds_what_was_doubled_where_the_list_shows_no_comments(
    office: Any, a_batch: Any
) -> None:
    await office.simulator.set_switch("list_shows_comments", False)

    async def double(moment: str) -> None:
        if moment == "after POST" and len(office.books()) == 1:
            rows, comments = [(7832, 101), (1229, -101)], office.books()[0].comments
            await office.simulator.book_voucher(
                office.tenant, series="I", date=office.last_day, rows=rows, comments=comments
            )

    events = await office.book(a_batch(2), meanwhile=double)

    duplicated = [one for one in events if one["type"] == "voucher.duplicated"]
    assert [[one["number"] for one in event["found"]] for event in duplicated] == [[1, 2]]


async def test_one_sent_again_is_still_looked_for_from_where_it_was_first_sent(office: Any, a_batch: Any) -> None:
    """A sending that was given up for lost arrives while the second one is under way: told, though far below."""
    await office.simulator.set_switch("list_shows_comments", False)
    await office.simulator.fault(POST, "timeout-before")
    posts: list[str] = []

    async def late(moment: str) -> None:
        posts.append(moment)
        if posts == ["before POST"]:
            await others_book(office, 3)
        if posts == ["before POST", "after POST", "before POST"]:
            await others_book(office, 1)
            office.books()[1].comments = "Bokbrygga, referens " + (await marker(office))

    events = await office.book(a_batch(1), meanwhile=late)

    duplicated = [one for one in events if one["type"] == "voucher.duplicated"]
    assert [[one["number"] for one in event["found"]] for event in duplicated] == [[2, 5]]


async def marker(office: Any) -> str:
    async with office.pool.acquire() as connection:
        return str(await connection.fetchval("select marker from vouchers"))
