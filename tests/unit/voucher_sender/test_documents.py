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

from common.events import Trouble
from common.events.vouchers import BookedAs, NotCorrected, Standing
from voucher_sender import examples, views
from voucher_sender.answers import totals
from voucher_sender.documents import transfer_note
from voucher_sender.problems import NO_SERIES
from voucher_sender.remarks import Word, word_of
from voucher_sender.repository import Outcome

HOSTILE = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "http://x.example", "007", "1E5", "Å & Ä <b>"]


def a_note(entries: list[views.Entry], **changes: Any) -> views.BatchReceipts:
    update = {"vouchers": tuple(entries), "totals": totals(entries), **changes}
    return examples.RECEIPTS.model_copy(update=update)


def an_entry(position: int, outcome: Outcome | None, total: Decimal, **changes: Any) -> views.Entry:
    booked = outcome in {Outcome.BOOKED, Outcome.ALREADY_BOOKED}
    receipt = examples.RECEIPT.model_copy(update={"number": position, "total": total}) if booked else None
    update = {"position": position, "voucher_id": f"v-{position}", "outcome": outcome, "receipt": receipt}
    update["standing"] = Standing.AS_BOOKED if booked else None
    return examples.FIRST.model_copy(update={"total": total, "findings": (), **update, **changes})


def opened(note: views.BatchReceipts, *, values: bool) -> Any:
    """As it is without calculating, or with the formulas."""
    return openpyxl.load_workbook(BytesIO(transfer_note(note)), data_only=values).worksheets


def the_row(note: views.BatchReceipts) -> dict[str, Any]:
    """The first voucher's, by the headings."""
    headings, row = opened(note, values=True)[0].iter_rows(min_row=11, max_row=12, values_only=True)
    return dict(zip(headings, row, strict=True))


def remarks(note: views.BatchReceipts) -> list[tuple[Any, ...]]:
    return list(opened(note, values=True)[1].iter_rows(min_row=2, values_only=True))


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
    refused = an_entry(2, Outcome.REJECTED, Decimal(1), voucher_id=text, findings=(finding,))
    company = views.Company(name=text, organisation_number=None)
    note = a_note(
        [an_entry(1, Outcome.BOOKED, Decimal(1), voucher_id=text, decision=decision), refused], company=company
    )

    sheet, reasons = opened(note, values=False)

    cells = [sheet["B2"], sheet["A12"], sheet["N12"], reasons["A2"], reasons["D2"]]
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

    for word in Word:
        chosen = [one.total for one in entries if word_of(one) is word and one.total is not None]
        count, amount = values[word]
        assert count == len(chosen)
        assert Decimal(str(amount)) == sum(chosen)
    assert values["Summa"][0] == len(vouchers) == note.totals.vouchers
    assert values["Kontroll mot raderna"][0] == "Stämmer"
    assert all(str(count).startswith("=") for count, _ in formulas.values())


def test_the_formulas_cover_the_rows() -> None:
    entries = [an_entry(place, Outcome.BOOKED, Decimal(100)) for place in range(1, 4)]

    formulas = labelled(opened(a_note(entries), values=False)[0])

    assert formulas["Bokförd"] == ('=COUNTIF($B$12:$B$14,"Bokförd")', '=SUMIF($B$12:$B$14,"Bokförd",$F$12:$F$14)')
    assert formulas["Summa"] == ("=SUM(D17:D25)", "=SUM(F17:F25)")
    assert re.search(r"D26=ROWS\(\$B\$12:\$B\$14\)", formulas["Kontroll mot raderna"][0])


def test_corrections_name_each_other() -> None:
    original = an_entry(1, Outcome.BOOKED, Decimal(1), corrected_by=examples.FIRST.corrected_by)

    row = the_row(a_note([original]))

    assert (row["Ändrar"], row["Ändrad genom"]) == (None, "I 15")
    assert row["Ändring begärd"] == "2026-03-02 09:04 user-1042"


def test_swedish_time_is_told_in_summer_and_winter() -> None:
    for at, shown in (  # a spreadsheet knows no time zones
        (datetime(2026, 2, 16, 9, 12, 7, tzinfo=UTC), "2026-02-16 10:12:07"),
        (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), "2026-07-01 00:30:00"),
    ):
        entry = an_entry(1, Outcome.BOOKED, Decimal(1))
        assert entry.receipt is not None
        entry = entry.model_copy(update={"receipt": entry.receipt.model_copy(update={"booked_at": at})})

        row = the_row(a_note([entry]))

        assert str(row["Kvitterad"]) == shown
        assert row["Datum"].date() == date(2025, 12, 31)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert transfer_note(examples.RECEIPTS) == transfer_note(examples.RECEIPTS)
    assert transfer_note(examples.RECEIPTS) != transfer_note(a_note([], batch_id=UUID(int=1)))


