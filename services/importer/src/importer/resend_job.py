"""Publishing an import once more, from what was stored: for a product that has lost its data."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError

import sie
from common.database import Connection
from common.events import EventData, ImportRefused, ImportResendRequested, Trouble
from common.jobs import Job
from common.jobs.store import Claim
from common.problems import ProblemError
from importer import endings, problems, stored
from importer.publishing import Publisher, completion, publish, snapshot_of
from importer.repository import Results
from importer.result import Result

log = structlog.get_logger()


@dataclass(frozen=True)
class Resender:
    """Runs resends: Fortnox is not asked, the same data go out under a snapshot of their own."""

    publisher: Publisher

    async def run(self, job: Job[ImportResendRequested]) -> None:
        """Everything again, as a new snapshot."""
        try:
            result, document = await self._stored(job)
            snapshot = snapshot_of(job, job.command.import_id)
            summaries = await publish(self.publisher, job, snapshot, result, document)
        except ProblemError as error:
            await self.give_up(job, error)
            return
        except KafkaError as error:
            await job.postpone(job.clock.now() + endings.FIRST_PAUSE, type(error).__name__)
            return
        completed = completion(job, snapshot, result, summaries)
        async with job.transaction() as connection:
            results = Results(connection)
            await results.announced(job.command.import_id, completed.model_dump(mode="json"))
            await job.complete_in(connection, completed)
        log.info("import.resent", seconds=completed.seconds)

    async def give_up(self, job: Job[ImportResendRequested], error: ProblemError) -> None:
        """It can't be published again. The import itself stays what it was."""
        trouble = Trouble.of(error)
        await job.complete(
            ImportRefused(connection_id=job.connection_id, import_id=job.command.import_id, trouble=trouble)
        )
        log.warning("import.not-resent", code=trouble.code)

    async def buried(self, _connection: Connection, claim: Claim, error: ProblemError) -> list[EventData]:
        """Tells of one whose command can't be read any more, if what it was about can."""
        try:
            import_id = UUID(claim.command["data"]["import_id"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return []
        return [ImportRefused(connection_id=claim.connection_id, import_id=import_id, trouble=Trouble.of(error))]

    async def _stored(self, job: Job[ImportResendRequested]) -> tuple[Result, sie.Document]:
        found = await stored.find(job.pool, job.command.import_id, job.connection_id)
        if found is None:
            raise problems.RESULT_GONE.error()
        result, file = found
        return result, await stored.document(file)
