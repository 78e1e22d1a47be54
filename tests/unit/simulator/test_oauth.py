"""Facts 0–1: consent, three grants, rotation, odd content types, the gateway."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from sandbox.fortnox.control import Simulator, SimulatorError

CLIENT = ("the-client", "the-secret")
CALLBACK = "https://product.example/back"
TENANT = 4711


def authorise_url(**changed: str) -> str:
    query = {"client_id": "the-client", "response_type": "code", "state": "a b&c", "scope": "bookkeeping invoice"}
    return str(httpx.URL("http://fortnox/oauth-v1/auth", params={**query, "redirect_uri": CALLBACK, **changed}))


async def token(http: httpx.AsyncClient, *, auth: tuple[str, str] = CLIENT, **form: Any) -> httpx.Response:
    return await http.post("/oauth-v1/token", data=form, auth=auth)


async def refresh(http: httpx.AsyncClient, value: str) -> httpx.Response:
    return await token(http, grant_type="refresh_token", refresh_token=value)


async def test_the_consent_page_is_in_swedish_and_lists_the_companies(sim: Simulator, http: httpx.AsyncClient) -> None:
    page = await http.get(authorise_url())

    assert page.status_code == 200
    assert "Godkänn" in page.text
    assert "Avböj" in page.text
    assert "Smörgåsen &amp; Söner AB" in page.text


async def test_approval_sends_a_code_and_the_state_back_unchanged(sim: Simulator) -> None:
    back = httpx.URL(await sim.consent(authorise_url(), tenant=TENANT))

    assert str(back).startswith(CALLBACK)
    assert back.params["state"] == "a b&c"
    assert back.params["code"]


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        ("deny", "access_denied"),
        ("missing-licence", "error_missing_license"),
        ("missing-app-licence", "error_missing_app_license"),
        ("missing-admin", "error_missing_system_admin_right"),
        ("invalid-scope", "invalid_scope"),
    ],
)
async def test_what_goes_wrong_comes_back_as_an_error(sim: Simulator, outcome: str, error: str) -> None:
    back = httpx.URL(await sim.consent(authorise_url(), outcome, TENANT))

    assert dict(back.params) == {"error": error, "state": "a b&c"}


async def test_a_locked_customer_account_comes_back_with_neither_code_nor_state(sim: Simulator) -> None:
    assert await sim.consent(authorise_url(), "bare", TENANT) == CALLBACK


async def test_a_scope_that_the_portal_lacks_is_refused_before_any_login(
    sim: Simulator, http: httpx.AsyncClient
) -> None:
    await sim.add_application("narrow", "secret", scopes=["bookkeeping"])

    answer = await http.get(authorise_url(client_id="narrow"))

    assert httpx.URL(answer.headers["location"]).params["error"] == "invalid_scope"


async def test_one_unlicensed_scope_fails_the_whole_consent(sim: Simulator) -> None:
    await sim.remove_licence(TENANT, "invoice")

    back = httpx.URL(await sim.consent(authorise_url(), tenant=TENANT))

    assert back.params["error"] == "error_missing_license"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"client_id": "nobody"}, "Auth code or ClientID supplied is invalid"),
        ({"account_type": "other"}, "Invalid account_type"),
        ({"response_type": "token"}, "Missing or invalid parameter"),
    ],
)
async def test_nonsense_gets_a_page_and_no_redirect(
    sim: Simulator, http: httpx.AsyncClient, changed: dict[str, str], text: str
) -> None:
    answer = await http.get(authorise_url(**changed))

    assert answer.status_code == 400
    assert text in answer.text


async def test_an_application_without_service_accounts_is_told_so(sim: Simulator, http: httpx.AsyncClient) -> None:
    await sim.add_application("plain", "secret", service_accounts=False)

    answer = await http.get(authorise_url(client_id="plain", account_type="service"))

    assert "Client does not allow service account" in answer.text


async def test_a_registered_redirect_address_must_match(sim: Simulator, http: httpx.AsyncClient) -> None:
    await sim.add_application("strict", "secret", redirect_uris=[CALLBACK])

    assert (await http.get(authorise_url(client_id="strict"))).status_code == 200
    assert (await http.get(authorise_url(client_id="strict", redirect_uri="https://evil.example"))).status_code == 400


async def test_head_on_the_authorise_address_is_not_implemented(http: httpx.AsyncClient) -> None:
    assert (await http.head("/oauth-v1/auth")).status_code == 501


async def test_the_token_answer_has_the_recorded_keys_in_order(connect: Any) -> None:
    tokens = await connect("bookkeeping invoice")

    assert list(tokens) == ["access_token", "expires_in", "token_type", "scope", "refresh_token"]
    assert (tokens["expires_in"], tokens["token_type"]) == (3600, "bearer")
    assert tokens["scope"] == "bookkeeping invoice"
    assert len(tokens["refresh_token"]) == 40


async def test_the_access_token_is_a_jwt_of_about_3_kb_that_names_the_tenant(connect: Any) -> None:
    tokens = await connect("bookkeeping")

    part = tokens["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert 2500 < len(tokens["access_token"]) < 4000
    assert claims["tenantId"] == TENANT
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["sub"].endswith("@4711")
    assert claims["scopes"] == ["bookkeeping"]


async def test_a_code_works_once_and_for_ten_minutes(sim: Simulator, http: httpx.AsyncClient) -> None:
    async def exchange(code: str) -> int:
        answer = await token(http, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
        return answer.status_code

    first = httpx.URL(await sim.consent(authorise_url(), tenant=TENANT)).params["code"]
    late = httpx.URL(await sim.consent(authorise_url(), tenant=TENANT)).params["code"]

    assert [await exchange(first), await exchange(first)] == [200, 400]
    await sim.advance(601)
    assert await exchange(late) == 400


async def test_the_exchange_repeats_the_redirect_address(sim: Simulator, http: httpx.AsyncClient) -> None:
    code = httpx.URL(await sim.consent(authorise_url(), tenant=TENANT)).params["code"]

    answer = await token(http, grant_type="authorization_code", code=code, redirect_uri="https://else.example")

    assert answer.status_code == 400


async def test_a_refresh_token_is_spent_by_its_use(connect: Any, http: httpx.AsyncClient) -> None:
    old = (await connect())["refresh_token"]

    first, again = await refresh(http, old), await refresh(http, old)

    assert first.status_code == 200
    assert first.json()["refresh_token"] != old
    assert (again.status_code, again.headers["content-type"]) == (400, "text/html; charset=UTF-8")
    assert again.json() == {"error": "invalid_grant", "error_description": "Invalid refresh token"}
    assert (await refresh(http, first.json()["refresh_token"])).status_code == 200


async def test_reuse_kills_the_family_when_so_switched(sim: Simulator, connect: Any, http: httpx.AsyncClient) -> None:
    await sim.set_switch("refresh_reuse", "family")
    old = (await connect())["refresh_token"]
    new = (await refresh(http, old)).json()["refresh_token"]

    await refresh(http, old)

    assert (await refresh(http, new)).status_code == 400


async def test_reuse_within_the_grace_window_gives_the_same_successor(
    sim: Simulator, connect: Any, http: httpx.AsyncClient
) -> None:
    await sim.set_switch("refresh_reuse_grace_seconds", 30)
    old = (await connect())["refresh_token"]

    first, again = await refresh(http, old), await refresh(http, old)
    await sim.advance(31)
    late = await refresh(http, old)

    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    assert late.status_code == 400


async def test_a_refresh_token_dies_after_31_idle_days(sim: Simulator, connect: Any, http: httpx.AsyncClient) -> None:
    alive, dead = (await connect())["refresh_token"], None

    await sim.advance(30 * 86400)
    dead = (await refresh(http, alive)).json()["refresh_token"]
    await sim.advance(31 * 86400 + 1)

    assert (await refresh(http, dead)).status_code == 400


async def test_wrong_credentials_answer_as_plain_text(sim: Simulator, http: httpx.AsyncClient) -> None:
    answer = await token(http, auth=("the-client", "wrong"), grant_type="refresh_token", refresh_token="x")

    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/plain;charset=UTF-8")
    assert answer.json()["error"] == "invalid_client"


async def test_client_credentials_need_a_service_consent_and_the_tenant(connect: Any, http: httpx.AsyncClient) -> None:
    async def mint(**headers: str) -> httpx.Response:
        form = {"grant_type": "client_credentials"}
        return await http.post("/oauth-v1/token", data=form, auth=CLIENT, headers=headers)

    await connect("bookkeeping")
    assert (await mint(TenantId="4711")).json()["error"] == "invalid_grant"

    await connect("bookkeeping invoice", service=True)
    answer = await mint(TenantId="4711")

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert answer.json()["scope"] == "bookkeeping invoice"
    assert (await mint()).status_code == 400


async def test_a_new_consent_replaces_the_scopes(connect: Any, http: httpx.AsyncClient) -> None:
    await connect("bookkeeping invoice", service=True)
    await connect("bookkeeping", service=True)

    form = {"grant_type": "client_credentials"}
    answer = await http.post("/oauth-v1/token", data=form, auth=CLIENT, headers={"TenantId": "4711"})

    assert answer.json()["scope"] == "bookkeeping"


@pytest.mark.parametrize("known", [True, False])
async def test_revoking_always_says_that_it_is_done(connect: Any, http: httpx.AsyncClient, known: bool) -> None:
    live = (await connect())["refresh_token"]

    form = {"token_type_hint": "refresh_token", "token": live if known else "made-up"}
    answer = await http.post("/oauth-v1/revoke", data=form, auth=CLIENT)

    assert answer.json() == {"revoked": True}
    assert (await refresh(http, live)).status_code == (400 if known else 200)


async def test_a_dead_access_token_meets_the_gateway(sim: Simulator, fortnox: Any) -> None:
    assert (await fortnox.get("companyinformation")).status_code == 200

    await sim.advance(3601)
    answer = await fortnox.get("companyinformation")

    assert (answer.status_code, answer.text) == (401, '{"message":"unauthorized"}')


async def test_a_forged_token_meets_the_gateway(sim: Simulator, http: httpx.AsyncClient, connect: Any) -> None:
    genuine = (await connect())["access_token"]

    answer = await http.get("/3/me", headers={"Authorization": f"Bearer {genuine[:-4]}AAAA"})

    assert answer.status_code == 401


async def test_a_withdrawn_consent_ends_refreshing_and_at_once_also_calling(
    sim: Simulator, fortnox: Any, http: httpx.AsyncClient, connect: Any
) -> None:
    live = await connect()
    fortnox.headers["Authorization"] = f"Bearer {live['access_token']}"

    await sim.revoke_consent(TENANT)
    assert (await refresh(http, live["refresh_token"])).status_code == 400
    assert (await fortnox.get("companyinformation")).status_code == 200

    await sim.revoke_consent(TENANT, at_once=True)
    assert (await fortnox.get("companyinformation")).status_code == 401


async def test_a_missing_licence_for_the_integration_is_no_dead_token(
    sim: Simulator, http: httpx.AsyncClient, connect: Any
) -> None:
    live = (await connect())["refresh_token"]

    await sim.remove_licence(TENANT)

    answer = await refresh(http, live)
    assert (answer.status_code, answer.json()["error"]) == (401, "error_missing_app_license")
    await sim.restore_licence(TENANT)
    await sim.remove_licence(TENANT, "invoice")
    await sim.set_switch("licences_checked_for_tokens", True)
    assert (await refresh(http, live)).json()["error"] == "error_missing_license"
    await sim.restore_licence(TENANT, "invoice")
    assert (await refresh(http, live)).status_code == 200


async def test_the_outcome_of_a_consent_can_be_decided_beforehand(sim: Simulator) -> None:
    await sim.set_switch("consent_outcome", "missing-admin")

    back = httpx.URL(await sim.consent(authorise_url(), "approve", TENANT))

    assert back.params["error"] == "error_missing_system_admin_right"


async def test_the_client_cannot_consent_where_the_page_shows_a_problem(sim: Simulator) -> None:
    with pytest.raises(SimulatorError):
        await sim.consent(authorise_url(client_id="nobody"), tenant=TENANT)