@pytest.mark.parametrize(
    ("since", "word"), [("gone", "Finns inte längre"), ("changed", "Ändrad i Fortnox"), ("unmarked", "Utan märkning")]
)
def test_what_is_no_longer_as_it_was_booked_is_not_told_as_booked(since: str, word: str) -> None:
    missed = an_entry(1, Outcome.ALREADY_BOOKED, Decimal(100), standing=Standing(since))
    stands = an_entry(2, Outcome.BOOKED, Decimal(7))
    note = a_note([missed, stands])

    row, sums = the_row(note), labelled(opened(note, values=True)[0])

    assert (row["Läge"], sums[word], sums["Redan bokförd"], sums["Bokförd"]) == (word, (1, 100), (0, 0), (1, 7))
    assert "Fortnox" in row["Avviker"]
    assert (note.totals.booked_total, note.totals.not_as_booked_total) == (Decimal(7), Decimal(100))
    assert note.totals.not_as_booked == 1


def test_a_doubled_voucher_names_its_places() -> None:
    found = tuple(BookedAs(series="I", number=number, financial_year=4) for number in (1, 2))
    note = a_note([an_entry(1, Outcome.BOOKED, Decimal(100), found_at=found)])

    row = the_row(note)

    assert (row["Läge"], row["Avviker"]) == ("Finns flera gånger", "Finns flera gånger: I 1, I 2")
    (remark,) = remarks(note)
    assert (remark[1], remark[5]) == ("Finns flera gånger", "voucher.duplicated")
    assert note.totals.duplicated == 1


def test_the_other_voucher_of_a_correction_tells_its_year_and_the_original_its_id() -> None:
    other = examples.FIRST.corrected_by
    assert other is not None
    other = other.model_copy(update={"voucher_id": "v-7", "financial_year": 9, "number": 1})
    reversing = an_entry(1, Outcome.BOOKED, Decimal(1), voucher_id="c51d9d2f", corrects=other, corrected_by=None)

    row = the_row(a_note([reversing]))
    unknown = the_row(a_note([reversing.model_copy(update={"corrects": other.model_copy(update={"year": None})})]))

    assert (row["Verifikation"], row["Ändrar"]) == ("Ändring av v-7", "I 1 (2025)")
    assert unknown["Ändrar"] == "I 1 (annat räkenskapsår)"


def test_an_uncertain_voucher_and_a_warning_are_explained_on_the_second_sheet() -> None:
    warning = examples.FINDING.model_copy(update={"severity": "warning"})
    note = a_note([examples.DOUBTFUL, an_entry(2, Outcome.BOOKED, Decimal(1), findings=(warning,))])

    doubt, warned = remarks(note)

    assert (doubt[0], doubt[1], doubt[5]) == ("v-3", "Osäker", "voucher.uncertain-not-seen")
    assert "Fortnox svar uteblev" in doubt[3]
    assert (warned[1], warned[3]) == ("Varning", warning.swedish)


def test_a_refused_batch_tells_why_instead_of_totals() -> None:
    trouble = Trouble.of(NO_SERIES.error(series="Q", usable="A, I"))
    stands_in_the_way = NotCorrected(voucher_id="v-2", findings=(examples.FINDING,))
    refused = views.Refused(trouble=trouble, not_corrected=(stands_in_the_way,))
    note = a_note([], refused=refused, stage=views.Stage.REFUSED)

    sheet = opened(note, values=True)[0]
    told = {row[0]: row[1] for row in sheet.iter_rows(min_row=2, values_only=True)}

    assert (told["Resultat"], told["Orsak"]) == ("Inget har skickats", trouble.swedish)
    assert "Kontrollsummor" not in told
    assert [(row[0], row[5]) for row in remarks(note)] == [("v-2", "voucher.account-missing")]


def test_what_excel_has_no_number_for_is_written_out() -> None:
    old = an_entry(1, Outcome.REJECTED, Decimal("0.00001"), voucher_date=date(1, 2, 3))

    row = the_row(a_note([old]))

    assert (row["Datum"], row["Belopp"]) == ("0001-02-03", 0.00001)
