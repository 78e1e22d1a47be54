"""OAuth with Fortnox: the consent address, the three grants, and what their errors mean (Fortnox facts 1).

Each call is sent once, on a connection of its own. A refresh token and a code can be spent only once: when
the answer is lost, `OutcomeUnknown` says that they may be gone.
"""

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, urlencode

import httpx

from fortnox._answers import Answer, error_body, error_of, word_of
from fortnox._errors import (
    Declined,
    FortnoxError,
    Invalid,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    MissingAppLicence,
    MissingLicence,
    NotAdministrator,
    NotSent,
    OutcomeUnknown,
    Refused,
    TokenRefused,
    TooManyRequests,
    Unavailable,
    UnreadableAnswer,
)
from fortnox._exchange import AnswerLost, Call, transmit, writing_transport

CALL_TIMEOUT = 30.0  # seconds, connecting included
TOKEN_LIFETIME = 3600  # seconds (fact 1.3), where an answer doesn't say

WORDS: dict[str, type[FortnoxError]] = {
    "invalid_grant": InvalidGrant,
    "invalid_client": InvalidClient,
    "unauthorized_client": InvalidClient,
    "invalid_scope": InvalidScope,
    "access_denied": Declined,
    "error_missing_license": MissingLicence,
    "error_missing_app_license": MissingAppLicence,
    "error_missing_system_admin_right": NotAdministrator,
    "server_error": Unavailable,
    "temporarily_unavailable": Unavailable,
}

__all__ = ["CALL_TIMEOUT", "OAuth", "Tokens", "redirect_error", "tenant_of"]


@dataclass(frozen=True)
class Tokens:
    """What a grant gave; the tokens stay out of `repr`."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: int  # seconds
    scopes: frozenset[str]


class OAuth:
    """Fortnox's authorisation server for one of our apps."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        base_url: str = "https://apps.fortnox.se",
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = CALL_TIMEOUT,
    ) -> None:
        self._client_id = client_id
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        secret = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=transport or writing_transport(timeout),
            headers={"User-Agent": "bokbrygga", "Accept": "application/json", "Connection": "close"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._http.aclose()

    def authorise_url(
        self,
        state: str,
        scopes: Collection[str],
        redirect_uri: str,
        service: bool,
        code_challenge: str | None = None,
    ) -> str:
        """Where the person goes to consent; `service` asks for a service account, which needs an administrator.

        PKCE is sent although no page of Fortnox's promises to honour it (fact 1.1).
        """
        query = {
            "client_id": self._client_id,
            "response_type": "code",
            "state": state,
            "scope": " ".join(scopes),
            "redirect_uri": redirect_uri,
            "access_type": "offline",
        }
        if service:
            query["account_type"] = "service"
        if code_challenge:
            query |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
        return f"{self._base_url}/oauth-v1/auth?{urlencode(query, quote_via=quote)}"

    async def exchange_code(self, code: str, redirect_uri: str, code_verifier: str | None = None) -> Tokens:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if code_verifier:
            form["code_verifier"] = code_verifier
        return _tokens(await self._post("token", form, spends=True), spends=True)

    async def refresh(self, refresh_token: str, *, start_by: float | None = None) -> Tokens:
        """New tokens; the given refresh token is spent. Raises `NotSent` when it isn't under way by `start_by`."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return _tokens(await self._post("token", form, spends=True, start_by=start_by), spends=True)

    async def client_credentials(self, tenant: int, *, start_by: float | None = None) -> Tokens:
        """An access token for a company that has approved a service account; there is no refresh token."""
        form = {"grant_type": "client_credentials"}
        return _tokens(await self._post("token", form, {"TenantId": str(tenant)}, start_by=start_by))

    async def revoke(self, refresh_token: str) -> None:
        """Ends the consent that the token belongs to; says yes to unknown tokens too (fact 1.6)."""
        await self._post("revoke", {"token_type_hint": "refresh_token", "token": refresh_token})

    async def _post(
        self,
        path: str,
        form: dict[str, str],
        headers: dict[str, str] | None = None,
        *,
        spends: bool = False,
        start_by: float | None = None,
    ) -> Answer:
        """The answer, if it is a good one. `spends` says that the call can be made only once."""
        call = Call(
            "POST",
            f"/oauth-v1/{path}",
            timeout=self._timeout,
            body=urlencode(form).encode(),
            headers=self._headers | (headers or {}),
            start_by=start_by,
        )
        lost: type[FortnoxError] = OutcomeUnknown if spends else Unavailable
        try:
            answer = await transmit(self._http, call, _nobody_listens)
        except AnswerLost as reason:
            raise lost(str(call), reason=reason.reason) from None
        error = _error(answer)
        if error is None:
            return answer
        if spends and not isinstance(error, Refused | TooManyRequests | NotSent):
            raise OutcomeUnknown(**error.facts())
        raise error


def redirect_error(word: str) -> FortnoxError:
    """What the `error` of a redirect back from the consent page means."""
    return WORDS.get(word, Invalid)("GET /oauth-v1/auth", reason=word_of(word))


def tenant_of(access_token: str) -> int | None:
    """The DatabaseNumber in an access token, None if it tells none.

    The signature isn't checked (partners can't, fact 1.4): good for knowing, not for trusting.
    """
    try:
        payload = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return int(claims["tenantId"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _error(answer: Answer) -> FortnoxError | None:
    found = error_body(answer.content)
    if found and found.oauth and answer.status not in {408, 429} and answer.status < 500:
        return WORDS.get(found.oauth, Invalid)(answer.call, **answer.known(), reason=found.oauth)
    error = error_of(answer)
    if isinstance(error, TokenRefused):  # a 401 here is about our client, there is no access token
        return InvalidClient(**error.facts())
    return error


def _tokens(answer: Answer, *, spends: bool = False) -> Tokens:
    """Lenient about all but the access token: a refresh token that came must not be lost over a detail."""
    content = answer.content
    access = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(access, str) or not access:
        unreadable = OutcomeUnknown if spends else UnreadableAnswer
        raise unreadable(answer.call, **answer.known(), field="access_token")
    refresh, scope, expires_in = (content.get(name) for name in ("refresh_token", "scope", "expires_in"))
    return Tokens(
        access_token=access,
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        expires_in=_lifetime(expires_in),
        scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
    )


def _lifetime(seconds: object) -> int:
    written = str(seconds)
    return int(written) if written.isdecimal() and len(written) < 10 else TOKEN_LIFETIME


def _nobody_listens(status: int) -> None:
    """OAuth calls take no permit: nobody waits to hear that the answer came."""
