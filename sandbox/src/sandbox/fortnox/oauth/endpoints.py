"""`/oauth-v1/token` and `/oauth-v1/revoke`, odd content types included (facts 1.2, 1.6, 1.7)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import Response

from sandbox.fortnox.oauth.grants import Application, Grant
from sandbox.fortnox.oauth.tokens import LIFE_SECONDS
from sandbox.fortnox.world import World


class OAuthError(Exception):
    """An error of the token endpoint."""

    def __init__(self, status: int, error: str, description: str, content_type: str = "application/json") -> None:
        super().__init__(error)
        self.status, self.error, self.description, self.content_type = status, error, description, content_type


def invalid_grant(description: str = "Invalid refresh token") -> OAuthError:
    """Recorded with text/html around a JSON body (fact 0.3)."""
    return OAuthError(400, "invalid_grant", description, "text/html; charset=UTF-8")


class Tokens:
    """The token and the revocation endpoint."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def token(self, request: Request) -> Response:
        try:
            application, form = await self._authenticated(request)
            grants = {
                "authorization_code": self._code,
                "refresh_token": self._refresh,
                "client_credentials": self._service,
            }
            grant = grants.get(form.get("grant_type", ""))
            if grant is None:
                raise OAuthError(400, "unsupported_grant_type", "Grant type not supported")
            return grant(application, form, request.headers)
        except OAuthError as error:
            return _error(error)

    async def revoke(self, request: Request) -> Response:
        """Always says that it is done, also of a token that never was (fact 1.6)."""
        try:
            application, form = await self._authenticated(request)
        except OAuthError as error:
            return _error(error)
        self._world.grants.revoke(form.get("token", ""), application.id)
        return _json({"revoked": True})

    async def _authenticated(self, request: Request) -> tuple[Application, dict[str, str]]:
        client_id, _, secret = _basic(request.headers.get("authorization", ""))
        application = self._world.grants.applications.get(client_id)
        if application is None or not hmac.compare_digest(application.secret.encode(), secret.encode()):
            raise OAuthError(401, "invalid_client", "The client credentials are invalid", "text/plain;charset=UTF-8")
        return application, dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))

    def _code(self, application: Application, form: Mapping[str, str], _: Mapping[str, str]) -> Response:
        redirect_uri = form.get("redirect_uri") or next(iter(application.redirect_uris), "")
        grant = self._world.grants.redeem_code(form.get("code", ""), application.id, redirect_uri)
        if grant is None:
            raise invalid_grant("Invalid authorization code")
        self._check_licences(grant)
        return self._tokens(grant, self._world.grants.new_refresh_token(grant))

    def _refresh(self, application: Application, form: Mapping[str, str], _: Mapping[str, str]) -> Response:
        value = form.get("refresh_token", "")
        if (holder := self._world.grants.holder(value)) is not None:
            self._check_licences(holder)  # before the token is spent: a missing licence is no reason to log in again
        spent = self._world.grants.spend(value, application.id)
        if spent is None:
            raise invalid_grant()
        grant, successor = spent
        return self._tokens(grant, successor)

    def _service(self, application: Application, form: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """Client credentials: needs a consent with `account_type=service`; `TenantId` names the company."""
        tenant = headers.get("tenantid", "")
        if not tenant.isdecimal():
            raise OAuthError(400, "invalid_request", "TenantId header is missing or invalid")
        grant = self._world.grants.grants.get((application.id, int(tenant)))
        if grant is None or not grant.alive or not grant.service:
            raise OAuthError(400, "invalid_grant", "No consent for this tenant")
        self._check_licences(grant)
        scopes = tuple(form["scope"].split()) if form.get("scope") else grant.scopes
        if not set(scopes) <= set(grant.scopes):
            raise OAuthError(400, "invalid_scope", "The scope requested is invalid for this consent")
        return self._tokens(grant, None, scopes)

    def _check_licences(self, grant: Grant) -> None:
        company = self._world.companies.get(grant.tenant)
        if company is None or not company.profile.has_integration_licence:
            raise OAuthError(401, "error_missing_app_license", "Missing app license")
        checked = self._world.switches.licences_checked_for_tokens
        if checked and not set(grant.scopes) <= company.profile.licences:
            raise OAuthError(401, "error_missing_license", "Missing license")

    def _tokens(self, grant: Grant, refresh_token: str | None, scopes: tuple[str, ...] | None = None) -> Response:
        """The recorded order of keys (fact 1.2)."""
        scopes = scopes or grant.scopes
        access_token = self._world.grants.mint.access_token(grant.client_id, grant.tenant, scopes, grant.epoch)
        body: dict[str, object] = {
            "access_token": access_token,
            "expires_in": LIFE_SECONDS,
            "token_type": "bearer",
            "scope": " ".join(scopes),
        }
        if refresh_token is not None:
            body["refresh_token"] = refresh_token
        return _json(body)


def _basic(header: str) -> tuple[str, str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", "", ""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", "", ""
    return unquote(user), colon, unquote(password)


def _json(body: object, status: int = 200, content_type: str = "application/json") -> Response:
    headers = {"content-type": content_type, "cache-control": "no-store", "server": "Fortnox"}
    return Response(json.dumps(body, separators=(",", ":")).encode(), status, headers)


def _error(error: OAuthError) -> Response:
    body = {"error": error.error, "error_description": error.description}
    return _json(body, error.status, error.content_type)
