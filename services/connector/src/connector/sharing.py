"""What a consent does to the company's other connections: only the newest one counts at Fortnox (Fortnox fact 2)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from common.database import Connection
from common.events import ConnectionKind
from common.events.types import Model
from connector import limits, problems, scopes
from connector.repository import ConnectionRow, Connections, Grant, Session


class Replaced(Model):
    """The company's consent before this one."""

    kind: ConnectionKind
    """A service account that doesn't work any more counts as none: nothing is lost with it."""
    scopes: tuple[str, ...]

    @classmethod
    def by_another(cls, grant: Grant) -> Self:
        kind = ConnectionKind.REFRESH_TOKEN if grant.status == "lost" else grant.kind
        return cls(kind=kind, scopes=tuple(grant.scopes))

    @property
    def service(self) -> bool:
        return self.kind is ConnectionKind.SERVICE_ACCOUNT

    def harm(self, wanted: Iterable[str], granted: Collection[str], kind: ConnectionKind) -> dict[str, Any] | None:
        """What a connection has lost with it, if anything."""
        if set(scopes.missing(wanted, granted)) & set(self.scopes):
            return problems.to_store(limits.NARROWED.error())
        if self.service and kind is ConnectionKind.REFRESH_TOKEN:
            return problems.to_store(limits.DOWNGRADED.error())
        return None


@dataclass(frozen=True)
class Wider:
    """What to ask for so that nobody loses anything."""

    scopes: tuple[str, ...]
    service: bool


def union(wanted: Iterable[str], others: Iterable[ConnectionRow]) -> tuple[str, ...]:
    """The scopes that all of them live by."""
    return scopes.union(wanted, *(other.wanted_scopes for other in others))


def wider(
    session: Session,
    others: Collection[ConnectionRow],
    replaced: Replaced,
    granted: Collection[str],
    kind: ConnectionKind,
) -> Wider | None:
    """What to ask for once more, because a consent costs others something; None where it is no use.

    What was asked for and not granted isn't asked for again.
    """
    lost = {scope for other in others for scope in other.wanted_scopes} & set(replaced.scopes) - set(granted)
    downgraded = bool(others) and replaced.service and kind is ConnectionKind.REFRESH_TOKEN
    if not lost - set(session.asked_scopes) and not (downgraded and not session.asks_service):
        return None
    return Wider(union(session.asked_scopes, others), session.asks_service or downgraded)


async def mark(connection: Connection, grant: Grant, replaced: Replaced | None, *, but: UUID | None = None) -> bool:
    """Notes with the other connections what they have lost, or have got back; True if any has lost something."""
    harmed = False
    for row in await Connections(connection).of_grant(grant.id):
        if row.id == but:
            continue
        harm = replaced.harm(row.wanted_scopes, grant.scopes, grant.kind) if replaced else None
        trouble = harm or (row.trouble if _still(row, grant) else None)
        if trouble != row.trouble:
            await Connections(connection).mark(row.id, trouble)
        harmed = harmed or harm is not None
    return harmed


def _still(row: ConnectionRow, grant: Grant) -> bool:
    """Whether what the connection had lost before is still gone."""
    if row.trouble and row.trouble["code"] == limits.DOWNGRADED.code:
        return grant.kind is ConnectionKind.REFRESH_TOKEN
    return bool(scopes.missing(row.wanted_scopes, grant.scopes))
