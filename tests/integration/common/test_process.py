"""A bare service as a process: its start, its size, its end."""

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from common.settings import ServiceSettings
from sandbox.embedded import Command, Process, Supervisor, ports, responds

PROGRAM = """
from common import command, service
from common.events import ImportRequested
from common.events.topics import CONNECTIONS, IMPORT_REQUESTS
from common.jobs import JobKind
from common.messaging.inbox import Route

async def nothing(*_): ...

async def build(runtime):
    worker = runtime.worker(JobKind("import", [ImportRequested], run=nothing, give_up=nothing))
    runtime.inbox(IMPORT_REQUESTS, Route(ImportRequested, nothing), wake=[worker])
    runtime.subscribe(CONNECTIONS, nothing)

def create_app(settings):
    return service.create_app(service.Service("bare", "common", settings, build))

command.main("bare", "common", command.ServiceSettings, create_app)
"""
LARGEST_IDLE = 150_000_000  # bytes resident (the limit)


@pytest.fixture
def bare(supervisor: Supervisor, tmp_path: Path, settings: ServiceSettings) -> Process:
    program, port = tmp_path / "bare.py", ports.free()
    program.write_text(PROGRAM)
    environment = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "KAFKA_TOPIC_PREFIX": settings.kafka_topic_prefix,
        "PORT": str(port),
        "LOG_FORMAT": "json",
    }
    return Process(
        supervisor,
        Command(name="bare", args=[sys.executable, str(program), "run"], env=environment, ready=responds(port)),
    )


def test_it_is_ready_within_seconds_stays_small_and_ends_when_told(
    bare: Process, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    bare.start()
    ready_after = time.monotonic() - began
    process = psutil.Process(bare.pid)
    used = process.cpu_times()
    time.sleep(0.5)  # at rest: what it costs to wait for work
    busy = sum(process.cpu_times()[:2]) - sum(used[:2])
    resident = process.memory_info().rss
    port = bare.command.env["PORT"] if bare.command.env else ""
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text

    began = time.monotonic()
    bare.signal(signal.SIGTERM)
    code = bare.wait(10)
    ended_after = time.monotonic() - began

    figures = {"ready": ready_after, "resident": resident, "cpu": busy / 0.5, "ended": ended_after}
    record_property("figures", figures)
    assert resident < LARGEST_IDLE
    assert code in {0, -signal.SIGTERM}
    assert ended_after < 5
    assert "bokbrygga_jobs_waiting" in metrics
    lines = [json.loads(line)["event"] for line in bare.logged().splitlines()]
    assert "service.ready" in lines


def test_wrong_settings_end_it_with_code_2(bare: Process) -> None:
    bare.command = Command(name="bare", args=bare.command.args, env={"PORT": "nine", "DATABASE_URL": "x"})

    bare.launch()

    assert bare.wait(20) == 2
    assert "KAFKA_BOOTSTRAP_SERVERS" in bare.logged()
