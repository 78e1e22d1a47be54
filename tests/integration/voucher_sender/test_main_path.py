"""A batch that meets nothing unusual: checked, booked in order, receipted, with few calls."""

from typing import Any


async def test_vouchers_are_booked_in_their_order_and_receipted(office: Any, a_batch: Any) -> None:
    batch = a_batch(3)

    events = await office.book(batch)

    assert [one["type"] for one in events] == [*["voucher.checked"] * 3, *["voucher.booked"] * 3, "vouchers.completed"]
    receipts = [one for one in events if one["type"] == "voucher.booked"]
    assert [(one["voucher_id"], one["series"], one["number"]) for one in receipts] == [
        ("v-1", "I", 1),
        ("v-2", "I", 2),
        ("v-3", "I", 3),
    ]
    office.judge(batch, told=events)


async def test_the_counts_of_the_end_add_up_and_tell_what_is_left_to_do(office: Any, a_batch: Any) -> None:
    events = await office.book(a_batch(2))

    end = events[-1]
    assert (end["vouchers"], end["passed"], end["booked"]) == (2, 2, 2)
    assert end["booked"] + end["already_booked"] + end["rejected"] + end["uncertain"] == end["vouchers"]
    assert [one["code"] for one in end["left_to_do"]] == ["vouchers.carry-balances"]


async def test_a_check_books_nothing(office: Any, a_batch: Any) -> None:
    events = await office.book(a_batch(2, mode="check"))

    assert [one["type"] for one in events] == ["voucher.checked", "voucher.checked", "vouchers.completed"]
    assert office.books() == []


async def test_the_marker_is_in_the_comment(office: Any, a_batch: Any) -> None:
    events = await office.book(a_batch(1))

    receipt = next(one for one in events if one["type"] == "voucher.booked")
    assert receipt["marker"] in office.books()[0].comments


async def test_two_hundred_vouchers_are_checked_with_few_calls(office: Any, a_batch: Any) -> None:
    events = await office.book(a_batch(200, mode="check"))

    assert events[-1]["calls"] <= 8
    assert events[-1]["passed"] == 200


async def test_a_hundred_vouchers_take_few_calls_beyond_their_own(office: Any, a_batch: Any) -> None:
    checked = await office.book(a_batch(100, mode="check"))
    booked = await office.book(a_batch(100))

    assert booked[-1]["booked"] == 100
    assert booked[-1]["calls"] - checked[-1]["calls"] <= 105


async def test_in_a_company_without_any_marker_yet_others_vouchers_are_read_once_for_the_whole_batch(
    office: Any, a_batch: Any
) -> None:
    for _ in range(10):
        rows = [(6570, 1), (1930, -1)]
        await office.simulator.book_voucher(office.tenant, series="I", date=office.last_day, rows=rows)
    checked = await office.book(a_batch(20, mode="check"))

    booked = await office.book(a_batch(20))

    assert booked[-1]["booked"] == 20
    assert booked[-1]["calls"] - checked[-1]["calls"] <= 25 + 10
