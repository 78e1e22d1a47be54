"""What the connector tells: the state of each connection, and connecting that came to nothing."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.events.envelope import EventData
from common.events.topics import CONNECT_ATTEMPTS, CONNECTIONS
from common.events.types import Timestamp, Trouble


class ConnectionKind(StrEnum):
    """How the grant is renewed: a service account (nothing to rotate) or a single-use refresh token."""

    SERVICE_ACCOUNT = "service_account"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  (a kind, not a token)


class ConnectionStatus(StrEnum):
    ACTIVE = "active"
    EXPIRING = "expiring"
    LOST = "lost"
    REMOVED = "removed"


class ConsentAfter(StrEnum):
    """What became of the company's consent at Fortnox when a connection was removed."""

    KEPT = "kept"
    """Other connections to the company live by it."""
    REVOKING = "revoking"
    """It was the last one: tokens are being revoked and deleted. Nothing more is told if that ends the consent."""
    REMAINS = "remains"
    """They are, and Fortnox still gives tokens to the service account: only the company can end that (`trouble`)."""


class ConnectionState(EventData):
    """A connection's full state, so that the newest record of a key is all that a reader needs."""

    TOPIC = CONNECTIONS

    status: ConnectionStatus
    kind: ConnectionKind
    tenant: int
    """Fortnox's `DatabaseNumber`: what identifies the company."""
    company_name: str = Field(repr=False)
    organisation_number: str = Field(repr=False)
    reference: str
    """The product's own reference for the assignment."""
    scopes: tuple[str, ...]
    missing_scopes: tuple[str, ...] = ()
    """Asked for but not granted."""
    limitations: tuple[Trouble, ...] = ()
    """What is impossible, or less sure, without them, or without those that Fortnox has refused in use since."""
    upgrade: Trouble | None = None
    """How it becomes a better one: a refresh token can become a service account."""
    connected_at: Timestamp
    valid_until: Timestamp | None = None
    """When an idle connection dies; None for a service account, or when lost."""
    trouble: Trouble | None = None


class ConnectionEstablished(ConnectionState):
    """A company was connected, or connected again under the same connection_id."""

    TYPE = "connection.established"


class ConnectionRenewed(ConnectionState):
    """The grant was renewed, lives again after it was thought lost, or can do more or less than was told before."""

    TYPE = "connection.renewed"


class ConnectionExpiring(ConnectionState):
    """The grant ends soon unless somebody connects again."""

    TYPE = "connection.expiring"


class ConnectionLost(ConnectionState):
    """The grant is gone; `trouble` says why and what to do."""

    TYPE = "connection.lost"


class ConnectionRemoved(ConnectionState):
    """Disconnected by the product; a tombstone follows. Told once more if the company's consent remains at Fortnox."""

    TYPE = "connection.removed"

    consent: ConsentAfter | None = None
    """What becomes of the company's consent: `kept`, `revoking` or `remains`. None in events of older versions."""


CONNECTION_STATES: tuple[type[ConnectionState], ...] = (
    ConnectionEstablished,
    ConnectionRenewed,
    ConnectionExpiring,
    ConnectionLost,
    ConnectionRemoved,
)


class ConnectFailed(EventData):
    """Somebody tried to connect and it came to nothing. `connection_id` is the one that the session would have got."""

    TYPE = "connect.failed"
    TOPIC = CONNECT_ATTEMPTS

    session_id: UUID
    reference: str
    trouble: Trouble
