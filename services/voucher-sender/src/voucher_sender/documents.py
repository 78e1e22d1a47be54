"""The document "Överföringskvitto": a batch's receipts in a spreadsheet, as an accountant files them."""

from collections.abc import Sequence
from decimal import Decimal

from common.clock import SWEDEN
from common.events.vouchers import Standing
from common.spreadsheets import Book, Cell, Sheet
from voucher_sender.correcting.correction import year_name
from voucher_sender.remarks import Word, name_of, of_entry, of_refusal, places, word_of
from voucher_sender.views import BatchReceipts, Correction, Entry, Stage

TITLE = "Överföringskvitto"
REMARKS_TITLE = "Anmärkningar"
APPROVALS = {None: "", 0: "Behövs inte", 1: "Väntar på attest", 2: "Väntar på attest", 3: "Attesterad"}
COLUMNS: dict[str, float] = {  # the headings and their widths, in characters
    "Verifikation": 22,
    "Läge": 18,
    "Serie": 6,
    "Nummer": 9,
    "Datum": 11,
    "Belopp": 15,
    "Attest": 15,
    "Skickad": 19,
    "Kvitterad": 19,
    "Avviker": 26,
    "Ändrar": 12,
    "Ändrad genom": 12,
    "Ändring begärd": 26,
    "Avgjord av en person": 26,
}
REMARKS: dict[str, float] = {
    "Verifikation": 22,
    "Läge": 18,
    "Rad": 6,
    "Orsak": 70,
    "Vad göra": 60,
    "Kod": 32,
}
STANDINGS = {
    Standing.GONE: "Finns inte längre i Fortnox",
    Standing.CHANGED: "Har ändrats i Fortnox",
    Standing.UNMARKED: "Saknar vår märkning i Fortnox",
}
STATE, AMOUNT = "B", "F"  # the columns that the control totals count
TOTALS_AT = 3  # "Nummer": the column of the control totals' counts; their amounts stand under "Belopp"


def transfer_note(batch: BatchReceipts) -> bytes:
    """The whole file: the vouchers with control totals, and on a second sheet what is to be noted of them."""
    created = batch.ended_at or batch.began_at or batch.asked_at
    assert created is not None, "what has not begun was asked for"
    book = Book(TITLE, created)
    footer = f"{TITLE} {batch.batch_id}"
    _vouchers(book.sheet(TITLE), batch, footer)
    _remarks(book.sheet(REMARKS_TITLE), batch, footer)
    return book.close()


def _vouchers(sheet: Sheet, batch: BatchReceipts, footer: str) -> None:
    sheet.put(0, 0, TITLE, "title")
    top = 1
    for label, value in _heading(batch).items():
        sheet.put(top, 0, label, "label")
        sheet.put(top, 1, value, "line")
        top += 1
    header = top + 1
    if not batch.vouchers:
        sheet.lay_out(list(COLUMNS.values()), None, top, footer)
        return
    sheet.put_row(header, list(COLUMNS), "heading")
    for row, entry in enumerate(batch.vouchers, start=header + 1):
        sheet.put_row(row, _row(entry))
    last = _control_totals(sheet, batch, header + 1, header + len(batch.vouchers))
    sheet.lay_out(list(COLUMNS.values()), header, last, footer)


def _heading(batch: BatchReceipts) -> dict[str, Cell]:
    company = batch.company
    known = f" (id {batch.financial_year} i Fortnox)" if batch.financial_year is not None else ""
    return {
        "Företag": company.name if company else "Uppgift saknas",
        "Organisationsnummer": (company.organisation_number if company else None) or "–",
        "Räkenskapsår": f"{batch.year}{known}",
        "Verifikationsserie": batch.series,
        "Begärd": batch.asked_at or "Uppgift saknas",
        "Påbörjad": batch.began_at or "Inte än",
        "Avslutad": batch.ended_at or "Pågår: kvittot är preliminärt",
        "Omgång": str(batch.batch_id),
        **_without_vouchers(batch),
    }


def _without_vouchers(batch: BatchReceipts) -> dict[str, Cell]:
    """What there is to say instead of rows and totals."""
    if batch.refused is not None:
        trouble = batch.refused.trouble
        return {"Resultat": "Inget har skickats", "Orsak": trouble.swedish, "Vad göra": trouble.next_step}
    if batch.vouchers:
        return {}
    begun = batch.stage is not Stage.ACCEPTED
    return {"Resultat": "Omgången är inte kontrollerad än" if begun else "Omgången är mottagen, men inte påbörjad"}


