"""What an operator is told of imports that met others, wait, or used more calls than planned."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from importer.operating.story import of

AT = datetime(2026, 2, 16, 9, 12, 4, tzinfo=UTC)
OTHER = UUID(int=7)


def told(jobs: tuple[dict[str, Any], ...] = (), **more: Any) -> str:
    nothing = (
        "ended_at", "joins", "superseded_by", "cancelled_at", "waiting_since", "trouble", "plan", "completed",
        "answers", "sha256", "result_bytes", "forgotten_at",
    )  # fmt: skip
    record = {
        **dict.fromkeys(nothing),
        "import_id": UUID(int=1),
        "connection_id": UUID(int=2),
        "datasets": ["sie4"],
        "year_from": date(2025, 1, 1),
        "year_to": date(2025, 12, 31),
        "closing_date": date(2025, 12, 31),
        "status": "running",
        "percent": 40,
        "requested_at": AT,
        "waits": 0,
    }
    return "\n".join(of({**record, **more}, jobs))


def test_one_that_waits_says_for_what_and_when_it_is_tried_again() -> None:
    job = dict.fromkeys(("started_at", "finished_at", "lease_until"))
    waits = {
        "kind": "import", "status": "waiting", "attempts": 3, "reason": "connection.lost", "cancel_requested": True,
        "created_at": AT, "run_at": AT,
    }  # fmt: skip
    trouble = {"code": "connection.lost", "english": "The consent is gone."}

    story = told(({**job, **waits},), status="waiting", waiting_since=AT, waits=2, trouble=trouble)

    assert "waited since 2026-02-16 09:12:04 UTC, 2 times" in story
    assert "trouble connection.lost: The consent is gone." in story
    assert "import job waiting, attempts 3, reason connection.lost, asked to stop" in story
    assert "next try 2026-02-16 09:12:04 UTC" in story


def test_calls_beyond_the_plan_are_pointed_at() -> None:
    story = told(plan={"planned": {"sie": 1, "invoices": 10}, "used": {"sie": 2, "invoices": 10}})

    assert "calls used 12 of 11 planned" in story
    assert "sie: 2 of 1  more than planned" in story
    assert "invoices: 10 of 10\n" in f"{story}\n"


def test_what_it_had_to_do_with_other_imports_is_told() -> None:
    assert f"takes the result of {OTHER}" in told(joins=OTHER)
    assert f"gave way to {OTHER}" in told(superseded_by=OTHER)
    assert "cancellation came 2026-02-16 09:12:04 UTC" in told(cancelled_at=AT)
    assert "forgotten 2026-02-16 09:12:04 UTC" in told(forgotten_at=AT)
    assert "answers of Fortnox kept to go on from: 14" in told(answers=14)


def test_a_difference_is_told_with_the_codes_of_its_causes_and_no_text() -> None:
    found = {
        "accounts": [1510], "difference": "-700.00", "unexplained": "-50.00",
        "explanations": [{"code": "customer-ledger.difference.manual", "swedish": "Hemlig kund"}],
    }  # fmt: skip
    checks = [{"verdict": "warning", "code": "books.gaps"}, {"verdict": "passed", "code": "books.sum"}]
    completed = {
        "read_from": "a", "read_to": "b", "seconds": 8.2, "checks": checks, "books_moved": [],
        "datasets": [{"dataset": "customer_ledger", "chunks": 1, "rows": 12, "reconciliation": found}],
    }  # fmt: skip

    story = told(completed=completed)

    assert "differs from accounts [1510] by -700.00; unexplained -50.00, causes: manual" in story
    assert "checks: 1 passed, 1 warning\n    warning books.gaps" in story
    assert "Hemlig" not in story
