"""Tokens and company, in clear on one side and as they stand in the database on the other."""

import hashlib
import random
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import Field, ValidationError

from common.events.types import Model
from connector.repository import Grant, GrantedTokens
from connector.tokens.vault import RowKey, SealedKey, Unsealable, Vault
from fortnox.oauth import Tokens


class Company(Model):
    """Who it is. A sole trader's organisation number is a personal number."""

    name: str = Field(repr=False)
    organisation_number: str = Field(repr=False)


class NewKey(NamedTuple):
    """The key of a row that is about to be made."""

    sealed: SealedKey
    key: RowKey


def new_key(vault: Vault, grant_id: UUID) -> NewKey:
    return NewKey(*vault.new_key(_row(grant_id)))


def key_of(vault: Vault, grant: Grant) -> RowKey:
    """Raises Unsealable."""
    return vault.open_key(_row(grant.id), SealedKey(grant.master_key, grant.sealed_key))


def rewrapped(vault: Vault, grant: Grant) -> SealedKey:
    """The grant's key under the current master key. Raises Unsealable."""
    return vault.rewrap(_row(grant.id), SealedKey(grant.master_key, grant.sealed_key))


def seal_company(key: RowKey, company: Company) -> bytes:
    return key.seal("company", company.model_dump_json())


def open_company(key: RowKey, grant: Grant) -> Company:
    """Raises Unsealable."""
    try:
        return Company.model_validate_json(key.open("company", grant.company))
    except ValidationError:
        raise Unsealable("company") from None


def open_access_token(key: RowKey, grant: Grant) -> str:
    return key.open("access_token", grant.access_token)


def open_refresh_token(key: RowKey, grant: Grant) -> str | None:
    return None if grant.refresh_token is None else key.open("refresh_token", grant.refresh_token)


def seal_tokens(key: RowKey, tokens: Tokens, idle_renewal: timedelta) -> GrantedTokens:
    """Ready to be stored. Renewals of idle tokens are spread out in time, by half of it either way."""
    refresh = tokens.refresh_token
    return GrantedTokens(
        access_token=key.seal("access_token", tokens.access_token),
        access_hash=digest(tokens.access_token),
        expires_in=tokens.expires_in,
        refresh_token=None if refresh is None else key.seal("refresh_token", refresh),
        refresh_hash=None if refresh is None else digest(refresh),
        scopes=sorted(tokens.scopes),
        renew_in=idle_renewal * random.uniform(0.5, 1.5),  # noqa: S311  (spreads load, hides nothing)
    )


def digest(secret: str) -> bytes:
    """SHA-256: enough for what is random itself."""
    return hashlib.sha256(secret.encode()).digest()


def _row(grant_id: UUID) -> str:
    return f"grants/{grant_id}"
