"""Data out: the chunks straight to Kafka, all acknowledged, before anybody is told that they are there."""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

import sie
from common.events import Dataset, Event, ImportCompleted, Record, new_event, to_record
from common.events.imports import DatasetSummary, PartSummary
from common.jobs import Job
from importer import chunks, totals
from importer.chunks import Part, Snapshot
from importer.result import Result


class Publisher:
    """The process's producer of import data; another one after a failed send (design 3)."""

    def __init__(self, make: Callable[[], Awaitable[AIOKafkaProducer]], topic_prefix: str) -> None:
        self._make = make
        self._prefix = topic_prefix
        self._producer: AIOKafkaProducer | None = None
        self._making = asyncio.Lock()

    async def send(self, record: Record) -> None:
        """Sends a record and waits until it is acknowledged. Raises KafkaError."""
        producer = await self._current()
        headers = [(name, value or b"") for name, value in record.headers]
        try:
            await producer.send_and_wait(self._prefix + record.topic, record.value, key=record.key, headers=headers)
        except KafkaError:
            await self._drop(producer)
            raise

    async def _current(self) -> AIOKafkaProducer:
        async with self._making:
            if self._producer is None:
                self._producer = await self._make()
            return self._producer

    async def _drop(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        with contextlib.suppress(KafkaError):
            await producer.stop()


@dataclass
class Summary:
    """What has been published of one dataset."""

    dataset: str
    hashes: list[str] = field(default_factory=list)
    rows: int = 0
    chunks: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)

    def add(self, part: Part, value: bytes) -> None:
        self.hashes.append(hashlib.sha256(value).hexdigest())
        self.rows += part.rows
        self.chunks[part.name] += 1
        self.entries[part.name] += part.entries

    def finished(self, result: Result, document: sie.Document) -> DatasetSummary:
        """With the control totals, and for a ledger its reconciliation."""
        ledger = next((ledger for ledger in result.ledgers if ledger.dataset == self.dataset), None)
        books = self.dataset == Dataset.SIE4
        return DatasetSummary(
            dataset=self.dataset,
            chunks=len(self.hashes),
            rows=self.rows,
            chunk_hashes=tuple(self.hashes),
            control_totals=totals.of_books(document) if books else totals.of_ledger(ledger) if ledger else {},
            parts={name: PartSummary(chunks=self.chunks[name], rows=self.entries[name]) for name in self.chunks},
            accounts=len(document.accounts) if books else None,
            vouchers=len(document.vouchers) if books else None,
            reconciliation=ledger.reconciliation if ledger else None,
        )


def snapshot_of(job: Job[Any], import_id: UUID) -> Snapshot:
    """Each attempt publishes under a snapshot of its own, so that nothing of a dead one is mixed in."""
    return Snapshot(job.connection_id, import_id, uuid5(job.id, str(job.claim.fence)))


async def publish(
    publisher: Publisher, job: Job[Any], snapshot: Snapshot, result: Result, document: sie.Document
) -> tuple[DatasetSummary, ...]:
    """All chunks of the snapshot, made beside the event loop one at a time; returns when the last is acknowledged."""
    summaries = []
    for dataset, parts in chunks.datasets(result, document):
        summary = Summary(dataset)
        while made := await asyncio.to_thread(_next_record, parts, job, snapshot, summary):
            await publisher.send(made)
        summaries.append(await asyncio.to_thread(summary.finished, result, document))
    return tuple(summaries)


def completion(
    job: Job[Any], snapshot: Snapshot, result: Result, summaries: tuple[DatasetSummary, ...]
) -> ImportCompleted:
    """What a reader needs to know that it has everything; the seconds count from when the command came."""
    return ImportCompleted(
        connection_id=snapshot.connection_id,
        import_id=snapshot.import_id,
        snapshot_id=snapshot.snapshot_id,
        datasets=summaries,
        checks=result.checks,
        closing_date=result.closing_date,
        financial_year=result.company.financial_year,
        fortnox_financial_year=result.company.year_id,
        company_name=result.company.name,
        sie_sha256=result.sie_sha256,
        read_from=result.read_from,
        read_to=result.read_to,
        books_moved=result.books_moved,
        calls=result.calls,
        calls_planned=result.calls_planned,
        joined=result.joined,
        seconds=round((job.clock.now() - job.enqueued_at).total_seconds(), 3),
    )


def _next_record(parts: Iterator[Part], job: Job[Any], snapshot: Snapshot, summary: Summary) -> Record | None:
    part = next(parts, None)
    if part is None:
        return None
    number = len(summary.hashes) + 1
    event: Event[Any] = new_event(
        part.chunk(snapshot, summary.dataset, number), source=job.source, time=job.clock.now(), cause=job.event
    )
    record = to_record(replace(event, id=str(uuid5(snapshot.snapshot_id, f"{summary.dataset}/{number}"))))
    summary.add(part, record.value or b"")
    return record
