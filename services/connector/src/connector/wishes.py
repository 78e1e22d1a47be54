"""What the product's server may ask for when a company is to be connected, and what it is answered."""

import re
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from common.events import ConnectionKind, Dataset, Trouble
from common.events.types import Model
from connector.settings import ORIGIN

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"  # no control characters: PostgreSQL keeps no NUL, and a page no line breaks


class ConnectRequest(Model, extra="forbid"):
    """What the product's server wants: a connection for one of its assignments.

    A field that isn't one of these is refused: misspelt, it would change the wish without a word.
    """

    reference: str = Field(min_length=1, max_length=200, pattern=PRINTABLE, examples=["uppdrag-4711"])
    """The product's own reference for the assignment; comes back in events."""
    origin: str = Field(max_length=200, pattern=f"^({ORIGIN.pattern})$", examples=["https://bokslut.example"])
    """Of the page that opens the popup, and the only one that is told the result."""
    expected_organisation_number: str | None = Field(
        default=None, repr=False, max_length=20, pattern=r"[0-9]", examples=["556677-8899"]
    )
    """Without digits nothing would be compared, although a comparison is wanted."""
    kind: ConnectionKind = ConnectionKind.SERVICE_ACCOUNT
    datasets: tuple[Dataset, ...] = ()
    """What will be read. Without any, and without `vouchers`, the connection tells who the company is and no more."""
    vouchers: bool = Field(default=False, strict=True)
    """Whether vouchers will be booked."""
    connection_id: UUID | None = None
    """To connect again what was lost; the connection keeps its id."""
    forwardable: bool = Field(default=False, strict=True)
    """The address is for somebody else, such as the company's administrator: send it to them instead of opening it.

    It lives for FORWARDED_LINK_DAYS. Without this, too, the page lets a person forward the address, when it turns out
    that somebody else must approve.
    """
    asked_by: str | None = Field(
        default=None, repr=False, max_length=200, pattern=PRINTABLE, examples=["Eva Ek, Byrån AB"]
    )
    """Who asks, shown on the page: name and firm. Needed for a forwardable address."""
    company_name: str | None = Field(
        default=None, repr=False, max_length=200, pattern=PRINTABLE, examples=["Exempelbolaget AB"]
    )
    """The company as the product knows it, shown on the page, so that the right one is chosen at Fortnox."""

    @model_validator(mode="after")
    def _says_who_asks(self) -> Self:
        """Nobody should approve what a stranger asks for."""
        if self.forwardable and not (self.asked_by or "").strip():
            raise PydanticCustomError("asked_by", "asked_by is needed for a forwardable address")
        return self


class Begun(Model):
    """A session: open `url` in a popup before it expires."""

    session_id: UUID
    connection_id: UUID
    url: str = Field(repr=False)
    expires_at: datetime


class SessionState(Model):
    """How far a session has come.

    `open` (nobody has pressed the button), `started` (somebody is at Fortnox), `connected`, `failed` (`trouble` says
    why; until `expires_at` the person may try again from the popup, and then it is `started` once more) or `expired`.
    """

    session_id: UUID
    connection_id: UUID
    state: str
    expires_at: datetime
    forwarded: bool
    """Somebody else than who asked is meant to open the address."""
    trouble: Trouble | None = None
    limitations: tuple[Trouble, ...] = ()
    """Of a connected one: what can't be done, because Fortnox granted less than was asked for."""
    upgrade: Trouble | None = None
    """Of a connected one: a service account was asked for, and it fell back to a refresh token; how to mend that."""


def digits(organisation_number: str | None) -> str:
    """Ten digits: without hyphen, and without the century that a personal number may have in front."""
    return re.sub(r"\D", "", organisation_number or "")[-10:]
