"""Where the administrator is somebody else: the address is forwarded, and the session stays what it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

DAY = 24 * 3600
ASKED = {"asked_by": "Eva Ek, Byrån AB", "company_name": "Exempelbolaget AB"}


async def state_of(replica: Any, begun: dict[str, Any]) -> Any:
    return (await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()


def days_left(moment: str) -> float:
    return (datetime.fromisoformat(moment) - datetime.now(UTC)) / timedelta(days=1)


async def test_who_may_not_approve_forwards_the_link_to_who_may(scene: Any, replica: Any, tenant: int) -> None:
    begun, browser = await scene.begin(replica, **ASKED), scene.browser(replica)
    refused = await browser.connect(begun["url"], "missing-admin", tenant)
    assert f'action="{begun["url"]}/forward"' in refused.text

    forwarded = await browser.http.post(f"{begun['url']}/forward")
    told = [await browser.open(forwarded.headers["location"]) for _ in range(2)]

    assert all(f">{begun['url']}</textarea>" in page.text for page in told)
    state = await state_of(replica, begun)
    assert (state["state"], state["forwarded"], state["trouble"]) == ("open", True, None)
    assert 6.9 < days_left(state["expires_at"]) <= 7

    administrator = scene.browser(replica)
    page = await administrator.open(begun["url"])
    assert 'data-goes-on-from=""' in page.text
    assert all(asked in page.text for asked in ASKED.values())
    assert "Fortsätt bara om du känner igen den som begär anslutningen." in page.text
    done = await administrator.connect(begun["url"], tenant=tenant)

    assert "Den som begärde anslutningen får besked i sitt program." in done.text
    assert (await state_of(replica, begun))["state"] == "connected"
    assert "connect.link-used" in (await browser.open(begun["url"])).text
    [_, event] = await scene.said()
    assert (event["type"], event["connection_id"]) == ("connection.established", begun["connection_id"])


async def test_the_product_can_ask_for_such_a_link_itself(scene: Any, replica: Any, tenant: int) -> None:
    begun = await scene.begin(replica, forwardable=True, **ASKED)

    assert 6.9 < days_left(begun["expires_at"]) <= 7
    assert (await state_of(replica, begun))["forwarded"]
    assert "är anslutet" in (await scene.browser(replica).connect(begun["url"], tenant=tenant)).text


async def test_how_long_it_lives_can_be_chosen(scene: Any) -> None:
    replica = await scene.replica(forwarded_link_days=2)

    begun = await scene.begin(replica, forwardable=True, **ASKED)

    assert 1.9 < days_left(begun["expires_at"]) <= 2


@pytest.mark.parametrize("asked_by", [None, "", "  "])
async def test_nobody_is_asked_by_nobody(scene: Any, replica: Any, asked_by: str | None) -> None:
    wish = {"reference": "1", "origin": "https://bokslut.example", "forwardable": True, "asked_by": asked_by}

    answer = await replica.http.post("/v1/connect-sessions", json=wish)

    assert (answer.status_code, answer.json()["code"]) == (422, "http.invalid-request")


async def test_it_is_one_persons_once_it_was_used(scene: Any, replica: Any, tenant: int) -> None:
    begun = await scene.begin(replica, forwardable=True, **ASKED)
    first, second = scene.browser(replica), scene.browser(replica)
    await first.depart(begun["url"])

    page = await second.depart(begun["url"])
    forwarded = await second.http.post(f"{begun['url']}/forward")

    assert "connect.link-used" in page.text
    assert "connect.link-used" in forwarded.text
    assert "är anslutet" in (await first.connect(begun["url"], tenant=tenant)).text


async def test_what_was_under_way_when_it_was_forwarded_ends_there(scene: Any, replica: Any, tenant: int) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], tenant=tenant)
    await browser.http.post(f"{begun['url']}/forward")

    page = await browser.open(back)

    assert "connect.unknown-state" in page.text
    assert (await state_of(replica, begun))["state"] == "open"


async def test_forwarding_again_and_again_doesnt_lengthen_it(scene: Any, replica: Any) -> None:
    begun, browser = await scene.begin(replica), scene.browser(replica)
    ends = set()
    for _ in range(3):
        await browser.open(begun["url"])
        await browser.http.post(f"{begun['url']}/forward")
        ends.add((await state_of(replica, begun))["expires_at"])

    assert len(ends) == 1


async def test_one_that_nobody_used_ends_and_says_so(scene: Any, replica: Any) -> None:
    begun = await scene.begin(replica, forwardable=True, **ASKED)
    await scene.advance(8 * DAY)

    page = await scene.browser(replica).open(begun["url"])
    await replica.upkeep.round()

    assert "Felkod: connect.session-expired" in page.text
    assert "be om en ny" in page.text
    [event] = await scene.said("connect.failed")
    assert (event["session_id"], event["trouble"]["code"]) == (begun["session_id"], "connect.session-expired")


async def test_the_wrong_company_is_as_wrong_for_an_administrator(scene: Any, replica: Any) -> None:
    tenant = await scene.company(organisation_number="556677-8899")
    begun = await scene.begin(replica, forwardable=True, expected_organisation_number="556016-0680", **ASKED)

    page = await scene.browser(replica).connect(begun["url"], tenant=tenant)

    assert "connect.wrong-organisation-number" in page.text
    await replica.upkeep.round()
    assert await scene.pool.fetchval("select count(*) from grants") == 0
