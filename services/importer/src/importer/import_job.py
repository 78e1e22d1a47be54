"""One import, from the request to the published data, in the order in which it happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import structlog

import fortnox
import sie
from common.events import ImportCompleted, ImportFailed, ImportRequested, ImportStarted, Trouble
from common.jobs import Job
from common.leases import Leases, Purpose
from common.problems import ProblemError
from importer import endings, joining
from importer.conclusion import conclude
from importer.fetch import books
from importer.fetch.checkpoints import JobCheckpoints
from importer.fetch.everything import Fetched, fetch
from importer.fetch.first_call import FirstCall
from importer.fetch.plan import Plan
from importer.fetch.reading import Reading
from importer.progress import CHECKED, FETCHED, Progress, reporting
from importer.publishing import Publisher, completion, publish, snapshot_of
from importer.repository import Imports, Results
from importer.result import Result
from importer.settings import ImporterSettings
from importer.telemetry import CALLS_PLANNED, CALLS_USED

log = structlog.get_logger()


@dataclass(frozen=True)
class Importer:
    """Runs imports. `transport` is the test seam towards Fortnox."""

    settings: ImporterSettings
    leases: Leases
    publisher: Publisher
    transport: httpx.AsyncBaseTransport | None = None

    async def run(self, job: Job[ImportRequested]) -> None:
        """The whole import, or as far as it gets: it then waits, fails or is refused with what to do."""
        try:
            await self._import(job)
        except endings.EXPECTED as error:
            await endings.meet(job, error, self.settings.patience)

    async def give_up(self, job: Job[ImportRequested], error: ProblemError) -> None:
        """It was attempted time and again and never came to an end."""
        await endings.end(job, ImportFailed, "failed", Trouble.of(error))

    async def cancelled(self, job: Job[ImportRequested]) -> None:
        """Somebody asked for its end."""
        await endings.cancelled(job)

    async def _import(self, job: Job[ImportRequested]) -> None:
        async with reporting(job, Plan.for_datasets(job.command.datasets)) as progress:
            checkpoints = await JobCheckpoints.of(job)
            if taken := await joining.taken_over(job):
                progress.plan = Plan()
            result, document = taken or await self._read(job, checkpoints, progress)
            await checkpoints.start(_started(job.command))
            progress.enter("publishing", CHECKED)
            snapshot = snapshot_of(job, job.command.import_id)
            summaries = await publish(self.publisher, job, snapshot, result, document)
        await _complete(job, progress, result, completion(job, snapshot, result, summaries))

    async def _read(
        self, job: Job[ImportRequested], checkpoints: JobCheckpoints, progress: Progress
    ) -> tuple[Result, sie.Document]:
        """From Fortnox, and what follows from it."""
        fetched = await self._fetch(job, checkpoints, progress)
        progress.enter("checking", FETCHED)
        return await asyncio.to_thread(conclude, job.command, fetched, self.settings.ageing_edges), fetched.document

    async def _fetch(self, job: Job[ImportRequested], checkpoints: JobCheckpoints, progress: Progress) -> Fetched:
        """All that is needed from Fortnox, as soon as company and year are known to be right."""
        request = job.command
        async with self._reading(job, checkpoints, progress) as reading:
            company = await books.identify(reading, request)
            await checkpoints.start(_started(request))
            await progress.start()
            return await fetch(reading, request, company, checkpoints.begun_at, job.clock)

    @asynccontextmanager
    async def _reading(
        self, job: Job[ImportRequested], checkpoints: JobCheckpoints, progress: Progress
    ) -> AsyncIterator[Reading]:
        """Fortnox, for as long as it is needed."""
        async with self.leases.session(job.connection_id, Purpose.IMPORT) as permits:
            first = FirstCall(permits, job.clock)
            progress.waits = lambda: permits.wait_seconds
            async with fortnox.Client(
                first, base_url=self.settings.fortnox_api_url, transport=self.transport
            ) as client:
                yield Reading(client, checkpoints, progress.plan)
            log.info(
                "import.fetched",
                first_call_ms=first.milliseconds_after(job.event.time),
                first_call_ms_since_enqueued=first.milliseconds_after(job.enqueued_at),
                calls=permits.calls,
            )


def _started(request: ImportRequested) -> ImportStarted:
    return ImportStarted(
        connection_id=request.connection_id,
        import_id=request.import_id,
        datasets=request.datasets,
        financial_year=request.financial_year,
        closing_date=request.ledger_date,
    )


async def _complete(job: Job[ImportRequested], progress: Progress, result: Result, completed: ImportCompleted) -> None:
    """The end, told only when all data are where they can be read."""
    content = await asyncio.to_thread(lambda: result.model_dump_json().encode())
    async with job.transaction() as connection:
        await Imports(connection).plan(job.command.import_id, progress.plan.as_kept())
        await Imports(connection).end(job.command.import_id, "completed")
        await Results(connection).keep(job.command.import_id, content, completed.model_dump(mode="json"))
        await job.complete_in(connection, progress.finished(), completed)
    CALLS_USED.inc(completed.calls)
    CALLS_PLANNED.inc(completed.calls_planned or 0)
    log.info("import.completed", calls=completed.calls, seconds=completed.seconds, datasets=len(completed.datasets))
