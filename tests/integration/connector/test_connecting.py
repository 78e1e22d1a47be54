"""The popup, from the product's wish to the first lease."""

import html
import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

import fortnox
from common.leases import Leases, Purpose

ORIGIN = "https://bokslut.example"


def told(page: httpx.Response) -> Any:
    """What the page tells its opener."""
    found = re.search(r'data-message="([^"]*)" data-origin="([^"]*)"', page.text)
    assert found
    return json.loads(html.unescape(found[1])) if found[1] else None, found[2]


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
    assert (event["tenant"], event["missing_scopes"]) == (tenant, [])
    assert (event["valid_until"] is None) == (kind == "service_account")

    leases = Leases("https://connector.example", "key-of-the-tests", transport=replica.transport)
    async with (
        leases.session(begun["connection_id"], Purpose.IMPORT) as permits,
        fortnox.Client(permits, base_url="http://fortnox.example", transport=scene.fortnox) as client,
    ):
        years = await client.financial_years()
    await leases.close()
    assert years
