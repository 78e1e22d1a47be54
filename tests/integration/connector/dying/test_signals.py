"""Real processes and real signals, aimed at a refresh whose answer is on its way."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.fortnox.app import create_app

RENEWER = """
import asyncio, sys
from contextlib import AsyncExitStack
from uuid import UUID

from common import database
from common.messaging.consuming import make_broker
from common.problems import ProblemError
from common.service import Runtime
from connector.app import build
from connector.settings import ConnectorSettings
from connector.tokens.mint import Mint

async def renew(grant: UUID, version: int) -> str:
    settings = ConnectorSettings()
    pool = await database.create_pool(settings.database_url.get_secret_value(), "connector", largest=2)
    async with AsyncExitStack() as stack:
        broker = make_broker(settings, "connector")
        runtime = Runtime("connector", "connector", settings, pool, broker, stack)
        await build(runtime)
        for task in runtime.tasks:
            task.close()
        try:
            await runtime.parts[Mint].renew(grant, version)
        except ProblemError as error:
            return error.problem.code
    return "renewed"

print("outcome:", asyncio.run(renew(UUID(sys.argv[1]), int(sys.argv[2]))))
"""


class Holding:
    """A simulated Fortnox on a real socket that carries refreshes out and holds their answers back."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self.address = ""
        self.carried_out, self.let_go = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def later(message: Message) -> None:
            self.carried_out.set()
            await self.let_go.wait()
            await send(message)

        await self._inner(scope, receive, later)


@pytest.fixture
async def holding(scene: Any) -> AsyncIterator[Holding]:
    holding = Holding(create_app(scene.world))
    server = uvicorn.Server(uvicorn.Config(holding, port=0, lifespan="off", ws="none", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await scene.pool.fetchval("select 1")  # lets it begin
    holding.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield holding
    server.should_exit = True
    await serving


async def renewer(town: Any, holding: Holding) -> Process:
    """A process that has asked for new tokens, which Fortnox has made for it and not sent yet."""
    await town.scene.forget_access_tokens()
    grant = await town.scene.grant()
    settings = town.survivor.runtime.settings
    keys = {name: key.get_secret_value() for name, key in settings.master_keys.items()}
    environment = {
        "DATABASE_URL": town.scene.dsn,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "PUBLIC_URL": settings.public_url,
        "FORTNOX_CLIENT_ID": settings.fortnox_client_id,
        "FORTNOX_CLIENT_SECRET": settings.fortnox_client_secret.get_secret_value(),
        "FORTNOX_API_URL": holding.address,
        "FORTNOX_AUTH_URL": holding.address,
        "MASTER_KEYS": str(keys).replace("'", '"'),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        RENEWER,
        str(grant["id"]),
        str(grant["version"]),
        env=os.environ | environment,
        stdout=PIPE,
    )
    await holding.carried_out.wait()
    return process


async def test_kill_9_while_the_answer_is_on_its_way_is_told_within_a_minute(town: Any, holding: Holding) -> None:
    town.kind = "refresh_token"
    await town.connect()

    process = await renewer(town, holding)
    process.kill()
    await process.communicate()
    holding.let_go.set()
    passed = await town.settle()

    assert passed <= 60
    [lost] = await town.scene.said("connection.lost")
    assert lost["trouble"]["code"] == "connection.lost"


@pytest.mark.parametrize("seconds", [0, pytest.param(25, marks=pytest.mark.long)], ids=["short", "past-its-timeout"])
async def test_sigstop_while_the_answer_is_on_its_way_throws_no_live_token_away(
    town: Any, holding: Holding, seconds: int, figure: Callable[[str], None]
) -> None:
    """Another replica takes over and finds the chain broken; the answer waits in the stopped process's socket."""
    town.kind = "refresh_token"
    await town.connect()

    process = await renewer(town, holding)
    process.send_signal(signal.SIGSTOP)
    holding.let_go.set()
    await town.settle()
    assert len(await town.scene.said("connection.lost")) == 1
    await asyncio.sleep(seconds)  # longer than its call may take
    process.send_signal(signal.SIGCONT)
    told, _ = await process.communicate()

    assert b"outcome: renewed" in told
    grant = await town.scene.grant()
    assert (grant["refresh_hash"], grant["status"]) == (town.live_token(), "active")
    assert (await town.survivor.lease(town.connection))["access_token"]
    figure(f"SIGSTOP of {seconds} s and SIGCONT with the answer in the socket: revived")
