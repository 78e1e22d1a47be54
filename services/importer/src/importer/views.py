"""What the HTTP interface answers."""

from datetime import date, datetime, timedelta
from uuid import UUID

from common.events import Check, Dataset, FinancialYear, ImportCompleted, Trouble
from common.events.imports import Reconciliation
from common.events.types import Model, Timestamp
from importer.kept import Kept
from importer.result import Result


class ImportState(Model):
    """How an import stands."""

    import_id: UUID
    connection_id: UUID
    datasets: tuple[Dataset, ...]
    financial_year: FinancialYear
    closing_date: date
    status: str
    """queued, running, waiting, completed, failed, cancelled or refused."""
    percent: int
    line: str
    """Swedish, to be shown as it is."""
    trouble: Trouble | None
    """What it waits for, or why it ended without a result."""
    requested_at: Timestamp
    ended_at: Timestamp | None
    joins: UUID | None
    """The import whose result it takes, since that one was under way already."""
    superseded_by: UUID | None
    """The import that was asked for later and runs instead."""
    kept_until: Timestamp | None
    """When its documents go unless they are used before; None until it has ended."""
    checks: tuple[Check, ...] = ()
    completed: ImportCompleted | None = None
    """The data of its last `import.completed`."""


class LedgerChecks(Model):
    """How a ledger stands to its accounts."""

    dataset: Dataset
    open_items: int
    reconciliation: Reconciliation


class ImportChecks(Model):
    """What an import found when it checked what it had read."""

    import_id: UUID
    company_name: str
    financial_year: FinancialYear
    closing_date: date
    read_from: Timestamp
    read_to: Timestamp
    books_moved: tuple[str, ...]
    """What changed while it was read; none: no change was seen between these times."""
    checks: tuple[Check, ...]
    ledgers: tuple[LedgerChecks, ...]


def import_state(kept: Kept, retention: timedelta) -> ImportState:
    row, completed = kept.row, kept.completed
    return ImportState.model_validate(
        {
            **vars(row),
            "financial_year": FinancialYear(from_date=row.year_from, to_date=row.year_to),
            "kept_until": kept_until(row.ended_at, kept.used_at, retention),
            "checks": completed["checks"] if completed else (),
            "completed": completed,
        }
    )


def kept_until(ended_at: datetime | None, used_at: datetime, retention: timedelta) -> datetime | None:
    return used_at + retention if ended_at else None


def import_checks(import_id: UUID, result: Result) -> ImportChecks:
    ledgers = [
        LedgerChecks(dataset=one.dataset, open_items=len(one.items), reconciliation=one.reconciliation)
        for one in result.ledgers
    ]
    return ImportChecks(
        import_id=import_id,
        company_name=result.company.name,
        financial_year=result.company.financial_year,
        closing_date=result.closing_date,
        read_from=result.read_from,
        read_to=result.read_to,
        books_moved=result.books_moved,
        checks=result.checks,
        ledgers=tuple(ledgers),
    )
