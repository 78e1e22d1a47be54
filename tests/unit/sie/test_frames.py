"""Columns in Arrow, polars and pandas."""

from array import array
from collections.abc import Callable
from datetime import date
from pathlib import Path

import sie

DATA = b"""\
#FLAGGA 0
#PSALDO 0 202501 1930 {6 "A"} 5
#VER A 1 20250301 "Ett"
{
#TRANS 1930 {1 "x" 6 "A"} 25.50 20250302 Hej
#TRANS 3001 {} -25.50
}
"""


def test_columns_are_buffers() -> None:
    document = sie.read(DATA)

    assert isinstance(document.rows.amount, array)
    assert memoryview(document.rows.amount).tolist() == [2550, -2550]
    assert memoryview(document.rows.account.codes).format == "i"


def test_arrow() -> None:
    document = sie.read(DATA)

    rows = document.rows.to_arrow().to_pylist()

    assert rows[0] == {
        "voucher": 0, "account": "1930", "amount": 2550, "date": date(2025, 3, 2), "text": "Hej", "quantity": "",
        "signature": "", "line": 5,
        "objects": [{"dimension": "1", "object": "x"}, {"dimension": "6", "object": "A"}],
    }  # fmt: skip
    assert (rows[1]["date"], rows[1]["objects"]) == (None, [])
    assert document.vouchers.columns.to_arrow().to_pylist()[0]["date"] == date(2025, 3, 1)
    assert document.balances.to_arrow().to_pylist()[0]["period"] == 202501


def test_numbers_and_codes_are_handed_over_without_a_copy() -> None:
    rows = sie.read(DATA).rows

    table = rows.to_arrow()

    amounts, accounts = table["amount"].chunk(0), table["account"].chunk(0)
    assert amounts.buffers()[1].address == rows.amount.buffer_info()[0]
    assert accounts.indices.buffers()[1].address == rows.account.codes.buffer_info()[0]


def test_polars_and_pandas(sample: Callable[[str], Path]) -> None:
    document = sie.read(sample("fortnox-2011/Sie4.se"))

    assert document.rows.to_polars()["amount"].sum() == 0
    assert document.rows.to_pandas()["amount"].sum() == 0
    assert document.vouchers.columns.to_pandas()["date"].dt.year.eq(2010).all()
    assert len(document.balances.to_polars()) == len(document.balances)


def test_an_empty_document_has_empty_frames() -> None:
    assert len(sie.read(b"#FLAGGA 0\n").rows.to_arrow()) == 0
