"""`python -m connector rotate-keys`: brings every row's own key under the current master key, under traffic.

Only the row's key is encrypted anew, never its columns: what a replica seals meanwhile, under the row key that it has
in memory, stays readable. Each row is a commit of its own, compared with what was read, so that the command can be
stopped at any moment, started again, and run twice at once.
"""

import argparse
from collections import Counter
from dataclasses import dataclass

import structlog

from common import database
from common.database import Connection
from connector.repository import Grant, Keys
from connector.settings import VaultSettings
from connector.tokens.sealed import key_of, open_company, rewrapped
from connector.tokens.vault import Unsealable, Vault
from connector.wishes import digits

log = structlog.get_logger()

LOT = 200  # rows that are read at once


@dataclass(frozen=True)
class Rotated:
    """What a run did, and what still needs other master keys than the current one."""

    changed: int
    unreadable: int
    """Rows that no given master key opens: of a key that was taken away too early, or tampered with."""
    needed: Counter[str]
    """How many rows and open connect sessions need a master key that isn't the current one, by its id."""


async def rotate(connection: Connection, vault: Vault) -> Rotated:
    """One pass over all rows."""
    changed = unreadable = 0
    keys = Keys(connection)
    lot = await keys.not_under(vault.current, after=None, limit=LOT)
    while lot:
        for row in lot:
            outcome = await _rewrap(keys, vault, row)
            changed, unreadable = changed + (outcome is True), unreadable + (outcome is None)
        lot = await keys.not_under(vault.current, after=lot[-1].id, limit=LOT)
    return Rotated(changed, unreadable, await keys.needed_besides(vault.current))


async def _rewrap(keys: Keys, vault: Vault, grant: Grant) -> bool | None:
    """Whether it was changed; None if it can't be opened."""
    try:
        sealed = rewrapped(vault, grant)
        company = open_company(key_of(vault, grant), grant)
    except Unsealable:
        log.error("key.unreadable", grant=str(grant.id), master_key=grant.master_key)
        return None
    number = vault.fingerprint(digits(company.organisation_number))
    return await keys.change(grant, sealed.master_key, sealed.sealed, number)


async def run(settings: VaultSettings, _arguments: argparse.Namespace) -> int:
    """The command. Exit 0 when nothing needs another master key than the current one any more."""
    vault = Vault(settings.master_key_bytes())
    connection = await database.connect(settings.database_url.get_secret_value(), "connector")
    try:
        done = await rotate(connection, vault)
    finally:
        await connection.close()
    log.info(
        "keys.rotated",
        current=vault.current,
        changed=done.changed,
        unreadable=done.unreadable,
        still_needed=dict(done.needed),
    )
    return 1 if done.needed else 0
