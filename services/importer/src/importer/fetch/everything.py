"""All that an import needs of one company and year, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sie
from common.clock import Clock
from common.concurrency import tasks, together
from common.events import Dataset, ImportRequested
from importer.fetch import books, invoices, second_look
from importer.fetch.books import Company
from importer.fetch.invoices import Sources
from importer.fetch.reading import Reading
from importer.fetch.second_look import Seen
from importer.fetch.sides import SIDES

MOST_LOOKS = 3  # how often is looked whether all is still as it was read, before it is left at that


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
    """Between these no change was seen but for `books_moved`."""
    calls: int
    calls_planned: int
    """The fewest that give the answer, as the lists' lengths told."""
    books_moved: tuple[str, ...]
    """What was still seen to change when it had been read for the last time."""


async def fetch(
    reading: Reading, request: ImportRequested, company: Company, begun_at: datetime, clock: Clock
) -> Fetched:
    """Books and both ledgers side by side; at the end a look at whether anything changed meanwhile.

    What changed is read again and looked at again, up to a limit.
    """
    async with tasks() as group:
        document = group.create_task(books.read(reading, company))
        presets = group.create_task(books.ledger_accounts(reading, request.datasets))
        lists = {
            side.dataset: group.create_task(invoices.read(reading, side, request.ledger_date))
            for side in SIDES
            if side.dataset in request.datasets
        }
    seen = Seen(company, document.result(), {dataset: task.result() for dataset, task in lists.items()})
    read_from = begun_at
    for _ in range(MOST_LOOKS):
        sources = await _sources(reading, seen, request)
        looked_at = clock.now()
        moved = await second_look.changes(reading, seen, read_from)
        if not moved:
            break
        read_from = looked_at
    else:
        sources = await _sources(reading, seen, request)
    return Fetched(
        company=company,
        document=seen.document,
        presets=presets.result(),
        sources=sources,
        read_from=read_from,
        read_to=looked_at,
        calls=reading.checkpoints.calls,
        calls_planned=reading.plan.expected.total(),
        books_moved=(*moved, *sorted(reading.unsteady)),
    )


async def _sources(reading: Reading, seen: Seen, request: ImportRequested) -> dict[Dataset, Sources]:
    """What the lists come to as they stand; asks for single records only where it must."""
    cash_method, closing_date = seen.company.uses_cash_method, request.ledger_date
    found = await together(
        invoices.sources(reading, lists, closing_date, cash_method=cash_method) for lists in seen.lists.values()
    )
    most = reading.plan.room // max(1, len(seen.lists))
    detailed = await together(
        invoices.with_details(reading, lists, one, closing_date, cash_method=cash_method, most=most)
        for lists, one in zip(seen.lists.values(), found, strict=True)
    )
    return dict(zip(seen.lists, detailed, strict=True))
