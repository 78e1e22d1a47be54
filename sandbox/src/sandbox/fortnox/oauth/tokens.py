"""Access tokens: HS256 JWTs of about 3 kB with the claims of fact 1.4."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt

from sandbox.fortnox.clock import Clock

LIFE_SECONDS = 3600
ISSUER = "https://api.fortnox.se/oauth2"
RIGHTS_BYTES = 1_300  # what `rightsAsJson` holds, compressed; makes the token as long as the real ones
UNCHECKED: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False}  # the business clock decides
KNOWN_TOKENS = 5_000  # verified ones that are remembered


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by the access token."""

    client_id: str
    tenant: int
    scopes: frozenset[str]
    epoch: int
    expires: float


class Mint:
    """Makes access tokens and reads them back."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key, self._clock = key, clock
        self._known: OrderedDict[str, Caller] = OrderedDict()

    def access_token(self, client_id: str, tenant: int, scopes: tuple[str, ...], epoch: int) -> str:
        now = int(self._clock.now().timestamp())
        user = 1 + tenant % 97
        identity = f"{epoch:08x}{secrets.token_hex(12)}"
        claims: dict[str, Any] = {
            "userId": user,
            "tenantId": tenant,
            "clientId": client_id,
            "rightsAsJson": _rights(tenant),
            "scopes": list(scopes),
            "authsource": "OAUTH2",
            "id": identity,
            "jti": identity,
            "iss": ISSUER,
            "aud": client_id,
            "sub": f"{user}@{tenant}",
            "exp": now + LIFE_SECONDS,
            "iat": now,
            "token_type": "bearer",
            "scope": " ".join(scopes),
        }
        return jwt.encode(claims, self._key, "HS256")

    def read(self, token: str) -> Caller | None:
        """Whose token it is, or None if it is forged or has run out."""
        caller = self._known.get(token) or self._verified(token)
        if caller is None or caller.expires <= self._clock.now().timestamp():
            return None
        return caller

    def _verified(self, token: str) -> Caller | None:
        try:
            claims = jwt.decode(token, self._key, ["HS256"], options=UNCHECKED)
        except jwt.InvalidTokenError:
            return None
        caller = Caller(
            claims["clientId"],
            claims["tenantId"],
            frozenset(claims["scopes"]),
            int(claims["id"][:8], 16),
            claims["exp"],
        )
        self._known[token] = caller
        if len(self._known) > KNOWN_TOKENS:
            self._known.popitem(last=False)
        return caller


def _rights(tenant: int) -> str:
    """Something of the look and length of the compressed rights of a user."""
    blocks: list[bytes] = []
    seed = f"rights of {tenant}".encode()
    while len(blocks) * 32 < RIGHTS_BYTES:
        seed = hashlib.sha256(seed).digest()
        blocks.append(seed)
    return base64.b64encode(b"".join(blocks)[:RIGHTS_BYTES]).decode()
