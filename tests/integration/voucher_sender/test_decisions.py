"""A person decides what could not be decided here: kept for ever, told, and safe beside the running senders."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from common.messaging.outbox import Outbox
from common.problems import GAVE_UP, ProblemError
from voucher_sender import right
from voucher_sender import waiting as waiting_room
from voucher_sender.answers import voucher_state
from voucher_sender.operating.deciding import Decider, Wish
from voucher_sender.operating.measuring import measure
from voucher_sender.repository import Decisions, Place, State, States
from voucher_sender.telemetry import UNDECIDED

POST = "POST /3/vouchers"


@pytest.fixture
def decider(office: Any) -> Decider:
    return Decider(office.sender(), Outbox(), "voucher-sender")


@pytest.fixture
def wish(office: Any) -> Any:
    """`wish(number)`: v-1 is booked as I number; `wish(None)`: it is not booked."""

    def make(number: int | None, **changes: Any) -> Wish:
        place = None if number is None else Place("I", number, office.financial_year)
        made = Wish(office.connection_id, "v-1", place, "Sett i Fortnox", "Eva Ek")
        return replace(made, **changes)

    return make


async def refusal(decider: Decider, wish: Wish) -> str:
    with pytest.raises(ProblemError) as refused:
        await decider.decide(wish)
    return refused.value.problem.code


async def waiting(office: Any) -> list[str]:
    async with office.pool.acquire() as connection:
        return [one.voucher_id for one in await Decisions(connection).waiting()]


async def state(office: Any) -> Any:
    async with office.pool.acquire() as connection:
        found = await States(connection).voucher(office.connection_id, "v-1")
    assert found is not None
    return voucher_state(found)


async def doubled(office: Any, a_batch: Any) -> Any:
    """v-1 is in Fortnox twice, as I 1 and I 2, and its batch has ended."""
    await office.book(a_batch(1))
    rows, comments = [(7832, 101), (1229, -101)], office.books()[0].comments
    await office.simulator.book_voucher(
        office.tenant, series="I", date=office.last_day, rows=rows, comments=comments, text="Bokslut 1"
    )
    await office.forget()
    batch = a_batch(1)
    assert (await office.book(batch))[-1]["uncertain"] == 1
    return batch


async def doubled_at_the_end(office: Any, a_batch: Any) -> Any:
    """v-1 has its receipt, I 1, and the search at the end of its batch has found it as I 2, too."""
    batch = a_batch(1)

    async def double(moment: str) -> None:
        if moment == "after POST":
            rows, comments = [(7832, 101), (1229, -101)], office.books()[0].comments
            await office.simulator.book_voucher(
                office.tenant, series="I", date=office.last_day, rows=rows, comments=comments, text="Bokslut 1"
            )

    assert (await office.book(batch, meanwhile=double))[-1]["booked"] == 1
    return batch


async def with_a_gap(office: Any, a_batch: Any) -> Any:
    """The POST of v-1 was lost on its way, and number 1 of the series is shown in no way; 2 is somebody else's."""
    batch = await office.approve(a_batch(2))
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
    while await waiting(office) != ["v-1"]:
        await office.attempt(sender)
    async with office.pool.acquire() as connection:
        await connection.execute("update vouchers set over_at = over_at - interval '1 h' where state = 'intended'")
    return batch


async def given_up(office: Any, a_batch: Any) -> Any:
    """As with a gap, and the job was given up: nobody looks for it any more."""
    batch = await with_a_gap(office, a_batch)
    sender = office.sender()
    await office.due()
    await waiting_room.give_up(await office.claim(sender), sender, GAVE_UP.error(attempts=8))
    return batch


