"""How our own processes (`python -m importer run` …) are described to a supervisor."""

import http.client
import sys
from collections.abc import Callable, Mapping

from sandbox.embedded import ports
from sandbox.embedded.supervision import Command, Process


def python_module(
    module: str,
    *args: str,
    name: str | None = None,
    env: Mapping[str, str] | None = None,
    ready: Callable[[Process], bool] | None = None,
    patience: float = 30.0,
) -> Command:
    """`python -m module args…` with this interpreter; `env` comes on top of our own environment."""
    return Command(
        name=name or module,
        args=[sys.executable, "-m", module, *args],
        env={"PYTHONUNBUFFERED": "1", **(env or {})},
        ready=ready or (lambda process: process.alive),
        patience=patience,
    )


def responds(port: int, path: str = "/health/ready") -> Callable[[Process], bool]:
    """Ready when that path of a server on this machine answers with 200."""

    def ready(_: Process) -> bool:
        connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ready
