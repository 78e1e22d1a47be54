"""All that an import needs of one company and year, read at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sie
from common.clock import Clock
from common.concurrency import tasks
from common.events import Dataset, ImportRequested
from importer.assessment import Assessment
from importer.fetch import books, evidence, invoices, second_look
from importer.fetch.books import Company
from importer.fetch.invoices import Sources
from importer.fetch.reading import Reading
from importer.fetch.sides import SIDES
from importer.ledger.ageing import EDGES
from importer.ledger.explain import Reference
from importer.ledger.model import VoucherName


@dataclass(frozen=True)
class Fetched:
    """All that was read from Fortnox."""

    company: Company
    document: sie.Document
    presets: Mapping[str, int]
    """The company's preset accounts by Fortnox's names."""
    sources: Mapping[Dataset, Sources]
    references: Mapping[VoucherName, Reference]
    """What vouchers were made for, as far as a difference had to be explained."""
    read_from: datetime
    read_to: datetime
    calls: int
    books_moved: tuple[str, ...]
    """What was seen to change between the two times."""

    def assessments(self, closing_date: date, edges: Sequence[int] = EDGES) -> list[Assessment]:
        """The ledgers that were read, each to be worked out."""
        return _assessments(self.company, self.document, self.presets, self.sources, closing_date, edges)


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
    read = {dataset: task.result() for dataset, task in sources.items()}
    assessed = _assessments(company, document.result(), presets.result(), read, request.ledger_date)
    references = await evidence.references(reading, assessed)
    moved = await second_look.changes(reading, company, request.datasets, begun_at)
    return Fetched(
        company=company,
        document=document.result(),
        presets=presets.result(),
        sources=read,
        references=references,
        read_from=begun_at,
        read_to=clock.now(),
        calls=reading.checkpoints.calls,
        books_moved=moved,
    )


def _assessments(
    company: Company,
    document: sie.Document,
    presets: Mapping[str, int],
    sources: Mapping[Dataset, Sources],
    closing_date: date,
    edges: Sequence[int] = EDGES,
) -> list[Assessment]:
    return [
        Assessment(side, sources[side.dataset], company, document, presets, closing_date, edges)
        for side in SIDES
        if side.dataset in sources
    ]
