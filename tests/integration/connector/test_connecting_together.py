"""Assignments of one company: the newest consent replaces the others' (Fortnox fact 2) and must not harm them."""

import html
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

NUMBER = "556677-8899"
LITTLE: dict[str, Any] = {"datasets": ["sie4"], "vouchers": False}
MORE = {"invoice", "payment", "settings", "supplier"}
OTHERS_HARMED = "har nu färre behörigheter"


def asked_for(departed: httpx.Response) -> tuple[set[str], bool]:
    """The scopes, and whether a service account is wanted."""
    query = parse_qs(urlsplit(departed.headers["location"]).query)
    return set(query["scope"][0].split()), query.get("account_type") == ["service"]


async def view(replica: Any, connection: UUID | str) -> dict[str, Any]:
    answer = await replica.http.get(f"/v1/connections/{connection}")
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def state(replica: Any, begun: dict[str, Any]) -> dict[str, Any]:
    return (await replica.http.get(f"/v1/connect-sessions/{begun['session_id']}")).json()  # type: ignore[no-any-return]


async def asked_again(
    scene: Any, replica: Any, tenant: int, **wishes: Any
) -> tuple[dict[str, Any], Any, httpx.Response]:
    """Somebody has approved for less than another assignment lives by."""
    begun = await scene.begin(replica, reference="uppdrag 2", **wishes)
    browser = scene.browser(replica)
    page = await browser.connect(begun["url"], tenant=tenant)
    assert "Godkänn en gång till" in page.text, page.text
    assert f'action="{begun["url"]}"' in page.text
    return begun, browser, page


@pytest.mark.parametrize("kind", ["service_account", "refresh_token"])
async def test_who_asks_for_less_approves_once_more_for_both(scene: Any, replica: Any, tenant: int, kind: str) -> None:
    first = await scene.connected(replica, tenant, kind=kind)
    before = await view(replica, first)

    begun, browser, page = await asked_again(scene, replica, tenant, kind=kind, **LITTLE)

    assert (await state(replica, begun))["state"] == "started"
    assert 'data-message=""' in page.text  # nothing has ended
    assert (await view(replica, first))["scopes"] == before["scopes"]
    lock = await replica.http.get(f"/v1/connections/{first}/locked-period")
    assert lock.status_code == 200  # what is under way goes on: the old access token may do more
    departed = await browser.depart(begun["url"])
    assert asked_for(departed) == (set(before["scopes"]), kind == "service_account")
    done = await browser.open(await browser.decide(departed.headers["location"], tenant=tenant))
    assert "Anslutningen är klar" in done.text
    assert OTHERS_HARMED not in done.text
    for connection in (first, begun["connection_id"]):
        now = await view(replica, connection)
        assert (now["kind"], now["missing_scopes"], now["trouble"]) == (kind, [], None)
        await scene.forget_access_tokens()
        assert (await replica.lease(connection))["access_token"]
    assert [event["type"] for event in await scene.said()] == [
        "connection.established",
        "connection.established",
        "connection.renewed",
    ]


async def test_a_personal_consent_doesnt_take_the_service_account_from_another(
    scene: Any, replica: Any, tenant: int
) -> None:
    first = await scene.connected(replica, tenant)

    begun, browser, page = await asked_again(scene, replica, tenant, kind="refresh_token")

    assert "systemadministratör" in page.text
    departed = await browser.depart(begun["url"])
    assert asked_for(departed)[1]
    done = await browser.open(await browser.decide(departed.headers["location"], tenant=tenant))
    assert "Anslutningen är klar" in done.text
    assert [(await view(replica, one))["kind"] for one in (first, begun["connection_id"])] == ["service_account"] * 2


