"""Binds a connect session to one browser: a cookie of its own, and PKCE's secret derived from it."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from uuid import UUID

from connector.repository import Session
from connector.tokens.sealed import digest

COOKIE = "bokbrygga_connect_"  # and the session's id: two popups at once don't disturb each other


def cookie_of(session: Session) -> str:
    return f"{COOKIE}{session.id.hex}"


def secret_in(session: Session, cookies: Mapping[str, str]) -> str | None:
    """The secret that the browser has for this session; one of another shape isn't ours."""
    secret = cookies.get(cookie_of(session), "")
    return secret if re.fullmatch(r"[A-Za-z0-9_-]{43}", secret) else None


def bound(session: Session, cookies: Mapping[str, str]) -> bool:
    """Whether this is the browser that began."""
    secret = secret_in(session, cookies)
    if secret is None or not session.browser_hash:
        return False
    return hmac.compare_digest(digest(secret), session.browser_hash)


def sessions_in(cookies: Mapping[str, str]) -> list[UUID]:
    """The sessions that a browser has begun."""
    names = (name.removeprefix(COOKIE) for name in cookies if name.startswith(COOKIE))
    return [UUID(name) for name in names if re.fullmatch(r"[0-9a-f]{32}", name)]


def verifier_in(session: Session, cookies: Mapping[str, str]) -> str:
    """PKCE's secret of the browser that began."""
    return verifier(cookies[cookie_of(session)])


def verifier(secret: str) -> str:
    """PKCE's secret: kept nowhere but in the browser's cookie, from which it is derived."""
    return _base64url(hashlib.sha256(b"pkce/" + secret.encode()).digest())


def challenge(secret: str) -> str:
    """What Fortnox is shown of it beforehand."""
    return _base64url(hashlib.sha256(verifier(secret).encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
