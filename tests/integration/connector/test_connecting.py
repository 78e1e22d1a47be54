"""The popup, from the product's wish to the first call, and every way in which it goes wrong."""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

import fortnox
from common.leases import Leases, Purpose

ORIGIN = "https://bokslut.example"
DAY = 24 * 3600


def told(page: httpx.Response) -> Any:
    """What the page tells its opener, and to which origin."""
    found = re.search(r'data-message="([^"]*)" data-origin="([^"]*)"', page.text)
    assert found
    return json.loads(html.unescape(found[1])) if found[1] else None, found[2]


async def failed(scene: Any, replica: Any, begun: dict[str, Any], page: httpx.Response, code: str) -> None:
    """The page, the session and the event all tell the same."""
    assert f"Felkod: {code}" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    message, origin = told(page)
    assert (message["state"], message["code"], origin) == ("failed", code, ORIGIN)
    state = (await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()
    assert (state["state"], state["trouble"]["code"]) == ("failed", code)
    assert html.escape(state["trouble"]["next_step"]) in page.text
    [event] = await scene.said("connect.failed")
    assert (event["trouble"]["code"], event["session_id"]) == (code, begun["session_id"])
    assert event["connection_id"] == begun["connection_id"]
    assert await scene.said("connection.established") == []


@pytest.mark.parametrize("kind", ["service_account", "refresh_token"])
async def test_a_company_is_connected_and_can_be_called(scene: Any, replica: Any, tenant: int, kind: str) -> None:
    begun = await scene.begin(replica, kind=kind)

    page = await scene.browser(replica).connect(begun["url"], tenant=tenant)

    message, origin = told(page)
    assert origin == ORIGIN
    assert message == {
        "type": "bokbrygga.connect",
        "session_id": begun["session_id"],
        "connection_id": begun["connection_id"],
        "state": "connected",
        "code": None,
    }
    state = (await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()
    assert state["state"] == "connected"
    [event] = await scene.said()
    assert (event["type"], event["status"], event["kind"]) == ("connection.established", "active", kind)
    assert (event["tenant"], event["missing_scopes"], event["reference"]) == (tenant, [], "uppdrag 1")
    assert (event["upgrade"] is None) == (kind == "service_account")  # the other can be upgraded
    assert (state["limitations"], state["upgrade"]) == ([], None)
    assert (event["valid_until"] is None) == (kind == "service_account")

    leases = Leases("https://connector.example", "sandbox-secret-of-the-tests", transport=replica.transport)
    async with (
        leases.session(begun["connection_id"], Purpose.IMPORT) as permits,
        fortnox.Client(permits, base_url="http://fortnox.example", transport=scene.fortnox) as client,
    ):
        years = await client.financial_years()
    await leases.close()
    assert years


async def test_the_browser_that_began_may_begin_anew_and_no_other(scene: Any, replica: Any, tenant: int) -> None:
    begun = await scene.begin(replica)
    browser, other = scene.browser(replica), scene.browser(replica)
    first = await browser.depart(begun["url"])

    refused = await other.depart(begun["url"])
    again = await browser.depart(begun["url"])

    assert (first.status_code, refused.status_code, again.status_code) == (303, 409, 303)
    assert "connect.link-used" in refused.text
    stale = await browser.open(await browser.decide(first.headers["location"], tenant=tenant))
    assert "connect.unknown-state" in stale.text
    page = await browser.open(await browser.decide(again.headers["location"], tenant=tenant))
    assert "är anslutet" in page.text


async def test_the_wrong_company_is_refused_by_its_number(scene: Any, replica: Any) -> None:
    tenant = await scene.company(organisation_number="556677-8899")
    begun = await scene.begin(replica, expected_organisation_number="556016-0680")

    page = await scene.browser(replica).connect(begun["url"], tenant=tenant)

    await failed(scene, replica, begun, page, "connect.wrong-organisation-number")
    assert "556677" not in page.text
    await replica.upkeep.round()
    assert await scene.pool.fetchval("select count(*) from grants") == 0


@pytest.mark.parametrize("written", ["5566778899", "556677-8899", "165566778899", " 556677 8899 "])
async def test_the_right_number_may_be_written_in_many_ways(scene: Any, replica: Any, written: str) -> None:
    tenant = await scene.company(organisation_number="556677-8899")

    assert await scene.connected(replica, tenant, expected_organisation_number=written)


@pytest.mark.parametrize("written", ["", "-", "okänt"])
async def test_an_expected_number_without_digits_is_no_leave_to_connect_any_company(replica: Any, written: str) -> None:
    wish = {"reference": "1", "origin": ORIGIN, "expected_organisation_number": written}

    answer = await replica.http.post("/v1/connect-sessions", json=wish)

    assert (answer.status_code, answer.json()["code"]) == (422, "http.invalid-request")
    assert "expected_organisation_number" in answer.json()["english"]


@pytest.mark.parametrize("misspelt", [{"vochers": True}, {"dataset": ["sie4"]}, {"expected_orgnr": "556677-8899"}])
async def test_a_misspelt_field_doesnt_change_the_wish_in_silence(replica: Any, misspelt: dict[str, Any]) -> None:
    answer = await replica.http.post("/v1/connect-sessions", json={"reference": "1", "origin": ORIGIN} | misspelt)

    assert (answer.status_code, answer.json()["code"]) == (422, "http.invalid-request")
    assert next(iter(misspelt)) in answer.json()["english"]


async def test_a_bare_answer_loaded_again_tells_the_same(scene: Any, replica: Any, tenant: int) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], "bare", tenant)

    pages = [await browser.open(back) for _ in range(3)]

    assert "connect.account-locked" in pages[0].text
    assert len({page.text for page in pages}) == 1


