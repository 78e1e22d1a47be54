"""Supervised processes: what can be done to them, and that nothing of them stays."""

import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.embedded import Command, EmbeddedError, NotReady, Process, Supervisor, ports, python_module, responds

Eventually = Callable[[Callable[[], bool]], None]

SLEEPER = "import time; print('awake', flush=True); time.sleep(1000)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
FAMILY = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).pid); {SLEEPER}"
OWNER = f"""
import signal, sys, time
from sandbox.embedded import Command, Supervisor
supervisor = Supervisor(patience=0.5)
child = supervisor.start(
    Command(name="family", args=[sys.executable, "-u", "-c", {FAMILY!r}], ready=lambda child: "awake" in child.logged())
)
print(supervisor.folder, child.pid, child.logged().split()[0], flush=True)
"""


def sleeper(script: str = SLEEPER, **details: Any) -> Command:
    return Command(
        name="sleeper",
        args=[sys.executable, "-u", "-c", script],
        ready=lambda child: "awake" in child.logged(),
        **details,
    )


@pytest.mark.parametrize(
    ("ending", "number"),
    [
        ("time.sleep(1000)", signal.SIGKILL),
        ("time.sleep(1000)", signal.SIGTERM),
        ("time.sleep(1000)", signal.SIGINT),
        ("raise RuntimeError", 0),
        ("sys.exit()", 0),
        ("supervisor.close(); time.sleep(1000)", 0),
    ],
)
def test_however_its_owner_ends_no_process_and_no_folder_stays(
    ending: str, number: int, supervisor: Supervisor, eventually: Eventually
) -> None:
    script = [sys.executable, "-c", OWNER + ending]
    owner = supervisor.start(Command(name="owner", args=script, ready=lambda owner: "\n" in owner.logged()))
    folder, *pids = owner.logged().split()[:3]

    owner.signal(number)

    eventually(lambda: not Path(folder).exists())
    assert not any(psutil.pid_exists(int(pid)) for pid in pids)


def test_processes_end_with_their_warden_and_the_next_supervisor_removes_its_folder(
    eventually: Eventually, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # others' supervisors would remove it too
    supervisor = Supervisor()
    process = supervisor.start(sleeper())
    assert process.pid
    child = psutil.Process(process.pid)

    child.parent().kill()  # type: ignore[union-attr]  # the warden, its parent

    eventually(lambda: not child.is_running())
    assert supervisor.folder.exists()
    with Supervisor() as next_one:
        eventually(lambda: not supervisor.folder.exists())
        assert next_one.folder.exists()
    supervisor.close()


def test_a_stubborn_process_is_killed_when_its_patience_is_over() -> None:
    with Supervisor(patience=0.1) as supervisor:
        process = supervisor.start(sleeper(STUBBORN))
        assert process.pid

        assert process.stop(patience=0.1) == -signal.SIGKILL

        process.start()
        assert process.alive
    assert not psutil.pid_exists(process.pid)


def test_a_killed_process_can_be_started_again(supervisor: Supervisor) -> None:
    process = supervisor.start(sleeper())
    first = process.pid

    process.kill()
    assert process.exit_code() == -signal.SIGKILL
    process.start()

    assert process.alive
    assert process.pid != first


def test_a_paused_process_stands_still_with_all_that_it_started(supervisor: Supervisor, eventually: Eventually) -> None:
    process = supervisor.start(sleeper(FAMILY))
    family = [psutil.Process(process.pid), psutil.Process(int(process.logged().split()[0]))]

    process.pause()
    eventually(lambda: all(one.status() == psutil.STATUS_STOPPED for one in family))
    process.resume()

    eventually(lambda: all(one.status() == psutil.STATUS_SLEEPING for one in family))
    process.pause()
    assert process.stop() == -signal.SIGTERM


def test_a_process_that_ends_at_once_is_an_error_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(NotReady, match=r"sleeper ended with exit code 3; its log .* ends:\nsorry"):
        supervisor.start(sleeper("print('sorry'); raise SystemExit(3)"))


def test_a_process_that_does_not_get_ready_is_an_error(supervisor: Supervisor) -> None:
    with pytest.raises(NotReady, match="was not ready after 0 s"):
        supervisor.start(sleeper("import time; time.sleep(1000)", patience=0.1))


def test_a_program_that_does_not_exist_is_an_error(supervisor: Supervisor) -> None:
    with pytest.raises(EmbeddedError, match="/no/such/program"):
        supervisor.start(Command(name="nothing", args=["/no/such/program"]))


def test_the_environment_comes_on_top_of_ours(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INHERITED", "a")
    script = "import os; print(os.environ['INHERITED'], os.environ['GIVEN'])"

    process = Process(supervisor, sleeper(script, env={"GIVEN": "b"}))
    process.launch()

    assert process.wait() == 0
    assert process.logged() == "a b\n"


def test_a_module_is_ready_when_it_responds(supervisor: Supervisor) -> None:
    port = ports.free()

    command = python_module("http.server", str(port), "--bind", "127.0.0.1", ready=responds(port, "/"))
    process = supervisor.start(command)

    assert process.alive
    assert ports.answers(port)
    assert not ports.is_free(port)
    assert not responds(port, "/nothing/there")(process)


def test_folders_in_use_are_left_alone() -> None:
    with Supervisor() as first, Supervisor() as second:
        assert first.folder.exists()
        assert second.folder.parent == Path(tempfile.gettempdir())
