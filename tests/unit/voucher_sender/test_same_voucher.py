"""When a booked voucher is the approved one: in any order of its rows, and not if anything that counts differs."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from common.events.voucher_batches import ApprovedVoucher, DimensionObject, VoucherRow
from fortnox import Voucher
from fortnox import VoucherRow as BookedRow
from voucher_sender.content import Line, approved_lines, booked_lines, differences, rows_hash

DAY = date(2025, 12, 31)
SERIES, YEAR = "I", 3

lines = st.builds(
    Line,
    account=st.sampled_from([1229, 1930, 7832]),
    amount=st.integers(-10_000, 10_000).filter(bool).map(lambda ore: Decimal(ore) / 100),
    cost_centre=st.sampled_from(["", "NORR"]),
    project=st.sampled_from(["", "1005"]),
)
many = st.lists(lines, min_size=1, max_size=6)


def approved(wanted: list[Line]) -> ApprovedVoucher:
    return ApprovedVoucher(voucher_id="v-1", date=DAY, description="Bokslut", rows=tuple(map(row, wanted)))


def row(line: Line) -> VoucherRow:
    given = ((1, line.cost_centre), (6, line.project))
    objects = tuple(DimensionObject(dimension=number, object=code) for number, code in given if code)
    side = {"debit": line.amount} if line.amount > 0 else {"credit": -line.amount}
    return VoucherRow(account=line.account, dimensions=objects, **side)


def booked(got: list[Line], struck: list[Line] | None = None, **changes: Any) -> Voucher:
    rows = [booked_row(line) for line in got] + [booked_row(line, removed=True) for line in struck or ()]
    fields = {"voucher_series": SERIES, "voucher_number": 1, "year": YEAR, "transaction_date": DAY}
    return Voucher(**{**fields, "voucher_rows": rows, **changes})


def booked_row(line: Line, **changes: Any) -> BookedRow:
    return BookedRow(
        account=line.account,
        debit=max(line.amount, Decimal(0)),
        credit=max(-line.amount, Decimal(0)),
        cost_centre=line.cost_centre or None,
        project=line.project or None,
        **changes,
    )


@given(many.flatmap(lambda wanted: st.tuples(st.just(wanted), st.permutations(wanted))), st.lists(lines, max_size=3))
def test_the_same_rows_in_any_order_beside_struck_ones_are_no_difference(
    both: tuple[list[Line], list[Line]], struck: list[Line]
) -> None:
    wanted, got = both

    assert differences(approved(wanted), SERIES, YEAR, booked(got, struck)) == ()
    assert rows_hash(approved_lines(approved(wanted))) == rows_hash(booked_lines(booked(got, struck)))


@given(many, many)
def test_rows_differ_when_and_only_when_their_hash_does(wanted: list[Line], got: list[Line]) -> None:
    told = differences(approved(wanted), SERIES, YEAR, booked(got))

    assert bool(told) == (rows_hash(wanted) != rows_hash(got)) == (sorted(wanted) != sorted(got))


@given(many, many)
def test_what_is_told_leads_from_the_approved_rows_to_the_booked_ones(wanted: list[Line], got: list[Line]) -> None:
    told = differences(approved(wanted), SERIES, YEAR, booked(got))

    left = [str(line) for line in wanted]
    for one in told:
        before, after = one.removeprefix("rad: ").split(" → ")
        if after == "saknas":
            left.remove(before)
        else:
            left.append(after)
    assert sorted(left) == sorted(str(line) for line in got)


@given(many, st.integers(-400, 400).filter(bool), st.sampled_from("ABK"), st.integers(4, 9))
def test_another_day_series_or_year_is_told_beside_the_rows(
    wanted: list[Line], days: int, series: str, year: int
) -> None:
    other = booked(wanted, transaction_date=DAY + timedelta(days=days), voucher_series=series, year=year)

    told = differences(approved(wanted), SERIES, YEAR, other)

    assert [one.split(":")[0] for one in told] == ["serie", "datum", "räkenskapsår"]
