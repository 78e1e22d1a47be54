"""What was booked is compared with what was approved: by the POST's own answer, or by reading it back."""

import itertools
from decimal import Decimal
from typing import Any

import pytest

from common.events.voucher_batches import DimensionObject, VoucherRow
from sandbox.fortnox.books.model import COST_CENTRE

SINGLE = "/3/vouchers/"


async def single_reads(office: Any) -> list[str]:
    """The vouchers that were read singly since the first was sent, as SERIES/NUMBER."""
    calls = itertools.dropwhile(lambda one: one["method"] != "POST", await office.simulator.calls())
    return [one["path"].removeprefix(SINGLE) for one in calls if one["path"].startswith(SINGLE)]


async def test_a_complete_answer_needs_no_further_call(office: Any, a_batch: Any) -> None:
    await office.book(a_batch(3))

    assert await single_reads(office) == []


@pytest.mark.parametrize(
    ("otherwise", "differences"),
    [
        ("objects", ["rad: 7832 KS NORR 100.00 → saknas", "rad: saknas → 7832 100.00"]),
        ("date", ["datum: 2025-12-31 → 2025-12-30"]),
        ("amount", ["rad: 7832 KS NORR 100.00 → saknas", "rad: saknas → 7832 KS NORR 101.00"]),
        ("series", ["serie: I → A"]),
        ("year", ["räkenskapsår: 3 → 4"]),
    ],
)
async def test_what_fortnox_books_otherwise_is_told_with_both_sides(
    office: Any, a_batch: Any, voucher: Any, otherwise: str, differences: list[str]
) -> None:
    await office.simulator.set_switch("booked_otherwise", otherwise)
    office.company.profile.objects[COST_CENTRE] = {"NORR": "Norra distriktet"}
    rows = (
        VoucherRow(account=7832, debit=Decimal(100), dimensions=(DimensionObject(dimension=1, object="NORR"),)),
        VoucherRow(account=1229, credit=Decimal(100)),
    )

    events = await office.book(a_batch([voucher(1, rows=rows)]))

    receipt = next(one for one in events if one["type"] == "voucher.booked")
    differs = next(one for one in events if one["type"] == "voucher.differs")
    assert differs["differences"] == differences
    assert differs["booked"] == {name: receipt[name] for name in ("series", "number", "financial_year")}
    assert await single_reads(office) == [f"{receipt['series']}/{receipt['number']}"]
    assert events[-1]["booked"] == 1


@pytest.mark.parametrize("lacks", ["rows", "VoucherRows", "VoucherNumber", "Year"])
async def test_an_answer_that_is_incomplete_is_made_up_for_by_reading_and_nothing_is_sent_twice(
    office: Any, a_batch: Any, lacks: str
) -> None:
    await office.simulator.set_switch("answer_lacks", lacks)
    batch = a_batch(2)

    events = await office.book(batch)

    assert [one["type"] for one in events if one["type"] in {"voucher.differs", "voucher.uncertain"}] == []
    assert events[-1]["booked"] == len(office.books()) == 2
    assert await single_reads(office) == ["I/1", "I/2"]
    office.judge(batch, told=events)
