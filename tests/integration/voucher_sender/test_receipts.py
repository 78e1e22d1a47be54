"""Receipts: written once, never changed, with all that a product needs of them, and counts that add up."""

from typing import Any

import asyncpg
import pytest


def receipts(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in events if one["type"] == "voucher.booked"]


async def test_a_receipt_says_how_to_open_the_voucher(office: Any, a_batch: Any) -> None:
    events = await office.book(a_batch(1))

    (receipt,) = receipts(events)
    assert receipt["link"] == {
        "path": f"/3/vouchers/I/1?financialyear={office.financial_year}",
        "year": {"from_date": "2025-01-01", "to_date": "2025-12-31"},
    }
    assert (receipt["awaiting_approval"], receipt["decided"]) == (False, False)


@pytest.mark.parametrize(("state", "waits"), [(0, False), (1, True), (2, True), (3, False)])
async def test_a_voucher_that_waits_for_approval_is_said_to(office: Any, a_batch: Any, state: int, waits: bool) -> None:
    await office.simulator.set_switch("approval_state", state)

    events = await office.book(a_batch(2))
    again = await office.book(a_batch(2))

    for told in (events, again):
        assert [one["awaiting_approval"] for one in receipts(told)] == [waits] * 2
        end = told[-1]
        assert end["awaiting_approval"] == 2 * waits
        left = [one for one in end["left_to_do"] if one["code"] == "vouchers.awaiting-approval"]
        assert [one["swedish"] for one in left] == ["2 av omgångens verifikationer väntar på attest i Fortnox."] * waits


async def test_the_next_year_is_named_also_when_all_was_booked_before(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(1))

    again = await office.book(a_batch(1))

    assert again[-1]["already_booked"] == 1
    (left,) = again[-1]["left_to_do"]
    assert left["code"] == "vouchers.carry-balances"
    assert "2026-01-01–2026-12-31" in left["swedish"]


@pytest.mark.parametrize("change", ["update receipts set number = 9", "delete from receipts"])
async def test_a_receipt_never_changes(office: Any, a_batch: Any, change: str) -> None:
    await office.book(a_batch(1))

    async with office.pool.acquire() as connection:
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await connection.execute(change)
