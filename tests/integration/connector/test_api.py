"""The connector's HTTP interface, as a product's server meets it."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

PUBLISHED = Path(__file__).parents[3] / "docs" / "connector-api.json"
WISH = {"reference": "uppdrag 1", "origin": "https://bokslut.example", "datasets": ["sie4"], "vouchers": True}


async def begun(replica: Any, key: str, expect: int = 201, **wishes: Any) -> Any:
    answer = await replica.http.post("/v1/connect-sessions", json=WISH | wishes, headers={"idempotency-key": key})
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_the_same_wish_with_the_same_key_opens_one_session(scene: Any, replica: Any) -> None:
    first = await begun(replica, "order-1", expected_organisation_number="556677-8899")
    other_replica = await scene.replica()

    again = await begun(other_replica, "order-1", expected_organisation_number="16 556677 8899")

    assert again == first
    assert (await begun(replica, "order-2"))["session_id"] != first["session_id"]


async def test_an_answer_given_again_opens_the_popup(scene: Any, replica: Any, tenant: int) -> None:
    await begun(replica, "order-1")
    again = await begun(replica, "order-1")

    page = await scene.browser(replica).connect(again["url"], tenant=tenant)

    assert "är anslutet" in page.text
    assert await begun(replica, "order-1") == again


@pytest.mark.parametrize(
    "other",
    [
        {"reference": "uppdrag 2"},
        {"kind": "refresh_token"},
        {"datasets": ["customer_ledger"]},
        {"expected_organisation_number": "556677-8899"},
    ],
    ids=str,
)
async def test_another_wish_with_the_same_key_is_refused(replica: Any, other: dict[str, Any]) -> None:
    await begun(replica, "order-1")

    refused = await begun(replica, "order-1", 409, **other)

    assert refused["code"] == "connect.reused-idempotency-key"


async def test_the_key_that_made_the_address_may_be_changed_meanwhile(scene: Any, replica: Any) -> None:
    first = await begun(replica, "order-1")
    new_key = SecretStr(base64.b64encode(os.urandom(32)).decode())
    rotated = await scene.replica(master_keys={"new": new_key, **replica.runtime.settings.master_keys})

    assert await begun(rotated, "order-1") == first


async def test_connections_are_found_by_the_products_reference(scene: Any, replica: Any, tenant: int) -> None:
    ours = [str(await scene.connected(replica, tenant, reference="uppdrag 1")) for _ in range(3)]
    other = str(await scene.connected(replica, tenant, reference="uppdrag 2"))
    removed = ours.pop()
    await replica.http.delete(f"/v1/connections/{removed}")

    found = (await replica.http.get("/v1/connections", params={"reference": "uppdrag 1"})).json()

    assert [one["connection_id"] for one in found["connections"]] == sorted(ours)
    assert {(one["reference"], one["tenant"], one["status"]) for one in found["connections"]} == {
        ("uppdrag 1", tenant, "active")
    }
    assert found["next"] is None
    assert (await replica.http.get("/v1/connections", params={"reference": "uppdrag"})).json()["connections"] == []
    everything = (await replica.http.get("/v1/connections")).json()["connections"]
    assert {one["connection_id"] for one in everything} == {*ours, other}


async def test_a_list_is_read_page_by_page(scene: Any, replica: Any, tenant: int) -> None:
    made = {str(await scene.connected(replica, tenant)) for _ in range(3)}
    pages, after = [], None

    while True:
        query = {"limit": "2"} | ({"after": after} if after else {})
        page = (await replica.http.get("/v1/connections", params=query)).json()
        pages.append([one["connection_id"] for one in page["connections"]])
        if (after := page["next"]) is None:
            break

    assert [len(page) for page in pages] == [2, 1]
    assert {one for page in pages for one in page} == made


async def test_how_a_connection_fares(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")

    view = (await replica.http.get(f"/v1/connections/{connection}")).json()

    assert view["status"] == "active"
    assert view["scopes"]
    assert (view["missing_scopes"], view["limitations"]) == ([], [])
    assert view["health"]["last_success"]
    assert view["health"]["days_left"] in {30, 31}
    assert (view["health"]["last_failure"], view["health"]["failure"]) == (None, None)


async def test_a_renewal_that_failed_is_told_with_its_reason(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant, kind="refresh_token")
    await scene.simulator.revoke_consent(tenant)
    await scene.forget_access_tokens()
    await replica.lease(connection, expect=409)

    view = (await replica.http.get(f"/v1/connections/{connection}")).json()

    assert view["status"] == "lost"
    assert view["health"]["failure"]["code"] == view["trouble"]["code"] == "connection.lost"
    assert view["health"]["last_failure"] > view["health"]["last_success"]


async def test_disconnecting_again_changes_nothing(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)

    answers = [await replica.http.delete(f"/v1/connections/{connection}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert len(await scene.said("connection.removed")) == 1


async def test_what_is_served_is_what_is_published(replica: Any) -> None:
    served = (await replica.http.get("/openapi.json")).json()

    assert served == json.loads(PUBLISHED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", ["/v1/connections", "/v1/connections/8a5d2c1e-0f43-4b7e-9a35-6c1f2d7e4b10/company"])
async def test_a_database_that_is_away_is_told_as_something_that_passes(replica: Any, path: str) -> None:
    replica.runtime.pool.terminate()

    answer = await replica.http.get(path)

    assert (answer.status_code, answer.json()["code"]) == (503, "http.away")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_service_that_is_starting_says_what_it_waits_for(replica: Any) -> None:
    replica.transport.app.state.service.runtime = None

    answer = await replica.http.get("/v1/connections")

    assert (answer.status_code, answer.json()["code"]) == (503, "http.not-ready")
    assert answer.headers["retry-after"]


async def test_what_cant_be_read_any_more_can_be_disconnected(scene: Any, replica: Any, tenant: int) -> None:
    connection = await scene.connected(replica, tenant)
    without_key = await scene.replica(master_keys={"other": SecretStr(base64.b64encode(os.urandom(32)).decode())})

    answer = await without_key.http.delete(f"/v1/connections/{connection}")
    await without_key.upkeep.round()

    assert answer.status_code == 204
    removed = await scene.said("connection.removed")
    assert [event["consent"] for event in removed] == ["revoking", "remains"]  # nothing could be revoked
    assert await scene.pool.fetchval("select count(*) from grants") == 0