async def test_of_a_double_found_at_the_end_the_receipt_stands(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    batch = await doubled_at_the_end(office, a_batch)
    assert await waiting(office) == ["v-1"]
    sent_again = await office.book(a_batch(1))

    others = [await refusal(decider, wish(number)) for number in (2, None)]
    await decider.decide(wish(1))

    assert others == ["decision.receipt-stays"] * 2
    assert sent_again[-1]["rejected"] == 1
    assert await waiting(office) == []
    told = [one["number"] for one in await office.events(batch) if one["type"] == "voucher.booked"]
    assert told == [1]
    own = await state(office)
    assert (own.state, own.decision.decided, own.receipt.number) == ("booked", "booked", 1)
    assert [one.number for one in own.found_at] == [1, 2]
    assert (await office.book(a_batch(1)))[-1]["already_booked"] == 1


async def test_which_of_two_counts_is_decided_told_and_shown(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    batch = await doubled(office, a_batch)
    assert await waiting(office) == ["v-1"]
    await measure(office.pool)
    measured = UNDECIDED.labels(State.DUPLICATED)._value.get()

    await decider.decide(wish(2))

    receipt = (await office.events(batch))[-1]
    assert (measured, receipt["type"], receipt["number"], receipt["decided"]) == (1, "voucher.booked", 2, True)
    own = await state(office)
    assert (own.state, own.outcome, own.receipt.number) == ("booked", "booked", 2)
    assert (own.decision.decided, own.decision.reason, own.decision.decided_by) == (
        "booked",
        "Sett i Fortnox",
        "Eva Ek",
    )
    assert await waiting(office) == []
    again = await office.book(a_batch(1))
    assert (again[-1]["already_booked"], len(office.books())) == (1, 2)
    assert next(one for one in again if one["type"] == "voucher.booked")["decided"]


async def test_a_batch_that_waits_goes_on_when_it_is_decided_that_it_is_not_booked(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    batch = await with_a_gap(office, a_batch)

    assert await decider.decide(wish(None)) == []
    await office.work()

    events = await office.events(batch)
    assert (events[-1]["booked"], events[-1]["uncertain"]) == (2, 0)
    assert [one.text for one in office.books() if one.through_api] == ["Bokslut 1", "Bokslut 2"]
    assert (await state(office)).decision.decided == "not_booked"


async def test_what_differs_is_told_and_only_taken_when_that_is_meant(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    batch = await with_a_gap(office, a_batch)

    with pytest.raises(ProblemError) as refused:
        await decider.decide(wish(2))
    await decider.decide(wish(2, although_it_differs=True))
    await office.work()

    assert refused.value.problem.code == "decision.differs"
    assert "märke" in refused.value.english
    assert "6570 1.00" in refused.value.english
    events = await office.events(batch)
    told = [one["type"] for one in events if one.get("voucher_id") == "v-1"]
    assert told[-2:] == ["voucher.booked", "voucher.differs"]
    assert events[-1]["booked"] == 2
    assert (await state(office)).decision.differences


async def uncertain_beside(office: Any, a_batch: Any, voucher: Any) -> None:
    """v-9 is I 1; v-1 has the same content, and nobody knows whether it was booked."""
    await office.book(a_batch([voucher(9, 101)]))
    await office.simulator.fault(POST, "status-500-before", times=1)
    await office.approve(a_batch([voucher(1, 101)]))
    await office.attempt()
    async with office.pool.acquire() as connection:
        await connection.execute(
            "update vouchers set uncertain_since = clock() - interval '5 h' where state = 'intended'"
        )


@pytest.mark.parametrize("comments", ["as it was booked", "erased"])
async def test_what_is_another_vouchers_is_never_this_ones_whoever_says_so(
    office: Any, a_batch: Any, voucher: Any, decider: Decider, wish: Any, comments: str
) -> None:
    await uncertain_beside(office, a_batch, voucher)
    marker = office.books()[0].comments.split()[-1]
    if comments == "erased":
        office.books()[0].comments = ""

    with pytest.raises(ProblemError) as refused:
        await decider.decide(wish(1, although_it_differs=True))

    assert refused.value.problem.code == "decision.anothers-voucher"
    assert ("v-9" if comments == "erased" else marker) in refused.value.english
    assert await waiting(office) == ["v-1"]


async def test_a_marker_of_ours_without_a_receipt_is_another_vouchers_too(
    office: Any, a_batch: Any, voucher: Any, decider: Decider, wish: Any
) -> None:
    await uncertain_beside(office, a_batch, voucher)
    async with office.pool.acquire() as connection:
        await connection.execute("truncate receipts")  # as in a database restored from a copy

    assert await refusal(decider, wish(1, although_it_differs=True)) == "decision.anothers-voucher"


async def test_a_number_that_came_again_for_this_voucher_may_be_decided_for_it(
    office: Any, a_batch: Any, voucher: Any, decider: Decider, wish: Any
) -> None:
    """v-9 was I 1 and is gone; what carries our own marker is ours, whatever the old receipt says."""
    await uncertain_beside(office, a_batch, voucher)
    office.books()[0].comments = f"Bokbrygga, referens {(await state(office)).marker}"

    told = await decider.decide(wish(1))

    assert [one.TYPE for one in told] == ["voucher.booked"]


async def test_a_decided_voucher_that_had_its_marker_is_missed_without_it(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    """A person decided which of two with the marker counts; it was deleted, and somebody's own has its number."""
    await doubled(office, a_batch)
    await decider.decide(wish(2))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)
    rows = [(7832, 101), (1229, -101)]
    await office.simulator.book_voucher(office.tenant, series="I", date=office.last_day, rows=rows)

    refused = await office.correct("v-1")

    assert [one["code"] for one in refused[-1]["not_corrected"][0]["findings"]] == ["voucher.original-unmarked"]


async def test_one_whose_batch_has_ended_is_rejected_and_may_be_sent_again(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    batch = await given_up(office, a_batch)
    assert (await office.events(batch))[-1]["uncertain"] == 1

    await decider.decide(wish(None))
    again = await office.book(a_batch(1))

    rejected = (await office.events(batch))[-1]
    assert (rejected["type"], rejected["batch_id"]) == ("voucher.rejected", str(batch.batch_id))
    assert [one["code"] for one in rejected["findings"]] == ["voucher.decided-not-booked"]
    assert again[-1]["booked"] == 1


async def test_what_nobody_needs_to_decide_is_refused(office: Any, a_batch: Any, decider: Decider, wish: Any) -> None:
    await office.book(a_batch(1))

    assert await refusal(decider, wish(1)) == "decision.not-needed"
    assert await refusal(decider, wish(1, voucher_id="v-9")) == "decision.not-needed"
    assert await refusal(decider, wish(1, connection_id=uuid4())) == "decision.not-needed"


async def test_what_is_seen_in_fortnox_is_not_decided_away(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    await doubled(office, a_batch)

    assert await refusal(decider, wish(None)) == "decision.seen-in-fortnox"
    assert await refusal(decider, wish(7)) == "decision.not-there"
    assert await waiting(office) == ["v-1"]


async def test_it_is_seen_where_the_list_shows_no_comments_either(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    await with_a_gap(office, a_batch)
    await office.simulator.set_switch("list_shows_comments", False)
    office.books()[-1].comments = f"Bokbrygga, referens {(await state(office)).marker}"

    assert await refusal(decider, wish(None)) == "decision.seen-in-fortnox"


async def test_it_is_too_early_as_long_as_the_call_may_show(
    office: Any, a_batch: Any, decider: Decider, wish: Any
) -> None:
    await with_a_gap(office, a_batch)
    async with office.pool.acquire() as connection:
        await connection.execute("update vouchers set over_at = clock() where state = 'intended'")

    patient = replace(decider.sender, timing=replace(decider.sender.timing, settling=timedelta(hours=1)))

    assert await refusal(replace(decider, sender=patient), wish(None)) == "decision.too-early"


async def test_nothing_is_decided_while_a_sender_is_at_work(
    office: Any, a_batch: Any, decider: Decider, wish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_a_gap(office, a_batch)
    monkeypatch.setattr(right, "PATIENCE", 0.0)

    async with right.right_to_post(decider.sender.open_session, office.tenant, "I", decider.sender.clock):
        in_the_series = await refusal(decider, wish(None))
    await office.due()
    assert await office.claim(office.sender()) is not None
    on_the_batch = await refusal(decider, wish(None))

    assert (in_the_series, on_the_batch) == ("decision.busy", "decision.busy")
    async with office.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from decisions") == 0


async def test_of_a_dead_process_the_batch_is_taken(office: Any, a_batch: Any, decider: Decider, wish: Any) -> None:
    batch = await with_a_gap(office, a_batch)
    await office.due()
    zombie = await office.claim(office.sender())
    await office.free(zombie)

    await decider.decide(wish(None))
    await office.work()

    assert (await office.events(batch))[-1]["booked"] == 2


async def test_one_that_is_uncertain_for_long_waits_for_a_person(office: Any, a_batch: Any) -> None:
    async def go_away(moment: str) -> None:
        if moment == "after POST":
            await office.simulator.fault("GET /3/vouchers*", "status-503-before", times=9)

    await office.simulator.fault(POST, "timeout-after")
    await office.approve(a_batch(1))
    await office.attempt(office.watched(office.sender(), go_away))
    fresh = await waiting(office)
    async with office.pool.acquire() as connection:
        await connection.execute("update vouchers set uncertain_since = clock() - interval '5 h'")

    assert (fresh, await waiting(office)) == ([], ["v-1"])


@pytest.mark.parametrize("change", ["update decisions set reason = ''", "delete from decisions"])
async def test_a_decision_is_kept_as_it_was(
    office: Any, a_batch: Any, decider: Decider, wish: Any, change: str
) -> None:
    await doubled(office, a_batch)
    await decider.decide(wish(1))

    async with office.pool.acquire() as connection:
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await connection.execute(change)


async def command(office: Any, *arguments: str) -> tuple[int | None, str]:
    """Runs `python -m voucher_sender …` as an operator does."""
    environment = {
        **os.environ,
        "DATABASE_URL": office.dsn,
        "CONNECTOR_URL": "http://127.0.0.1:9",
        "CONNECTOR_KEY": "none",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "voucher_sender",
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_an_operator_sees_what_waits_and_its_story(office: Any, a_batch: Any) -> None:
    batch = await doubled(office, a_batch)

    listed = await command(office, "undecided")
    by_batch = await command(office, "show", str(batch.batch_id))
    by_voucher = await command(office, "show", "v-1")
    nothing = await command(office, "show", "v-99")

    assert listed[0] == 0
    assert "1 vouchers wait for a person" in listed[1]
    assert str(batch.batch_id) in listed[1]
    assert by_batch[0] == 0
    assert by_batch == by_voucher
    assert "Bokslut" not in by_batch[1]
    assert nothing == (1, "no batch and no voucher v-99\n")


async def test_an_operator_is_told_why_a_decision_is_refused(office: Any) -> None:
    about = ["--connection", str(uuid4()), "--voucher", "v-1", "--reason", "because", "--by", "Eva Ek"]

    refused = await command(office, "decide", *about, "--not-booked")
    incomplete = await command(office, "decide", *about, "--booked-as", "I", "12")

    assert refused[0] == 1
    assert refused[1].startswith("decision.not-needed: No voucher v-1 of that company waits")
    assert incomplete == (2, "--booked-as takes a series and a number, and needs --year\n")
