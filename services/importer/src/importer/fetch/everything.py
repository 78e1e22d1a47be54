"""All that an import needs of one company and year, read at once."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sie
from common.clock import Clock
from common.concurrency import tasks, together
from common.events import Dataset, ImportRequested
from importer.assessment import Assessment
from importer.fetch import books, evidence, invoices, second_look
from importer.fetch.books import Company
from importer.fetch.invoices import Lists, Sources
from importer.fetch.reading import Reading
from importer.fetch.second_look import Seen
from importer.fetch.sides import SIDES, Side
from importer.ledger.ageing import EDGES
from importer.ledger.explain import Reference
from importer.ledger.model import VoucherName

MOST_LOOKS = 3  # how often is looked whether all is still as it was read, before it is left at that


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
    """Between these no change was seen but for `books_moved`."""
    calls: int
    calls_planned: int
    """The fewest that give the answer, as the lists' lengths told."""
    books_moved: tuple[str, ...]
    """What was still seen to change when it had been read for the last time."""

    def assessments(self, closing_date: date, edges: Sequence[int] = EDGES) -> list[Assessment]:
        """The ledgers that were read, each to be worked out."""
        return _assessments(self.company, self.document, self.presets, self.sources, closing_date, edges)


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
            side.dataset: group.create_task(_lists(reading, side, request, company))
            for side in SIDES
            if side.dataset in request.datasets
        }
    seen = Seen(company, document.result(), {dataset: task.result() for dataset, task in lists.items()})
    read_from = begun_at
    for _ in range(MOST_LOOKS):
        sources, references = await _explained(reading, seen, request, presets.result())
        looked_at = clock.now()
        moved = await second_look.changes(reading, seen, read_from)
        if not moved:
            break
        read_from = looked_at
    else:
        sources, references = await _explained(reading, seen, request, presets.result())
    return Fetched(
        company=company,
        document=seen.document,
        presets=presets.result(),
        sources=sources,
        read_from=read_from,
        read_to=looked_at,
        references=references,
        calls=reading.checkpoints.calls,
        calls_planned=reading.plan.expected.total(),
        books_moved=(*moved, *sorted(reading.unsteady)),
    )


async def _lists(reading: Reading, side: Side[Any], request: ImportRequested, company: Company) -> Lists:
    """A ledger's lists, and at once what single payments must tell, without waiting for the other ledger."""
    lists = await invoices.read(reading, side, request.ledger_date)
    await invoices.sources(reading, lists, request.ledger_date, cash_method=company.uses_cash_method)
    return lists


async def _explained(
    reading: Reading, seen: Seen, request: ImportRequested, presets: Mapping[str, int]
) -> tuple[dict[Dataset, Sources], dict[VoucherName, Reference]]:
    """The sources, and where a ledger differs from its accounts, what is needed to tell why."""
    sources = await _sources(reading, seen, request)
    day, start = request.ledger_date, seen.document.financial_year.start
    assessed = _assessments(seen.company, seen.document, presets, sources, day)
    differing = await asyncio.to_thread(_differing, assessed)
    if not differing:
        return sources, {}
    for dataset in differing:
        await seen.lists[dataset].payments.read_down_to(start)
    sources = await _sources(reading, seen, request)
    again = _assessments(seen.company, seen.document, presets, sources, day)
    return sources, await evidence.references(reading, [one for one in again if one.side.dataset in differing])


def _differing(assessed: Iterable[Assessment]) -> list[Dataset]:
    return [one.side.dataset for one in assessed if one.reconciliation.difference]


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
