"""All of the connector's SQL, by what it is about. The caller owns the transaction."""

from connector.repository.connections import ConnectionRow, Connections, Use
from connector.repository.grants import Grant, GrantedTokens, Grants
from connector.repository.keys import Keys
from connector.repository.renewals import Renewals
from connector.repository.sessions import Session, Sessions
from connector.repository.slots import Asked, Back, Leased, Slot, Slots, Taken

__all__ = [
    "Asked",
    "Back",
    "ConnectionRow",
    "Connections",
    "Grant",
    "GrantedTokens",
    "Grants",
    "Keys",
    "Leased",
    "Renewals",
    "Session",
    "Sessions",
    "Slot",
    "Slots",
    "Taken",
    "Use",
]
