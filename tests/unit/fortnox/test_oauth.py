"""The consent address, the three grants and what their errors mean, in the shapes that were recorded."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from fortnox import (
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
    TooManyRequests,
    Unavailable,
)
from fortnox.oauth import OAuth, redirect_error, tenant_of
from fortnox.testing import Said, Script

ISSUED = {
    "access_token": "the access token",
    "expires_in": 3600,
    "token_type": "bearer",
    "scope": "companyinformation bookkeeping",
    "refresh_token": "the refresh token",
}
SPENT = Said(
    400,
    {"error": "invalid_grant", "error_description": "Invalid refresh token"},
    {"Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-store"},
)


def oauth(script: Script) -> OAuth:
    return OAuth("the id", "the secret", transport=script)


def form(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


async def test_the_consent_address_asks_for_what_we_need() -> None:
    async with oauth(Script()) as server:
        url = server.authorise_url("s/1", ["bookkeeping", "invoice"], "https://us.example/back", True, "challenge")
        plain = server.authorise_url("s", ["bookkeeping"], "https://us.example/back", service=False)

    assert url.startswith("https://apps.fortnox.se/oauth-v1/auth?")
    assert "scope=bookkeeping%20invoice" in url
    assert {name: value for name, [value] in parse_qs(urlsplit(url).query).items()} == {
        "client_id": "the id",
        "response_type": "code",
        "state": "s/1",
        "scope": "bookkeeping invoice",
        "redirect_uri": "https://us.example/back",
        "access_type": "offline",
        "account_type": "service",
        "code_challenge": "challenge",
        "code_challenge_method": "S256",
    }
    assert "account_type" not in plain
    assert "code_challenge" not in plain


async def test_a_code_is_exchanged() -> None:
    script = Script(Said(200, ISSUED))

    async with oauth(script) as server:
        tokens = await server.exchange_code("the code", "https://us.example/back", "verifier")

    [request] = script.requests
    assert str(request.url) == "https://apps.fortnox.se/oauth-v1/token"
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"the id:the secret").decode()
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form(request) == {
        "grant_type": "authorization_code",
        "code": "the code",
        "redirect_uri": "https://us.example/back",
        "code_verifier": "verifier",
    }
    assert (tokens.access_token, tokens.refresh_token, tokens.expires_in) == (
        "the access token",
        "the refresh token",
        3600,
    )
    assert tokens.scopes == {"companyinformation", "bookkeeping"}


async def test_a_refresh_spends_the_old_token() -> None:
    script = Script(Said(200, ISSUED))

    async with oauth(script) as server:
        await server.refresh("old")

    assert form(script.requests[0]) == {"grant_type": "refresh_token", "refresh_token": "old"}


async def test_a_service_account_needs_no_refresh_token() -> None:
    script = Script(Said(200, {name: value for name, value in ISSUED.items() if name != "refresh_token"}))

    async with oauth(script) as server:
        tokens = await server.client_credentials(204)

    assert script.requests[0].headers["tenantid"] == "204"
    assert form(script.requests[0]) == {"grant_type": "client_credentials"}
    assert tokens.refresh_token is None


async def test_a_revocation_names_the_token() -> None:
    script = Script(Said(200, {"revoked": True}))

    async with oauth(script) as server:
        await server.revoke("old")

    assert script.requests[0].url.path == "/oauth-v1/revoke"
    assert form(script.requests[0]) == {"token_type_hint": "refresh_token", "token": "old"}


async def test_a_new_refresh_token_is_not_lost_over_a_detail() -> None:
    odd = Said(200, {"access_token": "a", "refresh_token": "r", "expires_in": "soon", "scope": None})

    async with oauth(Script(odd)) as server:
        tokens = await server.refresh("old")

    assert (tokens.refresh_token, tokens.expires_in, tokens.scopes) == ("r", 3600, frozenset())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (SPENT, InvalidGrant),
        (Said(401, {"error": "invalid_client"}, {"Content-Type": "text/plain;charset=UTF-8"}), InvalidClient),
        (Said(401, {"message": "unauthorized"}), InvalidClient),
        (Said(401, {"error": "error_missing_license"}), MissingLicence),
        (Said(401, {"error": "error_missing_app_license"}), MissingAppLicence),
        (Said(400, {"error": "something_new"}), Invalid),
        (Said(429), TooManyRequests),
        (Said(500), OutcomeUnknown),
        (Said(503, b"<html>"), OutcomeUnknown),
        (Said(400, b"<html>"), OutcomeUnknown),
        (Said(200, b'{"access_tok'), OutcomeUnknown),
        (Said(200, {"scope": ""}), OutcomeUnknown),
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
    ],
)
async def test_a_refresh_says_whether_its_token_may_be_spent(
    said: Said | Exception, expected: type[FortnoxError]
) -> None:
    script = Script(said)

    async with oauth(script) as server:
        with pytest.raises(expected) as error:
            await server.refresh("old")

    assert type(error.value) is expected
    assert len(script.requests) == 1


@pytest.mark.parametrize("said", [Said(500), Said(408), httpx.ReadTimeout("slow")])
async def test_what_spends_nothing_can_be_asked_again(said: Said | Exception) -> None:
    async with oauth(Script(said)) as server:
        with pytest.raises(Unavailable):
            await server.client_credentials(204)
        with pytest.raises(Unavailable):
            await server.revoke("old")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("access_denied", Declined),
        ("invalid_scope", InvalidScope),
        ("error_missing_license", MissingLicence),
        ("error_missing_app_license", MissingAppLicence),
        ("error_missing_system_admin_right", NotAdministrator),
        ("<script>", Invalid),
    ],
)
def test_the_way_back_from_the_consent_page_can_bring_an_error(word: str, expected: type[FortnoxError]) -> None:
    error = redirect_error(word)

    assert type(error) is expected
    assert "<" not in str(error)


def test_an_access_token_tells_its_company() -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"tenantId": 204, "sub": "1@204"}).encode()).decode().rstrip("=")

    assert tenant_of(f"head.{claims}.signature") == 204
    assert tenant_of("head.e30.signature") is None
    assert tenant_of("no jwt") is None
