"""The document Överföringskvitto as a spreadsheet program sees it: totals that hold, and texts that stay texts."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher_sender import examples, views
from voucher_sender.documents import STATES, transfer_note
from voucher_sender.repository import Outcome

HOSTILE = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "http://x.example", "007", "1E5", "Å & Ä <b>"]


def a_note(entries: list[views.Entry], **changes: Any) -> views.BatchReceipts:
    update = {"vouchers": tuple(entries), "totals": views.totals(entries), **changes}
    return examples.RECEIPTS.model_copy(update=update)


def an_entry(position: int, outcome: Outcome | None, total: Decimal, **changes: Any) -> views.Entry:
    booked = outcome in {Outcome.BOOKED, Outcome.ALREADY_BOOKED}
    receipt = examples.RECEIPT.model_copy(update={"number": position, "total": total}) if booked else None
    update = {"position": position, "voucher_id": f"v-{position}", "outcome": outcome, "receipt": receipt}
    return examples.FIRST.model_copy(update={"total": total, "findings": (), **update, **changes})


def opened(note: views.BatchReceipts, *, values: bool) -> Any:
    """As it is without calculating, or with the formulas."""
    return openpyxl.load_workbook(BytesIO(transfer_note(note)), data_only=values).worksheets


def labelled(sheet: Any) -> dict[str, tuple[Any, Any]]:
    """Count and amount of each control total."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(place for place, row in enumerate(rows) if row[0] == "Kontrollsummor")
    return {row[0]: (row[3], row[5]) for row in rows[start + 1 :]}


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_text_begins_with_it_stays_text(text: str) -> None:
    decision = views.Decision(
        decided="booked", reason=text, decided_by=text, decided_at=datetime(2026, 1, 1, tzinfo=UTC), differences=()
    )
    finding = examples.FINDING.model_copy(update={"swedish": text, "voucher_id": text})
    refused = an_entry(2, Outcome.REJECTED, Decimal(1), findings=(finding,))
    company = views.Company(name=text, organisation_number=None)
    note = a_note(
        [an_entry(1, Outcome.BOOKED, Decimal(1), voucher_id=text, decision=decision), refused], company=company
    )

    sheet, reasons = opened(note, values=False)

    cells = [sheet["B2"], sheet["A11"], sheet["L11"], reasons["A2"], reasons["C2"]]
    assert [(one.value, one.data_type) for one in cells] == [
        (text, "s"), (text, "s"), (f"{text}: {text}", "s"), (text, "s"), (text, "s")
    ]  # fmt: skip
    assert all(one.hyperlink is None for one in cells)


outcomes = st.sampled_from([None, *Outcome])
amounts = st.decimals(min_value=0, max_value=10**9, places=2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(outcomes, amounts), min_size=1, max_size=30))
def test_the_control_totals_hold_and_are_formulas(vouchers: list[tuple[Outcome | None, Decimal]]) -> None:
    entries = [an_entry(place, *one) for place, one in enumerate(vouchers, start=1)]
    note = a_note(entries)

    values, formulas = (labelled(opened(note, values=one)[0]) for one in (True, False))

    for outcome, word in STATES.items():
        chosen = [amount for one, amount in vouchers if one is outcome]
        count, amount = values[word]
        assert count == len(chosen)
        assert Decimal(str(amount)) == sum(chosen)
    assert values["Summa"][0] == len(vouchers) == note.totals.vouchers
    assert values["Kontroll mot raderna"][0] == "Stämmer"
    assert all(str(count).startswith("=") for count, _ in formulas.values())


def test_the_formulas_cover_the_rows() -> None:
    entries = [an_entry(place, Outcome.BOOKED, Decimal(100)) for place in range(1, 4)]

    formulas = labelled(opened(a_note(entries), values=False)[0])

    assert formulas["Bokförd"] == ('=COUNTIF($B$11:$B$13,"Bokförd")', '=SUMIF($B$11:$B$13,"Bokförd",$F$11:$F$13)')
    assert formulas["Summa"] == ("=SUM(D16:D20)", "=SUM(F16:F20)")
    assert re.search(r"D21=ROWS\(\$B\$11:\$B\$13\)", formulas["Kontroll mot raderna"][0])


def test_corrections_name_each_other() -> None:
    original = an_entry(1, Outcome.BOOKED, Decimal(1), corrected_by=examples.FIRST.corrected_by)

    row = next(opened(a_note([original]), values=True)[0].iter_rows(min_row=11, max_row=11, values_only=True))

    assert row[9:11] == (None, "I 15")


def test_swedish_time_is_told_in_summer_and_winter() -> None:
    for at, shown in (  # a spreadsheet knows no time zones
        (datetime(2026, 2, 16, 9, 12, 7, tzinfo=UTC), "2026-02-16 10:12:07"),
        (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), "2026-07-01 00:30:00"),
    ):
        entry = an_entry(1, Outcome.BOOKED, Decimal(1))
        assert entry.receipt is not None
        entry = entry.model_copy(update={"receipt": entry.receipt.model_copy(update={"booked_at": at})})

        row = next(opened(a_note([entry]), values=True)[0].iter_rows(min_row=11, max_row=11, values_only=True))

        assert str(row[7]) == shown
        assert row[4].date() == date(2025, 12, 31)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert transfer_note(examples.RECEIPTS) == transfer_note(examples.RECEIPTS)
    assert transfer_note(examples.RECEIPTS) != transfer_note(a_note([], batch_id=UUID(int=1)))
