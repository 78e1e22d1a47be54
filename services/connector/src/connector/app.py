"""Wiring: what the connector consists of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from fastapi import FastAPI

from common import database, service
from common.database import Connection
from common.service import Runtime, Service
from connector import api, browser
from connector.announcements import Announcer
from connector.company import Reader
from connector.connect import Connect
from connector.consenting import Consenting
from connector.ending import Ending
from connector.grants import Registry
from connector.keeping import Keeper
from connector.leases import Leasing
from connector.lookups import Lookups
from connector.lookups.refusals import Refusals
from connector.opening import Opening
from connector.pulse import Pulse, feel
from connector.settings import ConnectorSettings
from connector.tokens.mint import CALL_TIMEOUT, Mint
from connector.tokens.purse import Purse
from connector.tokens.upkeep import Upkeep
from connector.tokens.vault import Vault
from connector.views import Views
from fortnox.oauth import OAuth


async def build(runtime: Runtime[ConnectorSettings], fortnox_transport: httpx.AsyncBaseTransport | None = None) -> None:
    """Wires the parts; another transport to Fortnox is for tests."""
    settings, pool, clock = runtime.settings, runtime.pool, runtime.clock
    client_id, idle_renewal = settings.fortnox_client_id, timedelta(days=settings.idle_renewal_days)
    life = timedelta(days=settings.refresh_token_days)
    vault = Vault(settings.master_key_bytes())
    oauth = await runtime.stack.enter_async_context(
        OAuth(
            client_id,
            settings.fortnox_client_secret.get_secret_value(),
            base_url=settings.fortnox_auth_url,
            transport=fortnox_transport,
            timeout=CALL_TIMEOUT,
        )
    )
    announcer = Announcer(runtime.name, runtime.outbox, vault, clock, life)
    keeper = Keeper(pool, lambda: _own_connection(runtime), clock)
    mint = Mint(pool, keeper, oauth, vault, announcer, clock, idle_renewal)
    runtime.stack.push_async_callback(mint.close)
    leasing = Leasing(pool, Purse(pool, vault, mint, clock), client_id, clock)
    registry = Registry(pool, keeper, client_id, vault, announcer, idle_renewal)
    ending = Ending(pool, oauth, vault, announcer)
    reader = Reader(leasing, settings.fortnox_api_url, fortnox_transport)
    origins = frozenset(settings.allowed_origins)
    consenting = Consenting(keeper, oauth, vault, reader, registry, f"{settings.public_url}/connect/callback")
    forwarded_life = timedelta(days=settings.forwarded_link_days)
    opening = Opening(pool, vault, client_id, settings.public_url, origins, forwarded_life)
    connect = Connect(pool, keeper, oauth, opening, consenting, announcer)
    lookups = Lookups(pool, leasing, Refusals(pool, announcer), settings.fortnox_api_url, clock, fortnox_transport)
    runtime.stack.push_async_callback(lookups.memory.close)
    warn_after = life - timedelta(days=settings.expiring_warning_days)
    runtime.parts |= {Leasing: leasing, Registry: registry, Ending: ending, Lookups: lookups, Mint: mint}
    runtime.parts |= {Opening: opening, Connect: connect, Views: Views(pool, announcer, clock)}
    runtime.parts[Upkeep] = upkeep = Upkeep(pool, mint, ending, connect, announcer, clock, warn_after)
    runtime.tasks += [*upkeep.tasks(), Pulse(pool, clock).beat()]


def create_app(settings: ConnectorSettings) -> FastAPI:
    return service.create_app(Service("connector", "connector", settings, build, feel), [api.router, browser.router])


@asynccontextmanager
async def _own_connection(runtime: Runtime[ConnectorSettings]) -> AsyncIterator[Connection]:
    connection = await database.connect(runtime.settings.database_url.get_secret_value(), runtime.schema)
    try:
        yield connection
    finally:
        await connection.close(timeout=2)
