"""A simulator of its own for these tests, as a process; each test has a company of its own in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.resources import files
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina

from fortnox import Client
from fortnox.oauth import OAuth, Tokens
from fortnox.testing import FreePermits
from sandbox.fortnox.control import Simulator

BOOKS = files("sandbox") / "books" / "Sie4.se"
BACK = "https://product.example/back"
LEDGER_SCOPES = ["invoice", "customer", "supplierinvoice", "supplier", "payment"]
SCOPES = ["companyinformation", "bookkeeping", "settings", "costcenter", "project", *LEDGER_SCOPES]


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


@pytest.fixture(scope="session")
async def simulator_address() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "fortnox", "--port", "0", stdout=asyncio.subprocess.PIPE, env={**os.environ}
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        assert line, "the simulator didn't start"
        yield line.split()[-1]
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def simulator(simulator_address: str) -> AsyncIterator[Simulator]:
    async with Simulator(simulator_address) as simulator:
        yield simulator
        await simulator.clear_faults()


@pytest.fixture(scope="session")
def tenants() -> Iterator[int]:
    return count(700_001)


@pytest.fixture
async def tenant(simulator: Simulator, tenants: Iterator[int]) -> int:
    return await simulator.add_company(BOOKS.read_bytes(), tenant=next(tenants))


@pytest.fixture
async def oauth(simulator_address: str) -> AsyncIterator[OAuth]:
    async with OAuth("sandbox-client", "sandbox-secret", base_url=simulator_address) as oauth:
        yield oauth


@pytest.fixture
def approve(oauth: OAuth, simulator: Simulator, tenant: int) -> Callable[..., Awaitable[Tokens]]:
    """Does what a person does: consents, comes back, and the code is exchanged."""

    async def consent(*, service: bool = True) -> Tokens:
        url = oauth.authorise_url("the state", SCOPES, BACK, service)
        back = parse_qs(urlsplit(await simulator.consent(url, tenant=tenant)).query)
        assert back["state"] == ["the state"]
        return await oauth.exchange_code(back["code"][0], BACK)

    return consent


@pytest.fixture
async def permits(approve: Callable[..., Awaitable[Tokens]], tenant: int) -> FreePermits:
    return FreePermits((await approve()).access_token, tenant=tenant)


@pytest.fixture
def client(permits: FreePermits, simulator_address: str) -> Client:
    return Client(permits, base_url=simulator_address, timeout=5)
