"""How long an item has been overdue on a day, and which ageing bucket that is."""

from collections.abc import Sequence
from datetime import date

EDGES = (30, 60, 90)  # days; the profession's usual ones (issue of the ledgers); a setting of the importer
NOT_DUE = "not_due"


def days_overdue(due_date: date | None, invoice_date: date, on: date) -> int:
    """Days past the due date; zero or less is not due. Without a due date the invoice was due at once."""
    return (on - (due_date or invoice_date)).days


def buckets(edges: Sequence[int] = EDGES) -> tuple[str, ...]:
    """All that there are, the newest claims first."""
    return (NOT_DUE, *(bucket(edge, edges) for edge in (*edges, edges[-1] + 1)))


def bucket(days: int, edges: Sequence[int] = EDGES) -> str:
    """`not_due`, `1-30`, `31-60`, `61-90` or `over_90`, or whatever the edges make."""
    if days <= 0:
        return NOT_DUE
    first = 1
    for last in edges:
        if days <= last:
            return f"{first}-{last}"
        first = last + 1
    return f"over_{edges[-1]}"
