"""The commands, settings and health checks of docker-compose.yml and the Dockerfile, carried out as plain processes.

Images can't be built everywhere; that jobs end well, services get healthy and the health check is right can be seen so.
"""

import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.embedded import Command, Process, Supervisor, ports, responds

pytestmark = pytest.mark.long  # what the file says is checked by test_compose.py

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
JOBS = ["topics", "migrate-connector", "migrate-importer", "migrate-voucher-sender"]
SERVING = ["simulator", "connector", "importer", "voucher-sender"]


class Stack:
    """Translates what is said of containers into what is true of processes on this machine."""

    def __init__(self, supervisor: Supervisor, kafka: str, database: str, topic_prefix: str) -> None:
        self._supervisor = supervisor
        self._prefix = topic_prefix
        self.ports = {name: ports.free() for name in SERVING}
        self._here = {
            r"kafka:19092": kafka,
            r"postgresql://bokbrygga:[^@]*@postgres:5432/bokbrygga": database,
            r"http://connector:8080": f"http://127.0.0.1:{self.ports['connector']}",
            r"http://simulator\.localhost:8090": f"http://127.0.0.1:{self.ports['simulator']}",
            r"--port=8090": f"--port={self.ports['simulator']}",
            r"/books\.se": str(ROOT / self._environment()["BOOKS"]),
        }

    def command(self, name: str) -> Command:
        """How the container's process is started here."""
        service = SERVICES[name]
        module = service["build"]["args"]["SERVICE"].replace("-", "_")
        start = service.get("entrypoint", ["python", "-m", module])
        args = [self._translated(str(word)) for word in [*start, *service.get("command", ["run"])]]
        env = self.env(name)
        ready = responds(int(env["PORT"]), env["HEALTH_PATH"])
        return Command(name=name, args=[sys.executable, *args[1:]], env=env, ready=ready)

    def env(self, name: str) -> dict[str, str]:
        told = {key: self._translated(str(value)) for key, value in SERVICES[name].get("environment", {}).items()}
        return {**_image_env(), **told, "PORT": str(self.ports.get(name, 0)), "KAFKA_TOPIC_PREFIX": self._prefix}

    def is_healthy(self, name: str) -> bool:
        """What the image's HEALTHCHECK says."""
        said = re.search(r"HEALTHCHECK[^\[]*CMD (\[.*\])", _dockerfile())
        assert said
        check = [sys.executable, *json.loads(said[1])[1:]]
        return subprocess.run(check, env=self.env(name), capture_output=True, check=False).returncode == 0

    def run(self, name: str) -> Process:
        process = Process(self._supervisor, self.command(name))
        process.launch()
        return process

    def _translated(self, text: str) -> str:
        environment = self._environment()
        text = re.sub(r"\$\{(\w+)[^}]*\}", lambda variable: environment[variable[1]], text)
        for there, here in self._here.items():
            text = re.sub(there, here, text)
        return text

    @staticmethod
    @cache
    def _environment() -> dict[str, str]:
        made = [sys.executable, str(ROOT / "deploy" / "make_env.py"), str(ROOT / ".env.example")]
        text = subprocess.run(made, check=True, capture_output=True, text=True).stdout
        text += (ROOT / "deploy/sandbox.env").read_text()
        return {name: value.strip("'") for name, value in re.findall(r"(?m)^(\w+)=(.*)$", text)}


@pytest.fixture
async def compose(
    supervisor: Supervisor, kafka: str, create_database: Callable[..., Awaitable[str]], topic_prefix: str
) -> Stack:
    return Stack(supervisor, kafka, await create_database(), topic_prefix)


async def test_jobs_end_well_also_the_second_time_and_then_all_services_get_healthy(compose: Stack) -> None:
    for _ in range(2):
        for job in [compose.run(name) for name in JOBS]:
            assert job.wait(60) == 0, job.log_tail()

    running = [compose.run(name) for name in SERVING]
    for process in running:
        process.wait_until_ready()

    assert all(compose.is_healthy(name) for name in SERVING)


async def test_a_service_is_not_healthy_before_its_database_is_migrated(compose: Stack) -> None:
    process = compose.run("connector")
    while not ports.answers(compose.ports["connector"]):
        assert process.alive, process.log_tail()

    assert not compose.is_healthy("connector")


def _image_env() -> dict[str, str]:
    """What the Dockerfile's ENV says, but for the search path."""
    said = re.search(r"(?m)^ENV ((?:.*\\\n)*.*)$", _dockerfile())
    assert said
    return {name: value for name, value in re.findall(r"(\w+)=(\S+)", said[1]) if name != "PATH"} | {
        "HOST": ports.LOOPBACK
    }


def _dockerfile() -> str:
    return (ROOT / "deploy/Dockerfile").read_text()
