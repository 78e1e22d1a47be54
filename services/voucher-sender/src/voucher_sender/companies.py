"""Whose books a connection leads to, remembered from its events: the heading of the receipts' document."""

import re

from common.database import Connection
from common.events import ConnectionRemoved, Event
from common.events.connections import ConnectionState
from voucher_sender.repository import Companies


async def remember(connection: Connection, event: Event[ConnectionState]) -> None:
    state = event.data
    await Companies(connection).remember(
        state.connection_id,
        state.tenant,
        state.company_name,
        legal_entity(state.organisation_number),
        removed=isinstance(state, ConnectionRemoved),
    )


def legal_entity(organisation_number: str) -> str | None:
    """The number of a legal entity, as it is written; None for a sole trader's, which is a personal number.

    A legal entity's third digit is 2 or more; there a personal number has the first digit of a month.
    """
    digits = re.sub(r"\D", "", organisation_number)[-10:]
    return f"{digits[:6]}-{digits[6:]}" if len(digits) == 10 and digits[2] >= "2" else None
