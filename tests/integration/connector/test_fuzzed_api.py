"""The connector's HTTP interface under generated requests, right and wrong ones: it must do what it publishes.

Schemathesis reads the OpenAPI that is served, over a socket, from the connector with a database and the simulator.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import schemathesis
import uvicorn
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events

from common.clock import SYSTEM

SEED = 20_260_401
REFUSED_FOR_WHAT_IT_MEANS = [
    # A schema can't say that there are both days of a year, in order, or who asks with a link that is forwarded.
    {
        "include-name": name,
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 403, 404, 409, 422]}},
    }
    for name in ("POST /v1/connect-sessions", "GET /v1/connections/{connection_id}/financial-years")
]


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """An ASGI application on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", ws="none", log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await SYSTEM.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


def fuzzed(
    described: dict[str, Any], url: str, key: str, known: dict[str, str], examples: int
) -> tuple[int, list[str]]:
    """How many requests were made, and what was wrong with their answers."""
    about_known = {
        "include-path-regex": "connections/{connection_id}|connect-sessions/{session_id}",
        "include-method": "GET",
        "parameters": known,
    }
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "base-url": url,
            "headers": {"Authorization": f"Bearer {key}"},
            "generation": {"max-examples": examples, "database": "none"},
            "continue-on-failure": True,
            "operations": [*REFUSED_FOR_WHAT_IT_MEANS, *([about_known] if known else ())],
        }
    )
    schema = schemathesis.openapi.from_dict(described, config=config)
    made, wrong = 0, []
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            wrong.append(f"{event!r} {event.info if isinstance(event, events.NonFatalError) else event.exception}")
        if isinstance(event, events.ScenarioFinished):
            made += len(event.recorder.interactions)
            checks = [one for checks in event.recorder.checks.values() for one in checks]
            wrong += [f"{one.name}: {_told(one.failure_info)}" for one in checks if one.failure_info is not None]
    return made, wrong


def _told(failure: Any) -> str:
    return f"{failure.failure}\n{failure.code_sample}"


async def check(scene: Any, replica: Any, tenant: int, *, known: bool, examples: int) -> int:
    """Fuzzes the interface, a company being connected; returns how many requests were made."""
    connection, session = await scene.connected(replica, tenant), await scene.begin(replica)
    ids = {"path.connection_id": str(connection), "path.session_id": session["session_id"]} if known else {}
    described = (await replica.http.get("/openapi.json")).json()
    key = replica.http.headers["authorization"].removeprefix("Bearer ")

    async with serving(replica.transport.app) as url:
        made, wrong = await asyncio.to_thread(fuzzed, described, url, key, ids, examples)

    assert not wrong, "\n\n".join(sorted(set(wrong))[:40])
    return made


async def test_every_answer_is_one_that_is_published(scene: Any, replica: Any, tenant: int) -> None:
    made = await check(scene, replica, tenant, known=True, examples=3)

    assert made > 300


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("known", [True, False], ids=["known", "anything"])
async def test_very_many_requests(scene: Any, replica: Any, tenant: int, known: bool) -> None:
    assert await check(scene, replica, tenant, known=known, examples=150) > 1000
