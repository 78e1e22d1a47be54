"""An import's story as its records tell it, in lines for an operator. No name of a company or a person is in it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

Record = Mapping[str, Any]


def of(record: Record, jobs: Sequence[Record]) -> Iterator[str]:
    """Everything, in the order in which it happened."""
    yield f"import {record['import_id']}  connection {record['connection_id']}"
    asked = f"{', '.join(record['datasets'])} of {record['year_from']} to {record['year_to']}"
    yield f"  {asked}, ledgers as of {record['closing_date']}"
    ended = f", ended {_at(record['ended_at'])}" if record["ended_at"] else ""
    yield f"  {record['status']} at {record['percent']} %, asked for {_at(record['requested_at'])}{ended}"
    yield from _meetings(record)
    if record["waiting_since"]:
        yield f"  waited since {_at(record['waiting_since'])}, {record['waits']} times"
    if record["trouble"]:
        yield f"  trouble {record['trouble']['code']}: {record['trouble']['english']}"
    yield from _plan(record["plan"] or {})
    yield from (line for job in jobs for line in _job(job))
    yield from _completed(record["completed"])
    yield from _kept(record)


def _meetings(record: Record) -> Iterator[str]:
    """What it had to do with other imports, and who stopped it."""
    if record["joins"]:
        yield f"  takes the result of {record['joins']}, which was under way"
    if record["superseded_by"]:
        yield f"  gave way to {record['superseded_by']}"
    if record["cancelled_at"]:
        yield f"  cancellation came {_at(record['cancelled_at'])}"


def _plan(plan: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Calls used against plan, by what they were for."""
    planned, used = Counter(plan.get("planned", {})), Counter(plan.get("used", {}))
    if planned or used:
        yield f"  calls used {used.total()} of {planned.total()} planned"
    for name in sorted({*planned, *used}):
        over = "  more than planned" if used[name] > planned[name] else ""
        yield f"    {name}: {used[name]} of {planned[name]}{over}"


def _job(job: Record) -> Iterator[str]:
    """How the work was carried out."""
    reason = f", reason {job['reason']}" if job["reason"] else ""
    cancel = ", asked to stop" if job["cancel_requested"] else ""
    yield f"  {job['kind']} job {job['status']}, attempts {job['attempts']}{reason}{cancel}"
    times = {
        "enqueued": job["created_at"],
        "started": job["started_at"],
        "finished": job["finished_at"],
        "next try": job["run_at"] if job["status"] in {"waiting", "queued"} else None,
        "held until": job["lease_until"] if job["status"] == "running" else None,
    }
    yield f"    {', '.join(f'{word} {_at(time)}' for word, time in times.items() if time)}"


def _completed(completed: Record | None) -> Iterator[str]:
    """What it came to: datasets, verdicts and differences."""
    if completed is None:
        return
    yield f"  read {completed['read_from']} to {completed['read_to']}, {completed['seconds']} s from its request"
    for one in completed["datasets"]:
        yield f"    {one['dataset']}: {one['chunks']} chunks, {one['rows']} rows"
        if found := one.get("reconciliation"):
            causes = ", ".join(cause["code"].rsplit(".", 1)[-1] for cause in found["explanations"]) or "none"
            left = f"unexplained {found['unexplained']}, causes: {causes}"
            yield f"      differs from accounts {found['accounts']} by {found['difference']}; {left}"
    verdicts = Counter(check["verdict"] for check in completed["checks"])
    yield f"  checks: {', '.join(f'{count} {verdict}' for verdict, count in sorted(verdicts.items()))}"
    yield from (f"    {one['verdict']} {one['code']}" for one in completed["checks"] if one["verdict"] != "passed")
    yield from (f"  moved while it was read: {one}" for one in completed["books_moved"])


def _kept(record: Record) -> Iterator[str]:
    """What is there of it."""
    if record["answers"]:
        yield f"  answers of Fortnox kept to go on from: {record['answers']}"
    if record["sha256"]:
        yield f"  SIE file {record['sha256']}, {record['sie_bytes']} bytes, fetched {_at(record['fetched_at'])}"
    if record["result_bytes"]:
        yield f"  result {record['result_bytes']} bytes, last used {_at(record['used_at'])}"
    if record["forgotten_at"]:
        yield f"  forgotten {_at(record['forgotten_at'])}: shown to nobody, deleted by the next pruning"


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
