"""Whose books a connection leads to, remembered from its events: the heading of the receipts' document."""

from common.database import Connection
from common.events import ConnectionRemoved, Event
from common.events.connections import ConnectionState
from common.organisation_number import legal_entity
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
