"""The connector's HTTP interface under generated requests, with a database and the simulator behind it."""

from typing import Any

import pytest

REFUSED_FOR_WHAT_IT_MEANS = [
    # A schema can't say that there are both days of a year, in order, or who asks with a link that is forwarded.
    {
        "include-name": name,
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 403, 404, 409, 422]}},
    }
    for name in ("POST /v1/connect-sessions", "GET /v1/connections/{connection_id}/financial-years")
]


async def check(fuzz: Any, scene: Any, replica: Any, tenant: int, *, known: bool, examples: int) -> int:
    """Fuzzes the interface, a company being connected; returns how many requests were made."""
    connection, session = await scene.connected(replica, tenant), await scene.begin(replica)
    about_known = {
        "include-path-regex": "connections/{connection_id}|connect-sessions/{session_id}",
        "include-method": "GET",
        "parameters": {"path.connection_id": str(connection), "path.session_id": session["session_id"]},
    }
    operations = [*REFUSED_FOR_WHAT_IT_MEANS, *([about_known] if known else ())]
    headers = {"authorization": replica.http.headers["authorization"]}
    made: int = await fuzz(replica.transport.app, headers, examples, operations)
    return made


async def test_every_answer_is_one_that_is_published(fuzz: Any, scene: Any, replica: Any, tenant: int) -> None:
    made = await check(fuzz, scene, replica, tenant, known=True, examples=3)

    assert made > 300


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("known", [True, False], ids=["known", "anything"])
async def test_very_many_requests(fuzz: Any, scene: Any, replica: Any, tenant: int, known: bool) -> None:
    assert await check(fuzz, scene, replica, tenant, known=known, examples=150) > 1000
