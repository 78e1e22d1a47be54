"""Kafka in: each function runs inside the inbox's transaction, hands over and returns."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.clock import SYSTEM, Clock
from common.database import Connection
from common.events import (
    ConnectionRemoved,
    ConnectionState,
    Event,
    EventData,
    ImportCancelled,
    ImportCancelRequested,
    ImportRefused,
    ImportRequested,
    ImportResendRequested,
    Trouble,
    new_event,
)
from common.jobs import JobStore
from common.jobs.store import load
from common.messaging.outbox import Outbox
from common.problems import ProblemError
from importer.kept import Keeping
from importer.repository import Cancellations, Imports

IMPORT = "import"
RESEND = "resend"


@dataclass(frozen=True)
class Handlers:
    """What each command leads to."""

    outbox: Outbox
    source: str
    clock: Clock = SYSTEM
    forgets: bool = False
    """Whether what is kept of a connection's imports goes when the connection is removed."""

    async def enqueue(self, connection: Connection, event: Event[ImportRequested]) -> None:
        """A new import; one that was cancelled before it was asked for ends at once."""
        cancellations = Cancellations(connection)
        await cancellations.take_turns(event.data.import_id)
        await Imports(connection).begin(event.data)
        if await cancellations.has(event.data.import_id, event.data.connection_id):
            await self._end_as_cancelled(connection, event)
        else:
            await self._meet_others(connection, event.data)
            await JobStore(connection).enqueue(IMPORT, 1, event)

    async def refuse(self, connection: Connection, event: Event[ImportRequested], error: ProblemError) -> None:
        """The import_id was used before for something else."""
        import_id = event.data.import_id
        refused = ImportRefused(connection_id=event.data.connection_id, import_id=import_id, trouble=Trouble.of(error))
        await self._say(connection, refused, event)

    async def cancel(self, connection: Connection, event: Event[ImportCancelRequested]) -> None:
        """Stops the connection's import if it is on its way, and remembers it in case the request comes later.

        One that runs is told by its heartbeat; one that only waits, be it behind another, ends here and now.
        """
        import_id = event.data.import_id
        cancellations = Cancellations(connection)
        await cancellations.take_turns(import_id)
        await cancellations.remember(import_id, event.data.connection_id)
        row = await Imports(connection).find(import_id)
        if row is None or row.connection_id != event.data.connection_id:
            return
        await self._stop(connection, import_id)

    async def resend(self, connection: Connection, event: Event[ImportResendRequested]) -> None:
        """Publishes a stored result again: in a lane of its own, so that it needn't wait for running imports."""
        await JobStore(connection).enqueue(RESEND, 1, event, lane=f"{RESEND}:{event.data.import_id}")

    async def wake(self, connection: Connection, event: Event[ConnectionState]) -> None:
        """A connection lives (again), or is no more: imports that waited for it go on, or end."""
        await JobStore(connection).wake(event.data.connection_id)
        if self.forgets and isinstance(event.data, ConnectionRemoved):
            await Keeping(connection).forget_all(event.data.connection_id)

    async def _meet_others(self, connection: Connection, request: ImportRequested) -> None:
        """What becomes of other imports of the same company and year that are under way; see `import.requested`."""
        imports, asked = Imports(connection), set(request.datasets)
        for other in await imports.under_way(request):
            same_day = other.closing_date == request.ledger_date
            if same_day and asked <= set(other.datasets):
                await imports.join(request.import_id, other.import_id)
                return
            if asked >= set(other.datasets):
                await imports.supersede(other.import_id, request.import_id)
                await self._stop(connection, other.import_id, superseded_by=request.import_id)

    async def _stop(self, connection: Connection, import_id: UUID, *, superseded_by: UUID | None = None) -> None:
        """Ends one that nobody runs; one that runs is told by its heartbeat."""
        jobs = JobStore(connection)
        withdrawn = await jobs.withdraw(IMPORT, str(import_id))
        if withdrawn is None:
            await jobs.request_cancel(IMPORT, str(import_id))
            return
        request = load(withdrawn, {ImportRequested.TYPE: ImportRequested})
        await self._end_as_cancelled(connection, request, superseded_by)

    async def _end_as_cancelled(
        self, connection: Connection, request: Event[Any], superseded_by: UUID | None = None
    ) -> None:
        import_id = request.data.import_id
        await Imports(connection).end(import_id, "cancelled")
        cancelled = ImportCancelled(
            connection_id=request.data.connection_id, import_id=import_id, superseded_by=superseded_by
        )
        await self._say(connection, cancelled, request)

    async def _say(self, connection: Connection, data: EventData, cause: Event[Any]) -> None:
        await self.outbox.add(connection, new_event(data, source=self.source, time=self.clock.now(), cause=cause))
