"""From what the database has to what the HTTP interface answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from common.events import FinancialYear, VouchersApproved, VouchersCorrectionRequested
from common.events.vouchers import Finding, FortnoxLink, Standing
from common.jobs.store import load
from common.problems import CATALOGUE
from voucher_sender.correcting.correction import heading
from voucher_sender.findings import standing_of
from voucher_sender.repository import Outcome
from voucher_sender.repository.receipts import AWAITING_APPROVAL, api_path
from voucher_sender.sender import COMMANDS
from voucher_sender.views import (
    ACCEPTED,
    BatchReceipts,
    BatchState,
    BatchSummary,
    Entry,
    ReceiptView,
    Refused,
    Stage,
    Totals,
    VoucherState,
)

NOT_KEPT = {"numbers": "ovanför det senast kända"}  # what a text names though only its code is kept


def batch_state(row: Mapping[str, Any]) -> BatchState:
    """From what the database has."""
    waiting = None
    if row["waiting_since"] is not None and row["ended_at"] is None:
        waiting = {"since": row["waiting_since"], "code": row["waiting_code"], "next_try": row["next_try"]}
    return BatchState.model_validate({**_batch(row), "waiting": waiting, "vouchers": _entries(row)})


def accepted(kept: dict[str, Any]) -> dict[str, Any]:
    """A batch that has not been begun, as a row like the others: what its command says."""
    event = load(kept, COMMANDS)
    batch = heading(event.data) if isinstance(event.data, VouchersCorrectionRequested) else event.data
    assert isinstance(batch, VouchersApproved)
    said = batch.model_dump(include={"batch_id", "connection_id", "mode", "policy", "series"})
    year = {"year_from": batch.financial_year.from_date, "year_to": batch.financial_year.to_date}
    none_yet = ("tenant", "financial_year", "began_at", "checked_at", "ended_at", "waiting_since", "ending")
    return {**dict.fromkeys(none_yet), **said, **year, "asked_at": event.time, "calls": 0, "vouchers": []}


def accepted_voucher(batch_id: UUID, voucher_id: str) -> VoucherState:
    """A voucher of such a batch."""
    nothing_yet = dict.fromkeys(("outcome", "marker", "receipt", "standing", "uncertain", "decision"))
    about = {"voucher_id": voucher_id, "batch_id": batch_id, "state": ACCEPTED, "findings": (), "found_at": ()}
    return VoucherState.model_validate({**about, **nothing_yet})


def batch_summary(row: Mapping[str, Any]) -> BatchSummary:
    return BatchSummary.model_validate(_batch(row))


def batch_receipts(row: Mapping[str, Any], company: Mapping[str, Any] | None) -> BatchReceipts:
    entries = [Entry.model_validate(one) for one in _entries(row)]
    return BatchReceipts.model_validate(
        {**_batch(row), "company": company, "totals": totals(entries), "vouchers": entries}
    )


def voucher_state(row: Mapping[str, Any]) -> VoucherState:
    return VoucherState.model_validate(_told(row))


def totals(entries: Sequence[Entry]) -> Totals:
    """What the entries come to."""
    outcomes = [one.outcome for one in entries]
    receipts = [one.receipt for one in entries if one.receipt is not None and one.standing is Standing.AS_BOOKED]
    missed = [one.receipt for one in entries if one.receipt is not None and one.standing is not Standing.AS_BOOKED]
    return Totals(
        vouchers=len(entries),
        booked=outcomes.count(Outcome.BOOKED),
        already_booked=outcomes.count(Outcome.ALREADY_BOOKED),
        rejected=outcomes.count(Outcome.REJECTED),
        uncertain=outcomes.count(Outcome.UNCERTAIN),
        open=outcomes.count(None),
        awaiting_approval=sum(one.awaiting_approval for one in receipts),
        differing=sum(bool(one.differences) for one in receipts),
        not_as_booked=len(missed),
        duplicated=sum(bool(one.found_at) for one in entries),
        approved_total=sum((one.total for one in entries if one.total is not None), start=Decimal(0)),
        booked_total=sum((one.total for one in receipts), start=Decimal(0)),
        not_as_booked_total=sum((one.total for one in missed), start=Decimal(0)),
    )


def _batch(row: Mapping[str, Any]) -> dict[str, Any]:
    """With how far it is, and why it was refused, where it was."""
    year = FinancialYear(from_date=row["year_from"], to_date=row["year_to"])
    ending = row["ending"] or {}
    refused = Refused.model_validate(ending) if "trouble" in ending else None
    if row["began_at"] is None:
        stage = Stage.ACCEPTED
    elif row["ended_at"] is None:
        stage = Stage.AT_WORK
    else:
        stage = Stage.COMPLETED if refused is None else Stage.REFUSED
    return {**row, "year": year, "stage": stage, "refused": refused}


def _entries(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_told(one) for one in row["vouchers"]]


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """With what follows from what is kept."""
    derived = {
        "receipt": _receipt(row["receipt"]),
        "standing": _standing(row),
        "uncertain": _uncertain(row),
        "found_at": row["found_at"] or (),
    }
    return {**row, **derived}


def _standing(row: Mapping[str, Any]) -> Standing | None:
    if row["receipt"] is None:
        return None
    return standing_of([Finding.model_validate(one) for one in row["findings"]])


def _uncertain(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """With the words of its code."""
    kept = row["uncertain"]
    if kept is None:
        return None
    problem = CATALOGUE.get(kept["code"] or "")
    data = defaultdict(lambda: "…", NOT_KEPT, marker=row["marker"])
    swedish = problem.swedish.format_map(data) if problem else None
    return {**kept, "swedish": swedish, "next_step": problem.next_step.format_map(data) if problem else None}


def _receipt(kept: Mapping[str, Any] | None) -> ReceiptView | None:
    if kept is None:
        return None
    year = None
    if kept["year_from"] and kept["year_to"]:
        year = FinancialYear(from_date=kept["year_from"], to_date=kept["year_to"])
    awaiting = kept["approval_state"] in AWAITING_APPROVAL
    path = api_path(kept["series"], kept["number"], kept["financial_year"])
    return ReceiptView.model_validate(
        {**kept, "awaiting_approval": awaiting, "link": FortnoxLink(path=path, year=year)}
    )
