"""The popup against those who would abuse it, and for those who only load its address."""

import html
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest


async def state_of(replica: Any, begun: dict[str, Any]) -> str:
    return str((await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()["state"])


async def test_loading_the_address_burns_nothing(scene: Any, replica: Any, tenant: int) -> None:
    """Mail scanners and previews load it, without cookies and scripts."""
    begun = await scene.begin(replica, company_name="Exempelbolaget <AB>", asked_by="Eva Ek, Byrån AB")

    for method in ("HEAD", "GET", "GET"):
        scanner = scene.browser(replica)
        page = await scanner.http.request(method, begun["url"])
        assert page.status_code == 200
    for told in ("Exempelbolaget <AB>", "Eva Ek, Byrån AB", "uppdrag 1", "bokslut.example", "systemadministratör"):
        assert html.escape(told) in page.text

    assert await state_of(replica, begun) == "open"
    assert "är anslutet" in (await scene.browser(replica).connect(begun["url"], tenant=tenant)).text


@pytest.mark.parametrize(
    ("public_url", "path", "secure"),
    [
        ("https://connector.example", "/connect", True),
        ("https://example.example/fortnox", "/fortnox/connect", True),
        ("http://127.0.0.1:8080", "/connect", False),  # for this machine only
    ],
)
async def test_the_cookie_is_for_this_alone(scene: Any, public_url: str, path: str, secure: bool) -> None:
    replica = await scene.replica(public_url=public_url)
    begun = await scene.begin(replica)
    ticket = begun["url"].removeprefix(f"{public_url}/connect/")
    browser = scene.browser(replica)

    page = await browser.open(f"/connect/{ticket}")

    name, *attributes = page.headers["set-cookie"].split("; ")
    assert name.startswith(f"bokbrygga_connect_{begun['session_id'].replace('-', '')}=")
    assert {"HttpOnly", "SameSite=lax", f"Path={path}"} <= set(attributes)
    assert ("Secure" in attributes) == secure
    assert "Domain" not in page.headers["set-cookie"]
    assert f'action="{public_url}/connect/{ticket}"' in page.text


async def test_the_way_to_fortnox_tells_it_what_it_needs_and_nothing_more(scene: Any, replica: Any) -> None:
    begun = await scene.begin(replica, kind="service_account")

    departed = await scene.browser(replica).depart(begun["url"])

    assert (departed.status_code, departed.headers["referrer-policy"]) == (303, "no-referrer")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(departed.headers["location"]).query).items()}
    assert asked["redirect_uri"] == "https://connector.example/connect/callback"
    assert (asked["access_type"], asked["account_type"]) == ("offline", "service")
    assert asked["code_challenge_method"] == "S256"
    assert begun["url"].rsplit("/", 1)[1] not in departed.headers["location"]


async def test_a_state_is_good_once(scene: Any, replica: Any, tenant: int) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], tenant=tenant)
    await browser.open(back)
    other_code = httpx.URL(await browser.decide(departed.headers["location"], tenant=tenant)).params["code"]

    again = await browser.open(str(httpx.URL(back).copy_set_param("code", other_code)))

    assert "är anslutet" in again.text  # what was told before
    assert sum(call["status"] == 200 for call in await scene.token_calls()) == 2  # code and service account, once
    assert [event["type"] for event in await scene.said()] == ["connection.established"]


async def test_what_an_attacker_began_the_victim_cant_be_made_to_finish(scene: Any, replica: Any, tenant: int) -> None:
    """Else the attacker's company would be the victim's assignment, or the other way about."""
    attackers, victims = await scene.begin(replica, reference="attacker"), await scene.begin(replica)
    attacker, victim = scene.browser(replica), scene.browser(replica)
    departed = await attacker.depart(attackers["url"])
    trap = await attacker.decide(departed.headers["location"], tenant=tenant)
    await victim.depart(victims["url"])

    caught = await victim.open(trap)

    assert "Felkod: connect.other-browser" in caught.text
    assert await scene.token_calls() == []
    assert await state_of(replica, victims) == "started"


