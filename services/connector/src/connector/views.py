"""How connections stand, for the product's server: one in full, or a page of them by the product's reference."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from common.clock import Clock
from common.database import Pool
from common.events import ConnectionKind, ConnectionState, Trouble
from common.events.connections import ConnectionStatus
from common.events.types import Model, Timestamp
from connector import problems
from connector.announcements import Announcer
from connector.repository import Connections, Grant, Grants


class Health(Model):
    """How the company's grant fares. All connections to the same company share it."""

    last_success: Timestamp | None
    """When Fortnox last gave tokens; they last for an hour."""
    last_failure: Timestamp | None
    """When it last didn't."""
    failure: Trouble | None
    """Why it last didn't. Something that passes, if a success is later."""
    days_left: int | None = Field(ge=0)
    """Whole days until the connection dies if it isn't renewed; it is, by itself.

    None for a service account, or when lost.
    """


class ConnectionView(ConnectionState):
    """A connection's full state, as its newest event has it, and how it fares."""

    health: Health


class ConnectionSummary(Model):
    """A connection in a list."""

    connection_id: UUID
    reference: str
    status: ConnectionStatus
    kind: ConnectionKind
    tenant: int
    connected_at: Timestamp


class ConnectionPage(Model):
    """Some connections, in a steady order."""

    connections: tuple[ConnectionSummary, ...]
    next: UUID | None
    """To be given as `after` for the page that follows; None: this was the last."""


@dataclass(frozen=True)
class Views:
    """Reads how connections stand."""

    pool: Pool
    announcer: Announcer
    clock: Clock

    async def one(self, connection_id: UUID) -> ConnectionView:
        """Raises ProblemError if it isn't there, or not any more."""
        async with self.pool.acquire() as connection:
            row = await Connections(connection).get(connection_id)
            if row is None:
                raise problems.UNKNOWN.error()
            grant = await Grants(connection).get(row.grant_id) if row.grant_id else None
        if grant is None or row.removed_at is not None:
            raise problems.REMOVED.error()
        return ConnectionView(**self.announcer.facts(grant, row), health=self._health(grant))

    async def page(self, reference: str | None, after: UUID | None, limit: int) -> ConnectionPage:
        """Those that are not removed, all or with this reference."""
        async with self.pool.acquire() as connection:
            rows = await Connections(connection).page(reference, after, limit + 1)
        found = tuple(ConnectionSummary(**row) for row in rows[:limit])
        return ConnectionPage(connections=found, next=found[-1].connection_id if len(rows) > limit else None)

    def _health(self, grant: Grant) -> Health:
        ends = self.announcer.valid_until(grant)
        return Health(
            last_success=grant.succeeded_at,
            last_failure=grant.failed_at,
            failure=Trouble.of(problems.stored(grant.failure)) if grant.failure else None,
            days_left=None if ends is None else max(0, (ends - self.clock.now()).days),
        )
