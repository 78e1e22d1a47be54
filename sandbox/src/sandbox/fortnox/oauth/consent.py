"""`/oauth-v1/auth`: what is asked for is checked, a person decides, and the browser is sent back (facts 1.1, 1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.fortnox.oauth import outcomes, pages
from sandbox.fortnox.oauth.grants import Application
from sandbox.fortnox.world import World

KEPT = ("client_id", "response_type", "state", "scope", "redirect_uri", "access_type", "account_type")
UNKNOWN_CLIENT = "Auth code or ClientID supplied is invalid"
NO_SERVICE_ACCOUNT = "Client does not allow service account"


class Problem(Exception):
    """Nothing can be asked: a page says so."""


class Consent:
    """The page where a person of the company consents."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, request: Request) -> Response:
        """Shows the page, or sends the browser straight back where a switch has decided already."""
        if request.method == "HEAD":
            return Response(status_code=501)  # fact 1.1
        asked = {name: value for name, value in request.query_params.items() if name in KEPT}
        try:
            application = self._check(asked)
        except Problem as problem:
            return HTMLResponse(pages.problem(str(problem)), 400)
        if not set(asked["scope"].split()) <= application.scopes:
            return _back(asked, {"error": "invalid_scope"})  # before any login
        return HTMLResponse(pages.consent(asked, application.name, list(self._world.companies.values())))

    async def decide(self, request: Request) -> Response:
        """The person has pressed a button."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        asked = {name: form[name] for name in KEPT if name in form}
        try:
            self._check(asked)
            return self._outcome(asked, form)
        except Problem as problem:
            return HTMLResponse(pages.problem(str(problem)), 400)

    def _check(self, asked: dict[str, str]) -> Application:
        application = self._world.grants.applications.get(asked.get("client_id", ""))
        if application is None or not application.active:
            raise Problem(UNKNOWN_CLIENT)
        asked.setdefault("redirect_uri", next(iter(application.redirect_uris), ""))
        registered = not application.redirect_uris or asked["redirect_uri"] in application.redirect_uris
        if not registered or not asked["redirect_uri"].startswith(("http://", "https://")):
            raise Problem("Redirect URI mismatch")
        if asked.get("response_type") != "code" or not asked.get("scope") or not asked.get("state"):
            raise Problem("Missing or invalid parameter")
        if asked.get("account_type", "service") != "service":
            raise Problem("Invalid account_type")
        if "account_type" in asked and not application.service_accounts:
            raise Problem(NO_SERVICE_ACCOUNT)
        return application

    def _outcome(self, asked: Mapping[str, str], form: Mapping[str, str]) -> Response:
        outcome = self._world.switches.consent_outcome or form.get("outcome") or form.get("decision", "deny")
        company = self._world.companies.get(int(form.get("tenant") or 0))
        if outcome in outcomes.REDIRECT_ERRORS:
            return _back(asked, {"error": outcomes.REDIRECT_ERRORS[outcome]})
        if outcome == outcomes.BARE:
            return RedirectResponse(asked["redirect_uri"], 302)
        if outcome == outcomes.NO_SERVICE_ACCOUNT:
            raise Problem(NO_SERVICE_ACCOUNT)
        if outcome == outcomes.NO_OAUTH or company is None:
            raise Problem(UNKNOWN_CLIENT)
        withheld = outcome.removeprefix(outcomes.WITHOUT) if outcome.startswith(outcomes.WITHOUT) else ""
        return self._approved(asked, company.tenant, withheld)

    def _approved(self, asked: Mapping[str, str], tenant: int, withheld: str) -> Response:
        profile = self._world.companies[tenant].profile
        scopes = tuple(scope for scope in asked["scope"].split() if scope != withheld)
        if not profile.has_integration_licence:
            return _back(asked, {"error": "error_missing_app_license"})
        if not set(scopes) <= profile.licences:  # one unlicensed scope fails the whole (fact 0.11)
            return _back(asked, {"error": "error_missing_license"})
        service = asked.get("account_type") == "service"
        grant = self._world.grants.consent(asked["client_id"], tenant, scopes, service=service)
        return _back(asked, {"code": self._world.grants.issue_code(grant, asked["redirect_uri"])})


def _back(asked: Mapping[str, str], answer: Mapping[str, str]) -> Response:
    separator = "&" if "?" in asked["redirect_uri"] else "?"
    return RedirectResponse(asked["redirect_uri"] + separator + urlencode({**answer, "state": asked["state"]}), 302)
