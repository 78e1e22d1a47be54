"""A series of several pages, among others whose names contain its own."""

from typing import Any

from fortnox import Client
from fortnox.testing import FreePermits
from voucher_sender import lookup


async def fill(office: Any, series: str, count: int) -> None:
    for _ in range(count):
        rows = [(6570, 1), (1930, -1)]
        await office.simulator.book_voucher(office.tenant, series=series, date=office.last_day, rows=rows)


async def test_all_pages_are_read_and_only_the_newest_when_that_is_enough(office: Any) -> None:
    await fill(office, "A", 600)
    await office.simulator.edit("change_series", office.tenant, series="AA", manual=True)
    await fill(office, "AA", 3)
    permits = FreePermits(office.token(), tenant=office.tenant)

    async with Client(permits, base_url="http://fortnox", transport=office.transport) as fortnox:
        whole = await lookup.read(fortnox, "A", office.financial_year)
        calls_for_all = len(permits.given)
        newest = await lookup.read(fortnox, "A", office.financial_year, down_to=600)

    assert whole.highest == newest.highest == 601
    assert {one.voucher_series for one in whole.items} == {"A"}
    assert len(whole.items) == 601
    assert (calls_for_all, len(permits.given) - calls_for_all) == (2, 1)


async def test_a_lost_answer_in_a_long_series_is_found(office: Any, a_batch: Any) -> None:
    await fill(office, "A", 520)
    await office.simulator.fault("POST /3/vouchers", "timeout-after")
    batch = a_batch(2, series="A")

    events = await office.book(batch)

    assert events[-1]["booked"] == 2
    office.judge(batch, told=events)
