"""The document "Överföringskvitto": a batch's receipts in a spreadsheet, as an accountant files them."""

from collections.abc import Sequence
from decimal import Decimal

from common.events.vouchers import BookedAs, Severity
from common.spreadsheets import Book, Cell, Sheet
from voucher_sender.repository import Outcome
from voucher_sender.views import BatchReceipts, Entry

TITLE = "Överföringskvitto"
STATES = {
    Outcome.BOOKED: "Bokförd",
    Outcome.ALREADY_BOOKED: "Redan bokförd",
    Outcome.REJECTED: "Nekad",
    Outcome.UNCERTAIN: "Osäker",
    None: "Pågår",
}
APPROVALS = {None: "", 0: "Behövs inte", 1: "Väntar på attest", 2: "Väntar på attest", 3: "Attesterad"}
COLUMNS: dict[str, float] = {  # the headings and their widths, in characters
    "Verifikation": 22,
    "Läge": 14,
    "Serie": 6,
    "Nummer": 9,
    "Datum": 11,
    "Belopp": 15,
    "Attest": 15,
    "Bokförd tid": 19,
    "Avviker": 26,
    "Ändrar": 9,
    "Ändrad genom": 9,
    "Avgjord av en person": 26,
}
REASONS: dict[str, float] = {"Verifikation": 22, "Rad": 6, "Orsak": 70, "Vad göra": 60, "Kod": 32}
STATE, AMOUNT = "B", "F"  # the columns that the control totals count
TOTALS_AT = 3  # "Nummer": the column of the control totals' counts; their amounts stand under "Belopp"


def transfer_note(batch: BatchReceipts) -> bytes:
    """The whole file: the vouchers with control totals, and on a second sheet why some were refused."""
    book = Book(TITLE, batch.ended_at or batch.began_at)
    footer = f"{TITLE} {batch.batch_id}"
    _vouchers(book.sheet(TITLE), batch, footer)
    _reasons(book.sheet("Nekade"), batch.vouchers, footer)
    return book.close()


def _vouchers(sheet: Sheet, batch: BatchReceipts, footer: str) -> None:
    sheet.put(0, 0, TITLE, "title")
    top = 1
    for label, value in _heading(batch).items():
        sheet.put(top, 0, label, "label")
        sheet.put(top, 1, value, "line")
        top += 1
    header = top + 1
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
        "Skickad": batch.began_at,
        "Avslutad": batch.ended_at or "Pågår: kvittot är preliminärt",
        "Omgång": str(batch.batch_id),
    }


def _row(entry: Entry) -> list[Cell]:
    receipt, decision = entry.receipt, entry.decision
    decided = f"{decision.decided_by}: {decision.reason}" if decision else None
    told: list[Cell] = [entry.voucher_id, STATES[entry.outcome]]
    if receipt is None:
        told += [None, None, entry.voucher_date, entry.total, None, None, None]
    else:
        approval = APPROVALS.get(receipt.approval_state, str(receipt.approval_state))
        differs = "; ".join(receipt.differences) or "Nej"
        told += [receipt.series, receipt.number, receipt.voucher_date, receipt.total, approval]
        told += [receipt.booked_at, differs]
    return [*told, _place(entry.corrects), _place(entry.corrected_by), decided]


def _control_totals(sheet: Sheet, batch: BatchReceipts, first: int, last: int) -> int:
    """Counts and sums as formulas over the rows above, so that whoever files it can see that they hold."""
    states, amounts = (f"${column}${first + 1}:${column}${last + 1}" for column in (STATE, AMOUNT))
    top = last + 2
    sheet.put(top, 0, "Kontrollsummor", "label")
    sheet.put(top, TOTALS_AT, "Antal", "label")
    sheet.put(top, TOTALS_AT + 2, "Belopp", "label")
    row = top + 1
    for outcome, word in STATES.items():
        chosen = [one for one in batch.vouchers if one.outcome == outcome]
        sheet.put(row, 0, word)
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


def _reasons(sheet: Sheet, entries: Sequence[Entry], footer: str) -> None:
    sheet.put_row(0, list(REASONS), "heading")
    row = 0
    for entry in entries:
        if entry.outcome is Outcome.REJECTED:
            for finding in entry.findings:
                if finding.severity is Severity.ERROR:
                    row += 1
                    told = [finding.voucher_id, finding.row, finding.swedish, finding.next_step, finding.code]
                    sheet.put_row(row, told)
    if row == 0:
        row = 1
        sheet.put(row, 0, "Inga")
    sheet.lay_out(list(REASONS.values()), 0, row, footer)


def _sum(entries: Sequence[Entry]) -> Decimal:
    """As the rows show it: what was booked, else what was approved."""
    shown = [one.receipt.total if one.receipt else one.total for one in entries]
    return sum((one for one in shown if one is not None), start=Decimal(0))


def _place(booked: BookedAs | None) -> str | None:
    return f"{booked.series} {booked.number}" if booked else None
