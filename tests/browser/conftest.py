"""A real Chromium, a product's page, a connector over TLS and a simulated Fortnox, each a site of its own.

Chromium takes every name below `localhost` to the loopback; cookies are same-site or not by these names.
"""

import asyncio
import base64
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from common import database
from common.messaging.consuming import make_broker
from common.service import Runtime, Service
from common.service import create_app as create_service_app
from common.settings import Caller
from connector import api as interface
from connector import browser as popup
from connector.app import build
from connector.settings import ConnectorSettings
from sandbox.fortnox.app import create_app
from sandbox.fortnox.control import Simulator
from sandbox.fortnox.oauth.grants import Application
from sandbox.fortnox.world import World

BOOKS = (files("sandbox") / "books" / "Sie4.se").read_bytes()
PRODUCT_PAGE = (Path(__file__).parent / "product.html").read_text(encoding="utf-8")
KEY = "key-of-the-product"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOUR = timedelta(hours=1)
POPUP = {"width": 480, "height": 640}


@dataclass(frozen=True)
class Servers:
    """Origins as Chromium sees them, and what their puppeteers use."""

    connector: str
    product: str
    api: httpx.AsyncClient
    simulator: Simulator


@dataclass(frozen=True)
class Stage:
    """Where the story is played, and what its people do."""

    chromium: Browser
    servers: Servers
    opened: AsyncExitStack

    async def company(self, **wishes: Any) -> int:
        known = len(await self.servers.simulator.companies())
        return await self.servers.simulator.add_company(BOOKS, tenant=600_001 + known, **wishes)

    async def person(self, **options: Any) -> BrowserContext:
        """Somebody with a browser of their own."""
        context = await self.chromium.new_context(viewport=POPUP, ignore_https_errors=True, **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        self.opened.push_async_callback(context.close)
        return context

    async def at_the_product(self, **wishes: Any) -> Page:
        """A person on the product's page, whose button will ask for this."""
        page = await (await self.person()).new_page()
        await page.goto(self.servers.product)
        await page.evaluate("wishes => { window.wishes = wishes; }", wishes)
        return page

    async def opens_the_popup(self, page: Page) -> Page:
        async with page.expect_popup() as opening:
            await page.get_by_role("button", name="Anslut till Fortnox").click()
        return await opening.value

    async def decides(self, page: Page, tenant: int, button: str = "Godkänn", outcome: str = "") -> None:
        """At Fortnox: chooses the company, perhaps a failure to try, and presses a button."""
        await page.get_by_label("Företag").select_option(str(tenant))
        await page.get_by_label("Fel att prova").select_option(outcome)
        await page.get_by_role("button", name=button).click()

    async def session(self, **wishes: Any) -> dict[str, Any]:
        """A session as the product's server asks for it, without a page."""
        wish = {"reference": "uppdrag 1", "origin": self.servers.product, "datasets": ["sie4", "customer_ledger"]}
        answer = await self.servers.api.post("/v1/connect-sessions", json=wish | wishes)
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def state(self, session: dict[str, Any]) -> Any:
        return (await self.servers.api.get(f"/v1/connect-sessions/{session['session_id']}")).json()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The machine's own; CHROMIUM names one in an unusual place."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: install it, or name it in CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody's, for an hour: key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector.localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + HOUR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("connector.localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "connector.pem"
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(pem, *plain) + made.public_bytes(pem))
    return path


@pytest.fixture(scope="module")
async def servers(
    chromium: Browser, create_database: Callable[..., Awaitable[str]], certificate: Path
) -> AsyncIterator[Servers]:
    """The connector's and the product's origin, and the simulator."""
    world = World()
    world.grants.register(Application("our-app", "sandbox-secret-of-the-app"))
    connector, product, fortnox = _listening(), _listening(), _listening()
    urls = [
        f"https://connector.localhost:{_port(connector)}",
        f"http://product.localhost:{_port(product)}",
        f"http://127.0.0.1:{_port(fortnox)}",
    ]
    settings = _settings(await create_database("connector"), *urls)
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(_serving(create_app(world), fortnox))
        await opened.enter_async_context(_serving(await _connector(settings, opened), connector, certificate))
        api = await opened.enter_async_context(_api(_port(connector)))
        await opened.enter_async_context(_serving(_product(urls[0], urls[1], api), product))
        yield Servers(urls[0], urls[1], api, await opened.enter_async_context(Simulator(urls[2])))


@pytest.fixture
async def stage(chromium: Browser, servers: Servers) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as opened:
        yield Stage(chromium, servers, opened)


def _api(port: int) -> httpx.AsyncClient:
    """The connector, for who has a key."""
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(
        base_url=f"https://127.0.0.1:{port}", headers=headers, verify=False, trust_env=False, timeout=30
    )


def _listening() -> socket.socket:
    bound = socket.create_server(("127.0.0.1", 0))
    bound.setblocking(False)
    return bound


def _port(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


def _settings(dsn: str, connector: str, product: str, fortnox: str) -> ConnectorSettings:
    return ConnectorSettings(
        database_url=SecretStr(dsn),
        kafka_bootstrap_servers="127.0.0.1:1",
        public_url=connector,
        fortnox_client_id="our-app",
        fortnox_client_secret=SecretStr("sandbox-secret-of-the-app"),
        fortnox_api_url=fortnox,
        fortnox_auth_url=fortnox,
        master_keys={"tests": SecretStr(base64.b64encode(os.urandom(32)).decode())},
        allowed_origins=(product,),
        callers={"product": Caller(keys=(SecretStr(KEY),), scopes=frozenset({"connect"}))},
    )


async def _connector(settings: ConnectorSettings, opened: AsyncExitStack) -> Any:
    """Without Kafka: what it would say stays in the outbox."""
    service = Service("connector", "connector", settings, build)
    pool = await database.create_pool(settings.database_url.get_secret_value(), "connector", largest=4)
    opened.callback(pool.terminate)
    stack = await opened.enter_async_context(AsyncExitStack())
    service.runtime = Runtime("connector", "connector", settings, pool, make_broker(settings, "connector"), stack)
    await build(service.runtime)
    for task in service.runtime.tasks:
        task.close()
    return create_service_app(service, [interface.router, popup.router])


def _product(connector: str, origin: str, api: httpx.AsyncClient) -> Starlette:
    """The product: its page, and its server, which alone has the key."""

    async def page(_: Request) -> Response:
        return HTMLResponse(PRODUCT_PAGE.replace("{connector}", connector))

    async def connect(request: Request) -> Response:
        wish = {"reference": "uppdrag 1", "origin": origin, "datasets": ["sie4", "customer_ledger"]}
        answer = await api.post("/v1/connect-sessions", json=wish | json.loads(await request.body()))
        return JSONResponse(answer.json(), answer.status_code)

    async def state(request: Request) -> Response:
        return JSONResponse((await api.get(f"/v1/connect-sessions/{request.path_params['session']}")).json())

    routes = [Route("/", page), Route("/connect", connect, methods=["POST"]), Route("/sessions/{session}", state)]
    return Starlette(routes=routes)


@asynccontextmanager
async def _serving(app: Any, bound: socket.socket, certificate: Path | None = None) -> AsyncIterator[None]:
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ssl_certfile=certificate)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    yield
    server.should_exit = server.force_exit = True
    await serving
