"""Records that can never be handled, kept with their reason so that they can be replayed."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from common.events.envelope import EventData
from common.events.topics import DEAD_LETTERS
from common.events.types import Model

NOBODY = UUID(int=0)
"""The connection of a record whose key names none."""


class Origin(Model):
    topic: str
    partition: int
    offset: int


class Header(Model):
    name: str
    value: bytes | None = Field(repr=False)


class RecordParked(EventData):
    """A record as it came (base64), with where it came from and why it was parked."""

    TYPE = "record.parked"
    TOPIC = DEAD_LETTERS

    consumer: str
    origin: Origin
    reason: str
    detail: str
    parked_at: datetime
    key: bytes | None = Field(repr=False)
    headers: tuple[Header, ...] = Field(repr=False)
    value: bytes | None = Field(repr=False)
    truncated: bool = False
    """The record was too large to be carried; it is still at its origin for as long as that topic keeps it."""
