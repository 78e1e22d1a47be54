"""How many calls a batch takes after its check, counted by Fortnox's own journal."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.fortnox.books.booking import Proposal, book
from sandbox.fortnox.books.model import Row

MOST_CALLS = 105  # for a hundred vouchers
LONG = 2_600  # vouchers of a series of six pages


def fill(office: Any, series: str, vouchers: int) -> None:
    """Other people's vouchers of last month, dated through the year, the last of them on its last day."""
    rows = [Row(6570, debit=100), Row(1930, credit=100)]
    year = office.company.year_of(office.last_day)
    for number in range(vouchers, 0, -1):
        day = max(year.start, office.last_day - timedelta(days=number // 10))
        booked = book(office.world, office.company, year, Proposal(series, day, f"Bankavgift {number}", rows))
        booked.created = booked.modified = booked.created - timedelta(days=30)


async def calls_after_check(office: Any, since: int = 0) -> list[str]:
    """Each call from the booking's first look at the series on, as `METHOD path?query`."""
    calls = [f"{one['method']} {one['path']}?{one['query']}" for one in (await office.simulator.calls())[since:]]
    before_posts = list(itertools.takewhile(lambda call: not call.startswith("POST"), calls))
    looks = [place for place, call in enumerate(before_posts) if is_first_page(call)]
    return calls[looks[-1] :]


def is_first_page(call: str) -> bool:
    narrowed = "fromdate" in call or "lastmodified" in call
    return call.startswith("GET /3/vouchers?") and call.endswith("page=1") and not narrowed


@pytest.mark.parametrize(
    ("series", "held", "switches", "most"),
    [
        ("I", 0, {}, 104),
        ("A", LONG, {}, MOST_CALLS),
        ("I", 40, {"list_shows_comments": False}, 104),
    ],
    ids=["an empty series", "a series of six pages", "a list that hides comments"],
)
async def test_a_hundred_vouchers_take_few_calls_after_the_check(
    office: Any,
    a_batch: Any,
    figure: Callable[[str], None],
    series: str,
    held: int,
    switches: dict[str, bool],
    most: int,
) -> None:
    fill(office, series, held)
    for name, value in switches.items():
        await office.simulator.set_switch(name, value)

    events = await office.book(a_batch(100, series=series))

    calls = await calls_after_check(office)
    assert events[-1]["booked"] == 100
    assert len(calls) <= most
    figure(f"calls for 100 vouchers in series {series} that holds {held}: {len(calls)}")


async def test_a_lost_answer_in_a_long_series_is_found_with_two_calls(office: Any, a_batch: Any) -> None:
    fill(office, "A", LONG)
    await office.simulator.fault("POST /3/vouchers", "timeout-after", skip=1)

    events = await office.book(a_batch(3, series="A"))

    looks = len(await calls_after_check(office)) - 3
    start, proof, found, end = 3, 1, 2, 1
    assert events[-1]["booked"] == 3
    assert looks == start + proof + found + end


async def test_what_is_sent_again_was_looked_for_in_all_of_the_series(office: Any, a_batch: Any) -> None:
    """The look that proves absence reads every page, and no filter of Fortnox's stands between."""
    fill(office, "A", LONG)
    await office.simulator.fault("POST /3/vouchers", "status-500-before")

    events = await office.book(a_batch(1, series="A"))

    calls = await office.simulator.calls()
    posts = [place for place, one in enumerate(calls) if one["method"] == "POST"]
    looks = [one["query"] for one in calls[posts[0] + 1 : posts[1]] if one["path"] == "/3/vouchers"]
    last = [one for one in looks if "lastmodified" not in one and "fromdate" not in one]
    assert events[-1]["booked"] == 1
    assert [query.partition("page=")[2] for query in last[-6:]] == ["1", "2", "3", "4", "5", "6"]


async def test_where_the_filter_by_days_leaves_something_out_all_is_read_and_nothing_booked_twice(
    office: Any, a_batch: Any
) -> None:
    """The database was lost; what it had sent lies deep in a long series, and Fortnox's filter hides it."""
    await office.book(a_batch(1, series="A"))
    fill(office, "A", LONG)
    await office.forget()
    await office.simulator.set_switch("todate_is_included", False)

    again = await office.book(a_batch(1, series="A"))

    assert (again[-1]["already_booked"], again[-1]["booked"]) == (1, 0)


async def test_after_a_lost_database_what_lies_deep_in_a_long_series_is_found_by_its_day(
    office: Any, a_batch: Any
) -> None:
    await office.book(a_batch(1, series="A"))
    fill(office, "A", LONG)
    await office.forget()
    before = len(await office.simulator.calls())

    again = await office.book(a_batch(1, series="A"))

    calls = await calls_after_check(office, before)
    assert (again[-1]["already_booked"], again[-1]["booked"]) == (1, 0)
    assert len(calls) == 4
