"""Kafka in: each function runs inside the inbox's transaction, hands over and returns."""

from dataclasses import dataclass

from common.clock import SYSTEM, Clock
from common.database import Connection
from common.events import (
    ConnectionState,
    Event,
    ImportCancelRequested,
    ImportRefused,
    ImportRequested,
    ImportResendRequested,
    Trouble,
    new_event,
)
from common.jobs import JobStore
from common.messaging.outbox import Outbox
from common.problems import ProblemError
from importer.repository import Cancellations, Imports

IMPORT = "import"
RESEND = "resend"


@dataclass(frozen=True)
class Handlers:
    """What each command leads to."""

    outbox: Outbox
    source: str
    clock: Clock = SYSTEM

    async def enqueue(self, connection: Connection, event: Event[ImportRequested]) -> None:
        """A new import; one that was cancelled before it was asked for ends as soon as it begins."""
        cancellations = Cancellations(connection)
        await cancellations.take_turns(event.data.import_id)
        cancelled = await cancellations.has(event.data.import_id)
        await Imports(connection).begin(event.data)
        await JobStore(connection).enqueue(IMPORT, 1, event, cancelled=cancelled)

    async def refuse(self, connection: Connection, event: Event[ImportRequested], error: ProblemError) -> None:
        """The import_id was used before for something else."""
        refused = ImportRefused(
            connection_id=event.data.connection_id, import_id=event.data.import_id, trouble=Trouble.of(error)
        )
        await self.outbox.add(connection, new_event(refused, source=self.source, time=self.clock.now(), cause=event))

    async def cancel(self, connection: Connection, event: Event[ImportCancelRequested]) -> None:
        """Stops the import if it is on its way, and remembers it in case the request comes later."""
        cancellations = Cancellations(connection)
        await cancellations.take_turns(event.data.import_id)
        await cancellations.remember(event.data.import_id)
        await JobStore(connection).request_cancel(IMPORT, str(event.data.import_id))

    async def resend(self, connection: Connection, event: Event[ImportResendRequested]) -> None:
        """Publishes a stored result again: in a lane of its own, so that it needn't wait for running imports."""
        await JobStore(connection).enqueue(RESEND, 1, event, lane=f"{RESEND}:{event.data.import_id}")

    async def wake(self, connection: Connection, event: Event[ConnectionState]) -> None:
        """A connection lives (again): imports that waited for it go on."""
        await JobStore(connection).wake(event.data.connection_id)