async def test_another_company_with_the_same_number_is_refused_when_connecting_again(scene: Any, replica: Any) -> None:
    tenant = await scene.company(organisation_number="556677-8899")
    double = await scene.company(organisation_number="556677-8899")
    connection = await scene.connected(replica, tenant)
    begun = await scene.begin(replica, connection_id=str(connection), expected_organisation_number="5566778899")

    page = await scene.browser(replica).connect(begun["url"], tenant=double)

    assert "connect.wrong-company" in page.text
    assert begun["connection_id"] == str(connection)
    assert (await replica.lease(connection))["tenant"] == tenant


async def test_a_consent_to_the_wrong_company_keeps_those_alive_who_live_by_it(scene: Any, replica: Any) -> None:
    """The new consent replaced the old one, so its tokens are theirs now."""
    tenant = await scene.company(organisation_number="556677-8899")
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    begun = await scene.begin(replica, kind="refresh_token", expected_organisation_number="556016-0680")

    page = await scene.browser(replica).connect(begun["url"], tenant=tenant)

    assert "connect.wrong-organisation-number" in page.text
    await scene.forget_access_tokens()
    assert (await replica.lease(connection))["access_token"]


@pytest.mark.parametrize("query", ["code=abc&state=made-up", "error=access_denied&state=made-up", "code=abc", ""])
async def test_an_answer_to_nothing_has_a_page(scene: Any, replica: Any, query: str) -> None:
    page = await scene.browser(replica).open(f"https://connector.example/connect/callback?{query}")

    assert "connect.unknown-state" in page.text
    assert told(page) == (None, "")


async def test_loading_the_last_page_again_shows_it_again(scene: Any, replica: Any, tenant: int) -> None:
    begun = await scene.begin(replica)
    browser = scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], tenant=tenant)
    calls = len(await scene.token_calls())

    pages = [await browser.open(back) for _ in range(3)]

    assert len({page.text for page in pages}) == 1
    assert "är anslutet" in pages[0].text
    assert len(await scene.token_calls()) == calls + 2  # the code and the service account, once
    assert [event["type"] for event in await scene.said()] == ["connection.established"]


@pytest.mark.parametrize("approved", [True, False])
async def test_the_last_page_loaded_without_its_cookie_says_nothing_more_of_the_session(
    scene: Any, replica: Any, tenant: int, approved: bool
) -> None:
    begun = await scene.begin(replica)
    browser = scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], "approve" if approved else "deny", tenant)
    await browser.open(back)
    await scene.advance(3600)
    browser.http.cookies.clear()

    pages = [await browser.open(back) for _ in range(2)]

    assert [told(page) for page in pages] == [(None, "")] * 2
    assert [event["type"] for event in await scene.said()] == [
        "connection.established" if approved else "connect.failed"
    ]


async def test_a_session_that_ran_out_says_so(scene: Any, replica: Any, tenant: int) -> None:
    begun, unused = await scene.begin(replica), await scene.begin(replica)
    browser = scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], tenant=tenant)
    await scene.advance(DAY)

    late = await scene.browser(replica).open(unused["url"])
    page = await browser.open(back)

    await failed(scene, replica, begun, page, "connect.session-expired")
    assert "connect.session-expired" in late.text
    await replica.upkeep.round()
    await replica.upkeep.round()
    state = (await replica.http.get(f"/v1/connect-sessions/{unused['session_id']}")).json()
    assert state["state"] == "expired"
    assert {event["session_id"] for event in await scene.said("connect.failed")} == {
        begun["session_id"],
        unused["session_id"],
    }