@pytest.mark.parametrize("how", ["deny", "missing-licence", "another company"])
async def test_who_wont_approve_once_more_is_connected_and_the_other_is_told(
    scene: Any, replica: Any, tenant: int, how: str
) -> None:
    first = await scene.connected(replica, tenant)
    other = await scene.company()
    begun, browser, _ = await asked_again(scene, replica, tenant, **LITTLE)
    departed = await browser.depart(begun["url"])

    decision, chosen = ("approve", other) if how == "another company" else (how, tenant)
    back = await browser.decide(departed.headers["location"], decision, chosen)
    done = await browser.open(back)

    assert "är anslutet" in done.text
    assert OTHERS_HARMED in done.text
    assert (await browser.open(back)).text == done.text
    assert (await state(replica, begun))["state"] == "connected"
    assert (await view(replica, begun["connection_id"]))["missing_scopes"] == []
    [event] = await scene.said("connection.renewed")
    assert (event["connection_id"], event["status"]) == (str(first), "active")
    assert set(event["missing_scopes"]) >= MORE
    assert event["trouble"]["code"] == "connection.narrowed"
    assert "från det här uppdraget" in event["trouble"]["next_step"]
    assert await scene.said("connect.failed") == []
    for connection in (first, begun["connection_id"]):
        await scene.forget_access_tokens()
        assert (await replica.lease(connection))["tenant"] == tenant
    assert (await view(replica, first))["trouble"]["code"] == "connection.narrowed"  # until it is mended

    again = await scene.begin(replica, connection_id=str(first))
    await scene.browser(replica).connect(again["url"], tenant=tenant)
    for connection in (first, begun["connection_id"]):
        now = await view(replica, connection)
        assert (now["trouble"], now["missing_scopes"]) == (None, [])


async def test_who_leaves_instead_is_connected_by_upkeep(scene: Any, replica: Any, tenant: int) -> None:
    first = await scene.connected(replica, tenant, kind="refresh_token")
    begun, browser, _ = await asked_again(scene, replica, tenant, kind="refresh_token", **LITTLE)

    await replica.upkeep.round()
    assert (await state(replica, begun))["state"] == "started"
    await scene.advance(11 * 60)
    await replica.upkeep.round()

    assert (await state(replica, begun))["state"] == "connected"
    [event] = await scene.said("connection.renewed")
    assert (event["connection_id"], event["trouble"]["code"]) == (str(first), "connection.narrowed")
    late = await browser.open(begun["url"])
    assert OTHERS_HARMED in late.text
    await scene.forget_access_tokens()
    assert (await replica.lease(first))["access_token"]


async def test_the_page_that_asks_once_more_may_be_loaded_again_and_left_for_another_try(
    scene: Any, replica: Any, tenant: int
) -> None:
    await scene.connected(replica, tenant)
    begun, browser = await scene.begin(replica, **LITTLE), scene.browser(replica)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], tenant=tenant)

    pages = [await browser.open(back) for _ in range(3)]
    foreign = await scene.browser(replica).open(back)
    await browser.depart(begun["url"])
    older = await browser.open(back)
    departed = await browser.depart(begun["url"])
    done = await browser.open(await browser.decide(departed.headers["location"], tenant=tenant))

    assert len({page.text for page in pages}) == 1
    assert "connect.other-browser" in foreign.text
    assert f'action="{begun["url"]}"' in older.text
    assert "Anslutningen är klar" in done.text


async def test_a_known_company_is_asked_for_everything_at_once(scene: Any, replica: Any) -> None:
    tenant = await scene.company(organisation_number=NUMBER)
    first = await scene.connected(replica, tenant)
    wish = {"kind": "refresh_token", "expected_organisation_number": NUMBER, **LITTLE}
    begun, browser = await scene.begin(replica, **wish), scene.browser(replica)

    departed = await browser.depart(begun["url"])

    everything = await view(replica, first)
    assert asked_for(departed) == (set(everything["scopes"]), True)
    done = await browser.open(await browser.decide(departed.headers["location"], tenant=tenant))
    assert "Anslutningen är klar" in done.text
    now = await view(replica, first)
    assert (now["kind"], now["missing_scopes"], now["trouble"]) == ("service_account", [], None)
    stranger = await scene.begin(replica, expected_organisation_number="556016-0680", kind="refresh_token", **LITTLE)
    assert asked_for(await scene.browser(replica).depart(stranger["url"])) == (
        {"companyinformation", "bookkeeping"},
        False,
    )


