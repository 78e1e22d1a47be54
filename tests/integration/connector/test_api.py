"""The connector's HTTP interface, as a product's server meets it."""

from typing import Any

import pytest

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
