"""What the product's server may ask for when a company is to be connected, and what it is answered."""

import re
from datetime import datetime
from uuid import UUID

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from common.events import ConnectionKind, Dataset, Trouble
from common.events.types import Model


class ConnectRequest(Model):
    """What the product's server wants: a connection for one of its assignments."""

    reference: str = Field(min_length=1, max_length=200, examples=["uppdrag-4711"])
    """The product's own reference for the assignment; comes back in events."""
    origin: str = Field(max_length=200, examples=["https://bokslut.example"])
    """Of the page that opens the popup, and the only one that is told the result."""
    expected_organisation_number: str | None = Field(default=None, repr=False, max_length=20, examples=["556677-8899"])
    kind: ConnectionKind = ConnectionKind.SERVICE_ACCOUNT
    datasets: tuple[Dataset, ...] = ()
    vouchers: bool = False
    connection_id: UUID | None = None
    """To connect again what was lost; the connection keeps its id."""

    @field_validator("expected_organisation_number")
    @classmethod
    def _is_a_number(cls, value: str | None) -> str | None:
        """Without digits nothing would be compared, although a comparison is wanted."""
        if value is not None and not digits(value):
            raise PydanticCustomError("organisation_number", "has no digits")
        return value


class Begun(Model):
    """A session: open `url` in a popup before it expires."""

    session_id: UUID
    connection_id: UUID
    url: str = Field(repr=False)
    expires_at: datetime


class SessionState(Model):
    """How far a session has come: open, started, connected, failed or expired."""

    session_id: UUID
    connection_id: UUID
    state: str
    trouble: Trouble | None = None


def digits(organisation_number: str | None) -> str:
    """Ten digits: without hyphen, and without the century that a personal number may have in front."""
    return re.sub(r"\D", "", organisation_number or "")[-10:]
