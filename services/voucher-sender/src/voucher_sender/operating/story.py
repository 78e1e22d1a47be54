"""A batch's story as its records tell it, and what waits for a person, in lines for an operator."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from voucher_sender.repository import Doubt, State

WHY = {
    State.DUPLICATED: "it is in Fortnox more than once: say which one counts, and correct the others in Fortnox",
    State.INTENDED: "it may be in Fortnox: look there, then say what is true",
}


def batch(record: Mapping[str, Any]) -> Iterator[str]:
    """The batch itself."""
    yield f"batch {record['batch_id']}  connection {record['connection_id']}  tenant {record['tenant'] or '-'}"
    year = f"{record['year_from']} to {record['year_to']} (Fortnox's id {record['financial_year'] or '-'})"
    yield f"  {record['mode']}, {record['policy']}, series {record['series']}, year {year}"
    yield f"  began {_at(record['began_at'])}, checked {_at(record['checked_at'])}, ended {_at(record['ended_at'])}"
    yield f"  calls {record['calls']}, Fortnox locked until {record['locked_until'] or '-'}"
    if record["waiting_since"] and not record["ended_at"]:
        yield f"  waits since {_at(record['waiting_since'])}: {', '.join(record['waiting_codes'])}"
    if record["status"]:
        job = f"  job {record['status']}, attempts {record['attempts']}, reason {record['reason'] or '-'}"
        yield job + (f", next try {_at(record['run_at'])}" if record["status"] in {"waiting", "queued"} else "")


def voucher(record: Mapping[str, Any]) -> Iterator[str]:
    """A voucher within its batch."""
    amount = f"{record['total']:.2f}" if record["total"] is not None else "-"
    outcome = record["outcome"] or "open"
    yield f"  {record['position']:>4}  {record['voucher_id']}  {record['voucher_date'] or '-'}  {amount}  {outcome}"
    for finding in record["findings"]:
        row = f" row {finding['row']}" if finding.get("row") else ""
        yield f"        {finding['severity']} {finding['code']}{row}"
    if record["posts"]:
        sent = f"{record['series']} of year {record['financial_year']}, above number {record['highest_number']}"
        yield f"        sent {record['posts']} times, last {_at(record['intended_at'])}, in {sent}; {record['marker']}"
    if record["state"] == State.INTENDED:
        missed = f"answer given up {_at(record['over_at'])}, first look that missed {_at(record['missed_at'])}"
        yield f"        may be in Fortnox: {missed}, seen as {record['seen_number'] or '-'}"
    if record["uncertain_since"]:
        yield f"        uncertain since {_at(record['uncertain_since'])}: {record['uncertain_code']}"
    if record["found_at"]:
        yield f"        found more than once: {_places(record['found_at'])}"
    if record["number"] is not None:
        place = f"{record['booked_series']} {record['number']} (year {record['booked_year']})"
        yield f"        receipt {place}, {_at(record['booked_at'])}, approval state {record['approval_state']}"
    if record["differences"]:
        yield f"        differs in {len(record['differences'])} respects"
    if record["corrected_by"]:
        yield f"        corrected by {record['corrected_by']}"


def decision(record: Mapping[str, Any]) -> str:
    """What a person decided."""
    what = f"booked as {record['series']} {record['number']}" if record["decided"] == "booked" else "not booked"
    who = f"{_at(record['decided_at'])} by {record['decided_by']}"
    return f"  decided: {record['voucher_id']} {what}, {who}: {record['reason']}"


def waiting(doubt: Doubt) -> Iterator[str]:
    """A voucher that waits for a person."""
    yield f"{doubt.voucher_id}  connection {doubt.connection_id}  batch {doubt.batch_id}"
    since = f", uncertain since {_at(doubt.uncertain_since)} ({doubt.uncertain_code})" if doubt.uncertain_since else ""
    yield f"  {doubt.state}{since}; marker {doubt.marker}, series {doubt.series}, year {doubt.financial_year}"
    if doubt.found_at:
        yield f"  found at {_places(doubt.found_at)}"
    yield f"  {WHY[doubt.state]}"


def _places(found_at: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['series']} {one['number']}" for one in found_at)


def _at(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else "-"
