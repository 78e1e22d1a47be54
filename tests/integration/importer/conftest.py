"""A simulator inside the test's own process, and readings of it whose answers are kept in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from common.events import Dataset, FinancialYear, ImportRequested
from fortnox import Client
from fortnox.oauth import OAuth
from fortnox.testing import FreePermits
from importer.concurrency import together
from importer.conclusion import Fetched
from importer.fetch import books, invoices
from importer.fetch.plan import Plan
from importer.fetch.reading import Reading
from importer.fetch.sides import SIDES
from sandbox.fortnox.app import create_app
from sandbox.fortnox.control import Simulator
from sandbox.fortnox.world import World

BASE = "http://fortnox.test"
SCOPES = ["companyinformation", "bookkeeping", "settings", "invoice", "customer", "supplierinvoice", "supplier"]
BOOKS = files("sandbox").joinpath("books", "Sie4.se").read_bytes()
READ_AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


@dataclass
class InMemory:
    """Checkpoints that outlive a reading, so that a second one goes on from the first."""

    kept: dict[str, bytes] = field(default_factory=dict)
    file: bytes | None = None
    calls: int = 0

    def take(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def keep(self, name: str, content: bytes) -> None:
        self.kept[name] = content
        self.calls += 1

    async def forget(self, prefix: str) -> None:
        self.kept = {name: content for name, content in self.kept.items() if not name.startswith(prefix)}

    async def sie(self) -> bytes | None:
        return self.file

    async def keep_sie(self, content: bytes) -> None:
        self.file = content
        self.calls += 1


@dataclass
class Fortnox:
    """A simulated Fortnox with one company, and what an import needs to read it."""

    simulator: Simulator
    transport: httpx.ASGITransport
    tenant: int
    permits: FreePermits
    checkpoints: InMemory = field(default_factory=InMemory)

    @property
    def client(self) -> Client:
        return Client(self.permits, base_url=BASE, transport=self.transport)

    async def fetch(self, request: ImportRequested) -> Fetched:
        """All that the importer reads for a request."""
        async with self.client as client:
            reading = Reading(client, self.checkpoints, Plan.for_datasets(request.datasets))
            company = await books.identify(reading, request)
            document = await books.read(reading, company)
            presets = await books.ledger_accounts(reading, request.datasets)
            cash = company.uses_cash_method
            sides = [side for side in SIDES if side.dataset in request.datasets]
            sources = await together(
                invoices.read(reading, side, request.ledger_date, cash_method=cash) for side in sides
            )
        return Fetched(
            company=company,
            document=document,
            presets=presets,
            sources={side.dataset: source for side, source in zip(sides, sources, strict=True)},
            read_from=READ_AT,
            read_to=READ_AT,
            calls=self.checkpoints.calls,
        )

    async def truth(self, dataset: Dataset, on: date) -> dict[str, Any]:
        """What the ledger really was, as the simulator added it up from what happened."""
        return await self.simulator.ledger(self.tenant, dataset.removesuffix("_ledger"), on)


Found = Callable[..., Awaitable[Fortnox]]


@pytest.fixture
async def found() -> AsyncIterator[Found]:
    """Founds a company in a simulator of its own: `await found(method="CASH", seed=7, invoices={"customer": 300})`."""
    transport = httpx.ASGITransport(create_app(World()))
    simulator = Simulator(BASE, transport)

    async def company(books: bytes = BOOKS, **wishes: Any) -> Fortnox:
        tenant = await simulator.add_company(books, **wishes)
        await simulator.set_switch("rate_limit", False)
        await simulator.add_application("sandbox-client", "sandbox-secret")
        token = await _token(simulator, transport, tenant)
        return Fortnox(simulator, transport, tenant, FreePermits(token, tenant=tenant))

    yield company
    await simulator.aclose()


async def _token(simulator: Simulator, transport: httpx.ASGITransport, tenant: int) -> str:
    async with OAuth("sandbox-client", "sandbox-secret", base_url=BASE, transport=transport) as oauth:
        url = oauth.authorise_url("state", [*SCOPES, "payment"], "https://product.example/back", True)
        back = parse_qs(urlsplit(await simulator.consent(url, tenant=tenant)).query)
        return (await oauth.exchange_code(back["code"][0], "https://product.example/back")).access_token


@pytest.fixture
def request_for() -> Callable[..., ImportRequested]:
    """A request for a calendar year."""

    def make(year: int, closing_date: date | None = None, **more: Any) -> ImportRequested:
        fields: Mapping[str, Any] = {
            "connection_id": uuid4(),
            "import_id": uuid4(),
            "financial_year": FinancialYear(from_date=date(year, 1, 1), to_date=date(year, 12, 31)),
            "closing_date": closing_date,
        }
        return ImportRequested(**{**fields, **more})

    return make
