"""A series' last voucher can be deleted in Fortnox and its number come again: what is ours is told by its marker."""

from datetime import date
from typing import Any

import pytest

LAST_DAY = date(2025, 12, 31)
BY_HAND = [(7832, 100), (1229, -100)]
BOOKED, GONE = "voucher.already-booked", "voucher.gone-from-fortnox"
UNMARKED, ALIKE = "voucher.unmarked-in-fortnox", "voucher.looks-the-same"


def found(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """By voucher: the codes of what the check found."""
    checked = [one for one in events if one["type"] == "voucher.checked"]
    return {one["voucher_id"]: [each["code"] for each in one["findings"]] for one in checked}


def receipts(events: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """By voucher: the number, and how Fortnox has it."""
    booked = [one for one in events if one["type"] == "voucher.booked"]
    return {one["voucher_id"]: (one["number"], one["standing"]) for one in booked}


@pytest.fixture
async def deleted(office: Any, a_batch: Any, voucher: Any) -> None:
    """v-1 was I 1."""
    await office.book(a_batch([voucher(1)]))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)


@pytest.mark.usefixtures("deleted")
@pytest.mark.parametrize("shows_markers", [True, False])
@pytest.mark.parametrize("more", [0, 4])
async def test_for_another_voucher_of_ours_with_the_same_rows(
    office: Any, a_batch: Any, voucher: Any, shows_markers: bool, more: int
) -> None:
    await office.simulator.set_switch("list_shows_comments", shows_markers)
    others = [voucher(number, 100 + number) for number in range(3, 3 + more)]
    await office.book(a_batch([voucher(2), *others]))

    events = await office.book(a_batch([voucher(1), voucher(2), *others]))

    assert (found(events)["v-1"], found(events)["v-2"]) == ([BOOKED, GONE], [BOOKED])
    assert (receipts(events)["v-1"], receipts(events)["v-2"]) == ((1, "gone"), (1, "as_booked"))
    assert len(office.books()) == 1 + more


@pytest.mark.usefixtures("deleted")
@pytest.mark.parametrize(("day", "told"), [(LAST_DAY, UNMARKED), (date(2025, 6, 30), GONE)])
async def test_for_somebodys_own_with_the_same_rows(
    office: Any, a_batch: Any, voucher: Any, day: date, told: str
) -> None:
    await office.simulator.book_voucher(office.tenant, series="I", date=day, rows=BY_HAND)

    events = await office.book(a_batch([voucher(1), voucher(3, 55, date=date(2025, 6, 30))], mode="check"))

    assert found(events) == {"v-1": [BOOKED, told], "v-3": []}


@pytest.mark.usefixtures("deleted")
async def test_a_receipt_does_not_speak_for_what_came_in_its_place(office: Any, a_batch: Any, voucher: Any) -> None:
    await office.simulator.book_voucher(office.tenant, series="I", date=LAST_DAY, rows=BY_HAND)

    assert found(await office.book(a_batch([voucher(2)], mode="check"))) == {"v-2": [ALIKE]}


@pytest.mark.usefixtures("deleted")
async def test_an_old_receipt_of_what_is_gone_is_told_as_such(office: Any, a_batch: Any, voucher: Any) -> None:
    batch = a_batch([voucher(1), voucher(2, 200)])

    events = await office.book(batch)

    assert receipts(events) == {"v-1": (1, "gone"), "v-2": (1, "as_booked")}
    completed = events[-1]
    assert (completed["already_booked"], completed["booked"], completed["not_as_booked"]) == (1, 1, 1)
    assert completed["left_to_do"][0]["code"] == "vouchers.not-as-booked"
    async with office.pool.acquire() as connection:
        kept = await connection.fetchval(
            "select findings from batch_vouchers where batch_id = $1 and voucher_id = 'v-1'", batch.batch_id
        )
    assert [one["code"] for one in kept] == [BOOKED, GONE]


async def test_an_old_receipt_of_what_was_changed_is_told_as_such(office: Any, a_batch: Any, voucher: Any) -> None:
    await office.book(a_batch([voucher(1)]))
    await office.simulator.strike_voucher(office.tenant, "I", 1, office.financial_year)

    events = await office.book(a_batch([voucher(1)]))

    assert receipts(events) == {"v-1": (1, "changed")}
    assert (events[-1]["already_booked"], events[-1]["not_as_booked"]) == (1, 1)


@pytest.mark.parametrize("shows_markers", [True, False])
async def test_what_a_lost_database_had_booked_in_another_series_is_not_booked_again(
    office: Any, a_batch: Any, voucher: Any, shows_markers: bool
) -> None:
    await office.simulator.set_switch("list_shows_comments", shows_markers)
    await office.book(a_batch([voucher(1)], series="A"))
    place = office.books("A")[-1].number
    await office.forget()

    refused = await office.book(a_batch([voucher(1), voucher(2)], policy="book_what_passes"))
    again = await office.book(a_batch([voucher(1)], series="A"))

    assert found(refused) == {"v-1": ["voucher.in-another-series"], "v-2": []}
    assert f"A {place}" in refused[0]["findings"][0]["swedish"]
    assert [one.text for one in office.books("I")] == ["Bokslut 2"]
    assert receipts(again) == {"v-1": (place, "as_booked")}
    assert again[-1]["already_booked"] == 1


async def test_ours_whose_cost_centre_was_changed_in_fortnox_is_nobody_elses(
    office: Any, a_batch: Any, voucher: Any
) -> None:
    await office.book(a_batch([voucher(1)], series="A"))
    await office.simulator.edit("change_object", office.tenant, dimension="1", code="KS1")
    place = {"series": "A", "number": office.books("A")[-1].number, "financial_year": office.financial_year}
    rows = [{"account": 7832, "amount": "100", "objects": [["1", "KS1"]]}]
    await office.simulator.edit("correct_voucher", office.tenant, **place, strike=[0], rows=rows)

    assert found(await office.book(a_batch([voucher(2)], mode="check"))) == {"v-2": []}


async def test_200_vouchers_of_which_all_were_booked_before_are_checked_with_few_calls(
    office: Any, a_batch: Any, voucher: Any, figure: Any
) -> None:
    vouchers = [voucher(number, number) for number in range(1, 201)]
    await office.book(a_batch(vouchers))

    events = await office.book(a_batch(vouchers, mode="check"))

    assert set(map(tuple, found(events).values())) == {(BOOKED,)}
    assert events[-1]["calls"] <= 8
    figure(f"a check of 200 vouchers that were booked before: {events[-1]['calls']} calls")
