"""What an import found, apart from the SIE file itself: kept, so that it can be published again."""

from datetime import date
from uuid import UUID

from common.events import Check, Dataset
from common.events.import_data import OpenItem, UnbookedPayment
from common.events.imports import Reconciliation
from common.events.types import Model, Timestamp
from importer.fetch.books import Company
from importer.ledger.ageing import EDGES
from importer.ledger.later import LaterInvoice


class Ledger(Model):
    """One ledger as of the closing date, with how it stands to its accounts."""

    dataset: Dataset
    items: tuple[OpenItem, ...]
    reconciliation: Reconciliation
    unbooked_payments: tuple[UnbookedPayment, ...] = ()
    later: tuple[LaterInvoice, ...] = ()
    """Dated shortly after the closing date; only in the documents."""


class Result(Model):
    """Everything that `import.completed` and the chunks say, but for the books, which are the SIE file."""

    company: Company
    closing_date: date
    datasets: tuple[Dataset, ...]
    sie_sha256: str
    ledgers: tuple[Ledger, ...]
    ageing_edges: tuple[int, ...] = EDGES
    """The last day of each of their ageing buckets."""
    checks: tuple[Check, ...]
    read_from: Timestamp
    read_to: Timestamp
    books_moved: tuple[str, ...] = ()
    calls: int
    calls_planned: int | None = None
    joined: UUID | None = None
