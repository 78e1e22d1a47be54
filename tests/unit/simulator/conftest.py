"""A simulated Fortnox without a socket: one company with a broken financial year, its books small enough to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from sandbox.fortnox.app import create_app
from sandbox.fortnox.clock import Clock
from sandbox.fortnox.control import Simulator
from sandbox.fortnox.world import World

CLIENT = ("the-client", "the-secret")
TENANT = 4711
SCOPES = (
    "companyinformation bookkeeping invoice customer supplierinvoice supplier payment settings "
    "costcenter project profile"
)
CALLBACK = "https://product.example/back"

BOOKS = """#FLAGGA 0
#PROGRAM "Hand" 1
#FORMAT PC8
#GEN 20260101
#SIETYP 4
#FNR 4711
#FNAMN "Smörgåsen & Söner AB"
#ORGNR 556677-8899
#RAR 0 20240501 20250430
#RAR -1 20230501 20240430
#KPTYP EUBAS97
#KONTO 1510 "Kundfordringar"
#SRU 1510 7251
#KONTO 1930 "Företagskonto"
#KONTO 2081 "Aktiekapital"
#KONTO 2440 "Leverantörsskulder"
#KONTO 2611 "Utgående moms"
#KONTO 2641 "Ingående moms"
#KONTO 3001 "Försäljning"
#KONTO 4010 "Inköp"
#KONTO 6071 "Representation"
#DIM 1 "Kostnadsställe"
#OBJEKT 1 "K1" "Kontoret"
#OBJEKT 6 "P1" "Bygget"
#IB 0 1510 40000
#UB -1 1510 40000
#IB 0 1930 60000
#IB 0 2081 -70000
#IB 0 2440 -30000
#RES -1 3001 -12345.5
#VER A 1 20240502 "Representation" 20240503
{
#TRANS 6071 {1 "K1" 6 "P1"} 312.5
#TRANS 1930 {} -312.5
}
#VER B 1 20240510 "Faktura 1" 20240510
{
#TRANS 1510 {} 125000
#TRANS 3001 {6 "P1"} -100000
#TRANS 2611 {} -25000
}
#VER B 2 20241115 "Faktura 2" 20241115
{
#TRANS 1510 {} 62500
#TRANS 3001 {} -50000
#TRANS 2611 {} -12500
}
#VER C 1 20240612 "Inbetalning" 20240612
{
#TRANS 1930 {} 130000.55
#TRANS 1510 {} -130000.55
}
#VER C 2 20250303 "Inbetalning" 20250303
{
#TRANS 1930 {} 20000
#TRANS 1510 {} -20000
}
#VER D 1 20240701 "Leverantörsfaktura" 20240701
{
#TRANS 2440 {} -80000
#TRANS 4010 {} 64000
#TRANS 2641 {} 16000
}
#VER E 1 20240801 "Betalning" 20240801
{
#TRANS 2440 {} 71000
#TRANS 1930 {} -71000
}
#VER A 2 20240903 "Rättad" 20240903
{
#BTRANS 6071 {} 100 "" "" 0 "Anna Andersson"
#BTRANS 1930 {} -100 "" "" 0 "Anna Andersson"
}
"""


class Ticker:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Fortnox:
    """A caller with an access token, without a client library between it and the wire."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/3/{path}", params=query, headers=self.headers)

    async def json(self, path: str, **query: Any) -> Any:
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, **query: Any) -> httpx.Response:
        return await self.http.post(f"/3/{path}", params=query, headers=self.headers, json=body)


@pytest.fixture
def books() -> bytes:
    return BOOKS.encode("cp437")


@pytest.fixture
def ticker() -> Ticker:
    return Ticker()


@pytest.fixture
def world(ticker: Ticker) -> World:
    """Its business clock starts at noon (Swedish time) on 1 September 2025 and runs; real time stands still."""
    clock = Clock()
    clock.set(dt.datetime(2025, 9, 1, 10, 0, tzinfo=dt.UTC))
    return World(clock=clock, monotonic=ticker)


@pytest.fixture
def transport(world: World) -> httpx.ASGITransport:
    return httpx.ASGITransport(create_app(world))


@pytest.fixture
async def http(transport: httpx.ASGITransport) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url="http://fortnox", transport=transport) as client:
        yield client


@pytest.fixture
async def sim(transport: httpx.ASGITransport, books: bytes) -> AsyncIterator[Simulator]:
    """The puppeteer; one company and one application exist."""
    async with Simulator("http://fortnox", transport) as simulator:
        await simulator.add_application(*CLIENT)
        assert await simulator.add_company(books, seed=7) == TENANT
        yield simulator


Connect = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def connect(sim: Simulator, http: httpx.AsyncClient) -> Connect:
    """Consents and exchanges the code; returns the token answer."""

    async def connected(scopes: str = SCOPES, *, service: bool = False, tenant: int = TENANT) -> dict[str, Any]:
        query = {"client_id": CLIENT[0], "response_type": "code", "state": "s", "scope": scopes}
        query |= {"redirect_uri": CALLBACK} | ({"account_type": "service"} if service else {})
        back = await sim.consent(str(httpx.URL("http://fortnox/oauth-v1/auth", params=query)), tenant=tenant)
        form = {"grant_type": "authorization_code", "code": httpx.URL(back).params["code"], "redirect_uri": CALLBACK}
        answer = await http.post("/oauth-v1/token", data=form, auth=CLIENT)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    return connected


@pytest.fixture
async def fortnox(connect: Connect, http: httpx.AsyncClient) -> Fortnox:
    """A caller with all the scopes that are needed."""
    return Fortnox(http, (await connect())["access_token"])


@pytest.fixture
async def year(sim: Simulator) -> int:
    """The Id of the financial year that the books cover."""
    return int((await sim.companies())[0]["financial_years"][1]["id"])