async def test_what_was_withheld_isnt_asked_for_again_and_again(scene: Any, replica: Any, tenant: int) -> None:
    first = await scene.connected(replica, tenant)
    begun = await scene.begin(replica)

    page = await scene.browser(replica).connect(begun["url"], "without-payment", tenant)

    assert "är anslutet" in page.text
    assert OTHERS_HARMED in page.text
    assert (await view(replica, first))["trouble"]["code"] == "connection.narrowed"


async def test_where_fortnox_leaves_the_service_account_a_wrong_choice_costs_nothing(scene: Any, replica: Any) -> None:
    tenant = await scene.company(organisation_number=NUMBER)
    connection = await scene.connected(replica, tenant)
    before = await view(replica, connection)
    begun = await scene.begin(replica, kind="refresh_token", expected_organisation_number="556016-0680", **LITTLE)
    browser = scene.browser(replica)
    departed = await browser.depart(begun["url"])
    consents = scene.world.grants.grants
    [kept] = consents.values()
    back = await browser.decide(departed.headers["location"], tenant=tenant)
    [personal] = consents.values()
    personal.service, personal.scopes = True, kept.scopes  # both consents stand

    page = await browser.open(back)

    assert "connect.wrong-organisation-number" in page.text
    assert OTHERS_HARMED not in page.text
    now = await view(replica, connection)
    assert (now["kind"], now["scopes"], now["trouble"]) == ("service_account", before["scopes"], None)


async def test_a_wrong_choice_that_costs_the_chosen_companys_connection_something_is_told(
    scene: Any, replica: Any
) -> None:
    tenant = await scene.company(organisation_number=NUMBER)
    scopes, kind = [
        await scene.connected(replica, tenant),
        await scene.connected(replica, tenant, **LITTLE | {"expected_organisation_number": NUMBER}),
    ]
    begun = await scene.begin(replica, kind="refresh_token", expected_organisation_number="556016-0680", **LITTLE)

    page = await scene.browser(replica).connect(begun["url"], tenant=tenant)

    assert "connect.wrong-organisation-number" in page.text
    assert OTHERS_HARMED in page.text
    assert (await state(replica, begun))["trouble"]["data"] == {"other_connections": "harmed"}
    told = {event["connection_id"]: event["trouble"] for event in await scene.said("connection.renewed")}
    assert told[str(scopes)]["code"] == "connection.narrowed"
    assert told[str(kind)]["code"] == "connection.downgraded"
    assert html.escape(told[str(kind)]["next_step"]) not in page.text  # that is for the other assignment
    for connection in (scopes, kind):
        await scene.forget_access_tokens()
        assert (await replica.lease(connection))["access_token"]


async def test_a_process_that_dies_before_the_person_is_asked_costs_nobody_a_token(
    scene: Any, replica: Any, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await scene.connected(replica, tenant, kind="refresh_token")
    second = await scene.replica()

    class Died(BaseException):
        """What no code of ours may catch."""

    async def dies(*_: object, **__: object) -> None:
        raise Died

    begun, browser = await scene.begin(second, kind="refresh_token", **LITTLE), scene.browser(second)
    departed = await browser.depart(begun["url"])
    back = await browser.decide(departed.headers["location"], tenant=tenant)
    with monkeypatch.context() as patched:
        patched.setattr("connector.repository.Sessions.widen", dies)
        with pytest.raises(Died):
            await browser.open(back)
    await scene.advance(130)
    await replica.upkeep.round()

    assert (await state(replica, begun))["state"] == "connected"
    assert (await view(replica, first))["trouble"]["code"] == "connection.narrowed"
    await scene.forget_access_tokens()
    assert (await replica.lease(first))["access_token"]
