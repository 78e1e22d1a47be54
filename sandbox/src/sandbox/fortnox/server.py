"""The simulator as a process: one port, one line when it is ready."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

import sie
from sandbox.embedded import ports
from sandbox.fortnox.app import create_app
from sandbox.fortnox.founding import Wanted, found
from sandbox.fortnox.oauth.grants import Application
from sandbox.fortnox.store import File, Memory
from sandbox.fortnox.world import World

HOST = "127.0.0.1"
DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET = "sandbox-client", "sandbox-secret"  # made up, for made-up books


@dataclass(frozen=True, slots=True)
class Settings:
    """How the simulator is started."""

    port: int = 0  # 0: a free one
    books: tuple[Path, ...] = ()
    data: Path | None = None
    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = field(default=DEFAULT_CLIENT_SECRET, repr=False)
    redirect_uris: tuple[str, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    host: str = HOST


def make_world(settings: Settings) -> World:
    """The world that is kept in the data file, or a new one with a company for each SIE file."""
    world = World(store=File(settings.data) if settings.data else Memory())
    application = Application(settings.client_id, settings.client_secret, settings.redirect_uris)
    world.grants.register(application)
    if not world.companies:
        for path in settings.books:
            try:
                found(world, path.read_bytes(), settings.wanted)
            except (OSError, sie.SieError) as error:
                raise SystemExit(f"{path} can't be taken as books: {error}") from None
    return world


def run(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serves until it is told to stop; `ready` gets the address. Raises SystemExit when the port is taken."""
    if settings.port and not ports.is_free(settings.port):
        raise SystemExit(f"Port {settings.port} is taken by another program: choose another with --port.")
    world = make_world(settings)
    config = uvicorn.Config(
        create_app(world),
        host=settings.host,
        port=settings.port,
        loop="asyncio",  # the gateway breaks connections by asyncio's transports, which uvloop's are not
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
    )
    server = _Server(config, ready)
    try:
        server.run()
    finally:
        world.store.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # sockets are unused
        await super().startup()
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://{host}:{port}")
