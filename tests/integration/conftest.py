"""HTTP interfaces under generated requests, right and wrong ones: they must do what they publish.

Schemathesis reads the OpenAPI that is served, and calls over a socket.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis.errors import HypothesisDeprecationWarning

from common.clock import SYSTEM

SEED = 20_260_401

Fuzz = Callable[..., Awaitable[int]]


@pytest.fixture
def fuzz() -> Fuzz:
    """Calls an app in so many ways that its answers must be those published; returns how many requests were made."""

    async def run(app: Any, headers: dict[str, str], examples: int, operations: Sequence[dict[str, Any]]) -> int:
        async with serving(app) as url:
            async with httpx.AsyncClient(base_url=url, headers=headers) as client:
                described = (await client.get("/openapi.json")).json()
            made, wrong = await asyncio.to_thread(fuzzed, described, url, headers, examples, operations)
        assert not wrong, "\n\n".join(sorted(set(wrong))[:40])
        return made

    return run


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
    described: dict[str, Any], url: str, headers: dict[str, str], examples: int, operations: Sequence[dict[str, Any]]
) -> tuple[int, list[str]]:
    """How many requests were made, and what was wrong with their answers."""
    import schemathesis  # here, for it takes a second  # noqa: PLC0415
    from schemathesis import engine  # noqa: PLC0415
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415
    from schemathesis.engine import events  # noqa: PLC0415

    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "base-url": url,
            "headers": {name.title(): value for name, value in headers.items()},  # as the description writes them
            "generation": {"max-examples": examples, "database": "none"},
            "continue-on-failure": True,
            "operations": list(operations),
        }
    )
    # Schemathesis' own strategies draw from `random`, which Hypothesis notices now and then.
    warnings.filterwarnings("ignore", category=HypothesisDeprecationWarning, message="Do not use the `random` module")
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
