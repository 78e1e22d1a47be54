"""All that an import needs of one company and year, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sie
from common.clock import Clock
from common.concurrency import tasks
from common.events import Dataset, ImportRequested
from importer.fetch import books, invoices, second_look
from importer.fetch.books import Company
from importer.fetch.invoices import Sources
from importer.fetch.reading import Reading
from importer.fetch.sides import SIDES


@dataclass(frozen=True)
class Fetched:
    """All that was read from Fortnox."""

    company: Company
    document: sie.Document
    presets: Mapping[str, int]
    """The company's preset accounts by Fortnox's names."""
    sources: Mapping[Dataset, Sources]
    read_from: datetime
    read_to: datetime
    calls: int
    books_moved: tuple[str, ...]
    """What was seen to change between the two times."""


async def fetch(
    reading: Reading, request: ImportRequested, company: Company, begun_at: datetime, clock: Clock
) -> Fetched:
    """Books and both ledgers side by side; at the end a look at whether anything changed meanwhile."""
    cash_method = company.uses_cash_method
    async with tasks() as group:
        document = group.create_task(books.read(reading, company))
        presets = group.create_task(books.ledger_accounts(reading, request.datasets))
        sources = {
            side.dataset: group.create_task(invoices.read(reading, side, request.ledger_date, cash_method=cash_method))
            for side in SIDES
            if side.dataset in request.datasets
        }
    moved = await second_look.changes(reading, company, request.datasets, begun_at)
    return Fetched(
        company=company,
        document=document.result(),
        presets=presets.result(),
        sources={dataset: task.result() for dataset, task in sources.items()},
        read_from=begun_at,
        read_to=clock.now(),
        calls=reading.checkpoints.calls,
        books_moved=moved,
    )
