"""The check holds a batch against the books: what looks the same, what was booked before and is there no more."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.events.voucher_batches import DimensionObject, VoucherRow

LAST_DAY = date(2025, 12, 31)
BY_HAND = [(7832, 100), (1229, -100)]


def told(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """By voucher: the codes of what the check found."""
    return {
        one["voucher_id"]: [found["code"] for found in one["findings"]]
        for one in events
        if one["type"] == "voucher.checked"
    }


async def lists_read(office: Any) -> int:
    """How often a page of the voucher list was read since the journal was emptied."""
    return [one["path"] for one in await office.simulator.calls()].count("/3/vouchers")


@pytest.fixture
async def check(office: Any, a_batch: Any) -> Any:
    """The findings of a check, made by a process that remembers nothing."""

    async def make(*vouchers: Any, **changes: Any) -> dict[str, list[str]]:
        return told(await office.book(a_batch(list(vouchers), mode="check", **changes)))

    return make


@pytest.mark.parametrize("series", ["A", "I", "B"])
async def test_a_voucher_booked_by_hand_with_the_same_date_accounts_and_amounts_is_named(
    office: Any, a_batch: Any, voucher: Any, series: str
) -> None:
    made = await office.simulator.book_voucher(office.tenant, series=series, date=LAST_DAY, rows=BY_HAND)

    events = await office.book(a_batch([voucher(1), voucher(2, 200)], mode="check"))

    assert told(events) == {"v-1": ["voucher.looks-the-same"], "v-2": []}
    assert f"{series} {made['number']} " in events[0]["findings"][0]["swedish"]
    assert events[0]["passed"]


async def test_another_day_or_a_struck_voucher_is_not_named(office: Any, check: Any, voucher: Any) -> None:
    await office.simulator.book_voucher(office.tenant, series="A", date=date(2025, 12, 30), rows=BY_HAND)
    struck = await office.simulator.book_voucher(office.tenant, series="A", date=LAST_DAY, rows=BY_HAND)
    await office.simulator.strike_voucher(office.tenant, "A", struck["number"], office.financial_year)

    assert await check(voucher(1)) == {"v-1": []}


async def test_what_we_have_booked_looks_like_nothing_and_one_call_tells_it(
    office: Any, a_batch: Any, check: Any, voucher: Any
) -> None:
    """Two vouchers of the same content are two, when the accountant says so."""
    await office.book(a_batch([voucher(1)]))
    await office.simulator.clear_calls()

    assert await check(voucher(1), voucher(2)) == {"v-1": ["voucher.already-booked"], "v-2": []}
    assert [one["path"] for one in await office.simulator.calls()].count("/3/vouchers/I/1") == 1
    assert await lists_read(office) == 0


async def test_what_we_forgot_is_known_by_its_marker(office: Any, a_batch: Any, check: Any, voucher: Any) -> None:
    await office.book(a_batch([voucher(1), voucher(2, 200)]))
    await office.forget()
    await office.simulator.clear_calls()

    found = await check(voucher(1), voucher(3, 200))

    assert found == {"v-1": ["voucher.already-booked"], "v-3": []}
    assert await lists_read(office) == 1


@pytest.mark.parametrize("shows_markers", [True, False])
async def test_a_voucher_that_was_deleted_is_missed_though_its_number_came_again(
    office: Any, a_batch: Any, check: Any, voucher: Any, shows_markers: bool
) -> None:
    await office.simulator.set_switch("list_shows_comments", shows_markers)
    await office.book(a_batch([voucher(1), voucher(2, 200)]))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)
    again = await office.simulator.book_voucher(office.tenant, series="I", date=LAST_DAY, rows=[(1930, 1), (6570, -1)])
    assert again["number"] == 2

    found = await check(voucher(1), voucher(2, 200))

    assert found == {"v-1": ["voucher.already-booked"], "v-2": ["voucher.already-booked", "voucher.gone-from-fortnox"]}


async def test_a_voucher_that_somebody_changed_in_fortnox_is_told(
    office: Any, a_batch: Any, check: Any, voucher: Any
) -> None:
    await office.book(a_batch([voucher(1)]))
    changed = {"series": "I", "number": 1, "financial_year": office.financial_year}
    rows = [{"account": 6570, "amount": "100"}]
    await office.simulator.edit("correct_voucher", office.tenant, **changed, rows=rows, strike=[0])

    assert await check(voucher(1)) == {"v-1": ["voucher.already-booked", "voucher.changed-in-fortnox"]}


async def test_markers_that_were_erased_are_missed_and_nothing_is_booked_again(
    office: Any, a_batch: Any, check: Any, voucher: Any
) -> None:
    """Whether somebody has booked the same by hand under the old number can't be told from it."""
    await office.book(a_batch([voucher(1)]))
    await office.simulator.anonymise(office.tenant, office.financial_year)

    assert await check(voucher(1), voucher(2)) == {
        "v-1": ["voucher.already-booked", "voucher.unmarked-in-fortnox"],
        "v-2": ["voucher.looks-the-same"],
    }


async def test_cost_centre_and_project_come_back_from_the_books_as_they_were_booked(
    office: Any, a_batch: Any, check: Any, voucher: Any
) -> None:
    for dimension, code in (("1", "NORR"), ("6", "1005")):
        await office.simulator.edit("change_object", office.tenant, dimension=dimension, code=code)
    objects = DimensionObject(dimension=1, object="NORR"), DimensionObject(dimension=6, object="1005")
    rows = (
        VoucherRow(account=7832, debit=Decimal("99.5"), dimensions=objects),
        VoucherRow(account=1229, credit=Decimal("99.5")),
    )
    one = voucher(1, rows=rows)
    await office.book(a_batch([one]))
    await office.simulator.clear_calls()

    assert await check(one) == {"v-1": ["voucher.already-booked"]}
    assert await lists_read(office) == 0


@pytest.mark.parametrize("kind", ["status-500-before", "truncate", "html"])
async def test_without_the_books_the_check_goes_on_and_says_so_once(
    office: Any, check: Any, voucher: Any, kind: str
) -> None:
    await office.simulator.book_voucher(office.tenant, series="A", date=LAST_DAY, rows=BY_HAND)
    await office.simulator.fault("GET /3/sie/4", kind, times=10)

    assert await check(voucher(1), voucher(2)) == {"v-1": ["voucher.not-compared"], "v-2": []}


async def test_without_the_books_what_is_gone_is_seen_in_the_list(
    office: Any, a_batch: Any, check: Any, voucher: Any
) -> None:
    await office.book(a_batch([voucher(1), voucher(2)]))
    await office.simulator.delete_last_voucher(office.tenant, "I", office.financial_year)
    await office.simulator.fault("GET /3/sie/4", "status-500-before", times=10)

    found = await check(voucher(1), voucher(2))

    assert found["v-1"] == ["voucher.already-booked", "voucher.not-compared"]
    assert found["v-2"] == ["voucher.already-booked", "voucher.gone-from-fortnox"]


async def test_only_the_days_of_the_batch_are_read_from_the_books(office: Any, check: Any, voucher: Any) -> None:
    await check(voucher(1, date=date(2025, 6, 30)), voucher(2), voucher(3, date=date(2026, 1, 1)))

    (call,) = [one for one in await office.simulator.calls() if one["path"] == "/3/sie/4"]
    assert "fromdate=2025-06-30&todate=2025-12-31" in str(call["query"])