def _row(entry: Entry) -> list[Cell]:
    receipt, decision = entry.receipt, entry.decision
    decided = f"{decision.decided_by}: {decision.reason}" if decision else None
    told: list[Cell] = [name_of(entry), word_of(entry).value]
    if receipt is None:
        told += [None, None, entry.voucher_date, entry.total, None, None, None, _found(entry)]
    else:
        approval = APPROVALS.get(receipt.approval_state, str(receipt.approval_state))
        differs = "; ".join(filter(None, [_found(entry), *receipt.differences])) or "Nej"
        told += [receipt.series, receipt.number, receipt.voucher_date, receipt.total, approval]
        told += [receipt.sent_at, receipt.booked_at, differs]
    return [*told, _place(entry, entry.corrects), _place(entry, entry.corrected_by), _asked(entry), decided]


def _found(entry: Entry) -> str | None:
    """What is in Fortnox now, as far as it is not what the receipt says."""
    if entry.found_at:
        return f"Finns flera gånger: {places(entry.found_at)}"
    return STANDINGS.get(entry.standing or Standing.AS_BOOKED)


def _place(entry: Entry, other: Correction | None) -> str | None:
    """Where the other voucher of a correction is, with its financial year where that is another."""
    if other is None:
        return None
    place = f"{other.series} {other.number}"
    if entry.receipt is not None and entry.receipt.financial_year == other.financial_year:
        return place
    return f"{place} ({year_name(other.year) if other.year else 'annat räkenskapsår'})"


def _asked(entry: Entry) -> str | None:
    """Who asked for the correction and when: of this voucher, and of the one that it is."""
    asked = [one for one in (entry.corrects, entry.corrected_by) if one is not None]
    return (
        "; ".join(f"{one.requested_at.astimezone(SWEDEN):%Y-%m-%d %H:%M} {one.requested_by}" for one in asked) or None
    )


def _control_totals(sheet: Sheet, batch: BatchReceipts, first: int, last: int) -> int:
    """Counts and sums as formulas over the rows above, so that whoever files it can see that they hold."""
    states, amounts = (f"${column}${first + 1}:${column}${last + 1}" for column in (STATE, AMOUNT))
    top = last + 2
    sheet.put(top, 0, "Kontrollsummor", "label")
    sheet.put(top, TOTALS_AT, "Antal", "label")
    sheet.put(top, TOTALS_AT + 2, "Belopp", "label")
    row = top + 1
    for word in Word:
        chosen = [one for one in batch.vouchers if word_of(one) is word]
        sheet.put(row, 0, word.value)
        sheet.formula(row, TOTALS_AT, f'=COUNTIF({states},"{word}")', len(chosen), "number")
        sheet.formula(row, TOTALS_AT + 2, f'=SUMIF({states},"{word}",{amounts})', _sum(chosen), "amount")
        row += 1
    sheet.put(row, 0, "Summa", "label")
    sheet.formula(row, TOTALS_AT, f"=SUM(D{top + 2}:D{row})", len(batch.vouchers), "count")
    sheet.formula(row, TOTALS_AT + 2, f"=SUM(F{top + 2}:F{row})", _sum(batch.vouchers), "sum")
    sheet.put(row + 1, 0, "Kontroll mot raderna", "label")
    holds = f'=IF(AND(D{row + 1}=ROWS({states}),ROUND(F{row + 1}-SUM({amounts}),2)=0),"Stämmer","Stämmer inte")'
    sheet.formula(row + 1, TOTALS_AT, holds, "Stämmer", "label")
    return row + 1


def _remarks(sheet: Sheet, batch: BatchReceipts, footer: str) -> None:
    sheet.put_row(0, list(REMARKS), "heading")
    noted = [one for entry in batch.vouchers for one in of_entry(entry)]
    noted += of_refusal(batch.refused) if batch.refused is not None else ()
    for row, one in enumerate(noted, start=1):
        sheet.put_row(row, one)
    if not noted:
        sheet.put(1, 0, "Inga")
    sheet.lay_out(list(REMARKS.values()), 0, max(len(noted), 1), footer)


def _sum(entries: Sequence[Entry]) -> Decimal:
    """As the rows show it: what was booked, else what was approved."""
    shown = [one.receipt.total if one.receipt else one.total for one in entries]
    return sum((one for one in shown if one is not None), start=Decimal(0))