async def test_what_the_victim_began_an_attacker_cant_finish(scene: Any, replica: Any, tenant: int) -> None:
    """Not even who has learnt the state, or brings a code of his own without one."""
    attackers, victims = await scene.begin(replica, reference="attacker"), await scene.begin(replica)
    attacker, victim = scene.browser(replica), scene.browser(replica)
    departed = await victim.depart(victims["url"])
    stolen = await victim.decide(departed.headers["location"], tenant=tenant)
    own = await attacker.decide((await attacker.depart(attackers["url"])).headers["location"], tenant=tenant)
    own_code = httpx.URL(own).params["code"]

    without_state = await victim.open(f"/connect/callback?code={own_code}")
    mixed = await attacker.open(str(httpx.URL(stolen).copy_set_param("code", own_code)))

    assert "Felkod: connect.state-reused" in without_state.text
    assert "Svaret är redan mottaget" in without_state.text  # not that it failed: it may just be under way
    assert "Felkod: connect.other-browser" in mixed.text
    assert await scene.token_calls() == []
    assert await scene.said("connection.established") == []


async def test_another_site_cant_press_the_button(scene: Any, replica: Any, tenant: int) -> None:
    """The cookie is Lax: it doesn't come along with another site's POST, so such a one has none."""
    begun, browser = await scene.begin(replica), scene.browser(replica)
    await browser.open(begun["url"])

    forged = [
        await scene.browser(replica).http.post(begun["url"] + more, headers={"origin": "https://evil.example"})
        for more in ("", "/forward")
    ]

    assert all("Felkod: connect.cookies-blocked" in page.text for page in forged)
    assert "är anslutet" in (await browser.connect(begun["url"], tenant=tenant)).text


@pytest.mark.parametrize("planted", ["", "short", "x" * 43 + "!", "x" * 4000])
async def test_a_cookie_that_isnt_of_our_making_is_replaced(scene: Any, replica: Any, planted: str) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    name = f"bokbrygga_connect_{begun['session_id'].replace('-', '')}"
    cookie = {"cookie": f"{name}={planted}"}

    pressed = await browser.http.post(begun["url"], headers=cookie)
    page = await browser.http.get(begun["url"], headers=cookie)

    assert "connect.cookies-blocked" in pressed.text
    assert f"{name}={planted};" not in page.headers["set-cookie"]


async def test_whoever_failed_may_try_again_in_that_browser(scene: Any, replica: Any, tenant: int) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    declined = await browser.connect(begun["url"], "deny", tenant)
    assert f'action="{begun["url"]}"' in declined.text
    refused = await scene.browser(replica).open(begun["url"])

    departed = await browser.http.post(begun["url"])
    page = await browser.open(await browser.decide(departed.headers["location"], tenant=tenant))

    assert "connect.link-used" in refused.text
    assert "är anslutet" in page.text
    assert (await state_of(replica, begun), len(await scene.said("connect.failed"))) == ("connected", 1)
    state = (await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()
    assert state["trouble"] is None


async def test_going_back_to_an_older_answer_offers_to_go_on(scene: Any, replica: Any, tenant: int) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], "deny", tenant)
    await browser.open(back)
    await browser.http.post(begun["url"])

    page = await browser.open(back)

    assert "Felkod: connect.unknown-state" in page.text
    assert f'action="{begun["url"]}"' in page.text
    connected = await browser.connect(begun["url"], tenant=tenant)
    assert "är anslutet" in connected.text
    assert (await browser.open(begun["url"])).text == connected.text


async def test_what_a_narrower_consent_makes_impossible_is_told_in_plain_words(
    scene: Any, replica: Any, tenant: int
) -> None:
    begun = await scene.begin(replica)

    page = await scene.browser(replica).connect(begun["url"], "without-payment", tenant)

    sentence = "Betalningarna får inte läsas. Reskontrorna kan därför inte säkert räknas fram per balansdagen."
    assert sentence in page.text
    assert "inte fullständig" in page.text
    [event] = await scene.said()
    state = (await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()
    connection = (await replica.http.get(f"/v1/connections/{begun['connection_id']}")).json()
    for told in (event, state, connection):
        assert [(one["code"], one["swedish"]) for one in told["limitations"]] == [
            ("connection.without-payment", sentence)
        ]
    assert event["missing_scopes"] == ["payment"]
