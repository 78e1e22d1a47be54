"""What makes two vouchers the same: content as approved, rows as booked."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from common.events.voucher_batches import ApprovedVoucher
from fortnox import Voucher, VoucherRow
from voucher_sender.content import (
    Line,
    approved_lines,
    booked_lines,
    content_hash,
    differences,
    payload_hash,
    rows_hash,
    to_send,
)
from voucher_sender.marker import markers_in

Make = Callable[..., Any]
MARKER = "BKB-2222-3333-4444-5555"


def booked(*rows: VoucherRow, **changes: Any) -> Voucher:
    fields = {
        "voucher_series": "I",
        "voucher_number": 12,
        "year": 3,
        "transaction_date": date(2025, 12, 31),
        "voucher_rows": list(rows) or [side(7832, debit="100"), side(1229, credit="100")],
    }
    return Voucher(**{**fields, **changes})


def side(account: int, debit: str = "0", credit: str = "0", **more: Any) -> VoucherRow:
    return VoucherRow(account=account, debit=debit, credit=credit, **more)


def test_the_rows_hash_can_be_made_by_anybody_from_its_description() -> None:
    written = "1229;-100.00;;\n7832;100.00;NORR;1005\n"

    lines = [Line(7832, Decimal(100), "NORR", "1005"), Line(1229, Decimal(-100))]
    assert rows_hash(lines) == sha256(written.encode()).hexdigest()


def test_approved_and_booked_rows_have_the_same_hash(voucher: Make) -> None:
    assert rows_hash(approved_lines(voucher())) == rows_hash(booked_lines(booked()))


def test_struck_rows_do_not_count() -> None:
    struck = booked(side(7832, "100"), side(1229, credit="100"), side(6570, "5", removed=True))

    assert booked_lines(struck) == booked_lines(booked())


@pytest.mark.parametrize("amount", ["100", "100.0", "100.00", "1E+2"])
def test_the_same_amount_in_another_notation_is_the_same_content(voucher: Make, row: Make, amount: str) -> None:
    assert content_hash(voucher(row(7832, amount), row(1229, -100))) == content_hash(voucher())


@pytest.mark.parametrize(
    "changes",
    [{"description": "En annan"}, {"date": date(2025, 12, 30)}],
)
def test_anything_else_is_other_content(voucher: Make, changes: dict[str, Any]) -> None:
    assert content_hash(voucher(**changes)) != content_hash(voucher())


def test_rows_in_another_order_are_other_content(voucher: Make, row: Make) -> None:
    assert content_hash(voucher(row(1229, -100), row(7832, 100))) != content_hash(voucher())


def test_what_is_sent_has_the_marker_and_clean_texts(voucher: Make, row: Make) -> None:
    payload = to_send(
        voucher(row(7832, 100, (1, "NORR"), (6, "1005"), text="<rad>"), row(1229, -100), description="Text…"),
        "I",
        MARKER,
    )

    assert markers_in(payload.comments) == {MARKER}
    assert payload.description == "Text..."
    first, second = payload.voucher_rows
    assert (first.cost_centre, first.project, first.transaction_information) == ("NORR", "1005", "rad")
    assert [second.debit, second.credit] == [0, 100]
    assert second.transaction_information is None


def test_the_payload_hash_is_of_all_that_is_sent(voucher: Make) -> None:
    assert payload_hash(to_send(voucher(), "I", MARKER)) != payload_hash(to_send(voucher(), "A", MARKER))


def test_no_differences(voucher: Make) -> None:
    assert differences(voucher(), "I", 3, booked()) == ()


def told(voucher: ApprovedVoucher, *rows: VoucherRow, **changes: Any) -> tuple[str, ...]:
    return differences(voucher, "I", 3, booked(*rows, **changes))


def test_differences_tell_both_sides(voucher: Make) -> None:
    assert told(voucher(), year=4, transaction_date=date(2026, 1, 1)) == (
        "datum: 2025-12-31 → 2026-01-01",
        "räkenskapsår: 3 → 4",
    )
    assert told(voucher(), side(7832, "100", cost_centre="NORR"), side(1229, credit="100")) == (
        "rad: 7832 100.00 → saknas",
        "rad: saknas → 7832 KS NORR 100.00",
    )


def test_a_row_that_was_booked_twice_is_a_difference(voucher: Make) -> None:
    twice = [side(7832, "100"), side(7832, "100"), side(1229, credit="100"), side(1229, credit="100")]

    assert told(voucher(), *twice) == ("rad: saknas → 1229 -100.00", "rad: saknas → 7832 100.00")