async def test_where_the_service_account_doesnt_work_the_refresh_token_does(
    scene: Any, replica: Any, tenant: int
) -> None:
    begun = await scene.begin(replica, kind="service_account")
    await scene.simulator.fault("POST /oauth-v1/token", "status-401", skip=1)

    page = await scene.browser(replica).connect(begun["url"], tenant=tenant)

    [event] = await scene.said("connection.established")
    assert event["kind"] == "refresh_token"
    state = (await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()
    assert state["upgrade"] == event["upgrade"]
    assert event["upgrade"]["code"] == "connection.personal"
    assert event["upgrade"]["swedish"] in page.text
    await scene.forget_access_tokens()
    assert (await replica.lease(begun["connection_id"]))["access_token"]


async def test_two_assignments_share_a_company_and_its_consent(scene: Any, replica: Any, tenant: int) -> None:
    first = await scene.connected(replica, tenant, kind="refresh_token", datasets=["sie4"], vouchers=False)

    second = await scene.connected(replica, tenant, kind="refresh_token", reference="uppdrag 2")

    assert first != second
    assert await scene.pool.fetchval("select count(*) from grants") == 1
    assert [(event["type"], event["connection_id"]) for event in await scene.said()] == [
        ("connection.established", str(first)),
        ("connection.established", str(second)),
        ("connection.renewed", str(first)),
    ]
    for connection in (first, second):
        await scene.forget_access_tokens()
        assert (await replica.lease(connection))["access_token"]


async def test_what_was_asked_for_and_not_granted_is_told_and_asked_for_again(
    scene: Any, replica: Any, tenant: int
) -> None:
    begun = await scene.begin(replica)
    await scene.browser(replica).connect(begun["url"], "without-payment", tenant)
    [event] = await scene.said()
    assert event["missing_scopes"] == ["payment"]

    begun = await scene.begin(replica, datasets=["sie4"], vouchers=False, connection_id=begun["connection_id"])
    departed = await scene.browser(replica).depart(begun["url"])

    assert set(parse_qs(urlsplit(departed.headers["location"]).query)["scope"][0].split()) == {
        *event["scopes"],
        "payment",
    }


async def test_only_known_origins_are_told_anything(replica: Any) -> None:
    wish = {"reference": "1", "origin": "https://evil.example"}

    answer = await replica.http.post("/v1/connect-sessions", json=wish)

    assert answer.status_code == 403
    assert answer.json()["code"] == "connect.origin-not-allowed"


async def test_what_isnt_there_cant_be_connected_again(replica: Any) -> None:
    wish = {"reference": "1", "origin": ORIGIN, "connection_id": str(uuid4())}

    answer = await replica.http.post("/v1/connect-sessions", json=wish)

    assert (answer.status_code, answer.json()["code"]) == (404, "connection.unknown")


async def test_disconnecting_one_leaves_the_other(scene: Any, replica: Any, tenant: int) -> None:
    first = await scene.connected(replica, tenant, kind="refresh_token")
    second = await scene.connected(replica, tenant, kind="refresh_token")

    assert (await replica.http.delete(f"/v1/connections/{first}")).status_code == 204
    await replica.upkeep.round()

    assert (await replica.lease(first, expect=409))["code"] == "connection.removed"
    await scene.forget_access_tokens()
    assert (await replica.lease(second))["access_token"]
    removed, tombstone = (await scene.said())[-2:]
    assert (removed["type"], removed["status"], removed["connection_id"]) == (
        "connection.removed",
        "removed",
        str(first),
    )
    assert (tombstone["type"], tombstone["key"]) == (None, str(first))


async def test_with_the_last_connection_the_consent_and_every_secret_go(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    other = await scene.replica()
    said = len(await scene.said())

    for _ in range(2):  # the second time nothing happens
        assert (await other.http.delete(f"/v1/connections/{connection}")).status_code == 204
    await scene.simulator.fault("POST /oauth-v1/revoke", "status-500-before")
    await replica.upkeep.round()
    assert await scene.pool.fetchval("select count(*) from grants") == 1  # it will be tried again
    await scene.advance(120)
    await replica.upkeep.round()

    assert await scene.pool.fetchval("select count(*) from grants") == 0
    assert [call["status"] for call in await scene.simulator.calls() if call["path"] == "/oauth-v1/revoke"][-1] == 200
    assert len(await scene.said()) == said + 2
    assert (await replica.lease(connection, expect=409))["code"] == "connection.removed"
    assert (await replica.http.get(f"/v1/connections/{connection}")).status_code == 409
    assert UUID(str(connection)) != await scene.connected(replica, tenant)
