"""Child processes that can be stopped, killed, frozen and started again, and that never outlive us."""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.embedded import warden
from sandbox.embedded.errors import EmbeddedError, Ended, NotReady

ASK_AGAIN = 0.05  # seconds between two looks at whether something is ready or gone
LOGS = "BOKBRYGGA_LOGS"  # names a folder where logs are kept, each supervisor's in one of its own
TAIL = 20  # lines of a log that an error shows


@dataclass(frozen=True, kw_only=True)
class Command:
    """How a process is started, and how its owner tells that it is ready."""

    name: str
    args: Sequence[str]
    env: Mapping[str, str] | None = None  # on top of our own environment
    cwd: Path | None = None
    user: int | None = None  # run as this user and group id
    ready: "Callable[[Process], bool]" = lambda process: process.alive
    patience: float = 30.0  # seconds to become ready
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGKILL  # sent by the kernel should even the warden be killed


class Supervisor:
    """Owns processes and a temporary folder; both are gone when it is closed, or when we die in whatever way.

    Closing asks all processes to stop, waits `patience` seconds for them and kills the rest. What must stop before
    something else has a supervisor of its own inside the other's `with`. All methods block (for milliseconds, except
    `Process.start` and `stop`): coroutines call those through `asyncio.to_thread`.
    """

    def __init__(self, *, patience: float = 10.0) -> None:
        self._warden = subprocess.Popen(  # noqa: S603 (our own script)
            [sys.executable, "-I", warden.__file__, str(patience)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self.folder = Path(self._answer())
        kept = os.environ.get(LOGS)
        self.logs = Path(kept, self.folder.name) if kept else self.folder
        self.logs.mkdir(parents=True, exist_ok=True)
        atexit.register(self.close)

    def start(self, command: Command) -> "Process":
        """Starts a process and waits until it is ready."""
        process = Process(self, command)
        process.start()
        return process

    def ask(self, do: str, **details: Any) -> Any:
        """Has the warden do something (see `warden.Warden`)."""
        with self._lock:
            if self._warden.stdin is None or self._warden.stdin.closed:
                raise Ended("The supervisor")
            self._warden.stdin.write(json.dumps({"do": do, **details}).encode() + b"\n")
            self._warden.stdin.flush()
            return self._answer()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Holds off the folder's removal while a tree is written into it; otherwise parts would come back."""
        with self._writing:
            if not self.folder.exists():
                raise Ended("The supervisor")
            yield

    def close(self) -> None:
        """Ends all processes and removes the folder; returns when that is done."""
        atexit.unregister(self.close)
        with self._writing, self._lock:
            if self._warden.stdin:
                with contextlib.suppress(BrokenPipeError):
                    self._warden.stdin.close()
            self._warden.wait()
            if self._warden.stdout:
                self._warden.stdout.close()

    def _answer(self) -> Any:
        line = self._warden.stdout.readline() if self._warden.stdout else b""
        if not line:
            raise Ended("The supervisor")
        answer = json.loads(line)
        if "error" in answer:
            raise EmbeddedError(answer["error"])
        return answer["ok"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Process:
    """One child process; it can be started again after it ended, with the same command and log."""

    def __init__(self, supervisor: Supervisor, command: Command) -> None:
        self.supervisor, self.command = supervisor, command
        self.log = supervisor.logs / f"{command.name}.log"
        self.pid: int | None = None
        self._log_start = 0

    def start(self) -> None:
        """Starts it and waits until it is ready; NotReady, with the end of its log, if that doesn't happen."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Starts it without waiting."""
        command = self.command
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self.pid = self.supervisor.ask(
            "start",
            args=[str(part) for part in command.args],
            log=str(self.log),
            env={**os.environ, **(command.env or {})},
            cwd=str(command.cwd or self.supervisor.folder),
            user=command.user,
            stop_signal=command.stop_signal,
            death_signal=command.death_signal,
        )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.command.patience
        while not self.command.ready(self):
            if (code := self.exit_code()) is not None:
                raise self.not_ready(f"ended with exit code {code}")
            if time.monotonic() > deadline:
                raise self.not_ready(f"was not ready after {self.command.patience:.0f} s")
            time.sleep(ASK_AGAIN)

    def not_ready(self, reason: str) -> EmbeddedError:
        """The error to raise when it can't be brought up; servers look into their log for a better one."""
        return NotReady(self.command.name, reason, self.log, self.log_tail())

    @property
    def alive(self) -> bool:
        return self.pid is not None and self.exit_code() is None

    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        if self.pid is None:
            raise Ended(self.command.name)
        code: int | None = self.supervisor.ask("exit", pid=self.pid)
        return code

    def wait(self, patience: float = 30.0) -> int | None:
        """Waits for its end: the exit code, or None when it still runs after that many seconds."""
        deadline = time.monotonic() + patience
        while (code := self.exit_code()) is None and time.monotonic() < deadline:
            time.sleep(ASK_AGAIN)
        return code

    def stop(self, patience: float = 10.0) -> int | None:
        """Asks it to end, kills it if it does not: the exit code."""
        self.signal(self.command.stop_signal)
        self.resume()
        code = self.wait(patience)
        if code is None:
            self.kill()
            code = self.exit_code()
        return code

    def kill(self) -> None:
        """SIGKILL to it and all that it started, as when the power goes; returns when it is gone."""
        self.signal(signal.SIGKILL, tree=True)
        self.wait()

    def pause(self) -> None:
        """Freezes it and all that it started."""
        self.signal(signal.SIGSTOP, tree=True)

    def resume(self) -> None:
        self.signal(signal.SIGCONT, tree=True)

    def signal(self, number: int, *, tree: bool = False) -> None:
        self.supervisor.ask("signal", pid=self.pid, number=number, tree=tree)

    def logged(self) -> str:
        """What it wrote since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def log_tail(self, lines: int = TAIL) -> str:
        return "\n".join(self.logged().splitlines()[-lines:])
