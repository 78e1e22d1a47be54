"""The process between us and the processes we start: their parent, which outlives us just long enough to clean up.

Run by its path with nothing of ours imported, so that it starts at once and stays small. It obeys JSON lines on
standard input and answers each with one on standard output. When the input ends, however its owner died, it stops what
still runs and removes its folder. If the warden itself is killed, the kernel ends its children (PR_SET_PDEATHSIG);
only the folder then stays, until the next warden finds that nobody holds its lock.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

PREFIX = "bokbrygga-"
LOCK = ".warden"
TICK = 0.5  # seconds between two looks at whether the owner still lives
ASK_TWICE = 0.02  # seconds between two looks at whether processes are gone
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_libc = ctypes.CDLL(None)


class Warden:
    """The children of one owner and the folder they live in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: dict[int, tuple[subprocess.Popen[bytes], int]] = {}  # with the signal that ends it kindly
        self._exits: dict[int, int] = {}

    def obey(self, do: str, **details: Any) -> dict[str, Any]:
        """Carries out one command of the owner."""
        deeds: dict[str, Callable[..., Any]] = {"start": self.start, "signal": self.signal, "exit": self.exit}
        try:
            return {"ok": deeds[do](**details)}
        except OSError as error:
            return {"error": f"{error.strerror}: {error.filename}"}

    def start(
        self,
        *,
        args: list[str],
        log: str,
        env: dict[str, str],
        cwd: str,
        user: int | None,
        stop_signal: int,
        death_signal: int,
    ) -> int:
        """Starts a child in a session of its own (Ctrl-C in the terminal is not for it) and returns its pid."""
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
            child = subprocess.Popen(  # noqa: S603 (what our own code asks for)
                args,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid(), death_signal),  # noqa: PLW1509 (there are no threads here)
            )
        self._children[child.pid] = (child, stop_signal)
        return child.pid

    def signal(self, pid: int, number: int, tree: bool) -> None:
        """Sends a signal to a child, or to it and all that it started."""
        if pid not in self._children:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            child = psutil.Process(pid)
            for process in [child, *(child.children(recursive=True) if tree else [])]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    def exit(self, pid: int) -> int | None:
        """The child's exit code (negative: the signal that ended it); None while it lives."""
        return self._exits.get(pid)

    def reap(self) -> None:
        """Takes note of ended children, and of the orphans of children."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                self._exits[pid] = os.waitstatus_to_exitcode(status)
                if pid in self._children:
                    self._children.pop(pid)[0].returncode = self._exits[pid]

    def end(self, patience: float) -> None:
        """Stops all children, waits that long, kills what is left of them and theirs, and removes the folder."""
        self.reap()
        for pid, (_, stop_signal) in self._children.items():
            self.signal(pid, stop_signal, tree=False)
            self.signal(pid, signal.SIGCONT, tree=True)
        deadline = time.monotonic() + patience
        while self._children and time.monotonic() < deadline:
            time.sleep(ASK_TWICE)
            self.reap()
        while descendants := self._descendants():
            for process in descendants:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(ASK_TWICE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _descendants(self) -> list[psutil.Process]:
        self.reap()
        return psutil.Process().children(recursive=True)


def _prctl(option: int, argument: int) -> None:
    """Linux's prctl; elsewhere the closing of our standard input has to be enough."""
    if sys.platform == "linux":
        _libc.prctl(option, argument)


def _dies_with(warden: int, death_signal: int) -> Callable[[], None]:
    """What a new child does before it becomes its program: ask the kernel to be ended with the warden."""

    def before_exec() -> None:
        _prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != warden:
            os._exit(1)

    return before_exec


def _commands() -> Iterator[dict[str, Any] | None]:
    """The owner's commands, until it is gone; None while it has none."""
    owner, pending = os.getppid(), b""
    while os.getppid() == owner:
        if not select.select([sys.stdin.fileno()], [], [], TICK)[0]:
            yield None
        elif received := os.read(sys.stdin.fileno(), 1 << 16):
            *lines, pending = (pending + received).split(b"\n")
            yield from map(json.loads, lines)
        else:
            return


def _new_folder() -> tuple[Path, int]:
    """A folder of our own, with the lock that says that somebody lives there."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # PostgreSQL refuses to be root and must get through to its data
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "lock").rename(folder / LOCK)  # never seen unlocked by another warden's sweep
    return folder, lock


def sweep(parent: Path) -> None:
    """Removes folders whose warden was killed together with its owner."""
    for left in parent.glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError):
            lock = os.open(left, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left.parent, ignore_errors=True)
            finally:
                os.close(lock)


def _answer(**answer: Any) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")


def main(patience: float) -> None:
    """Serves one owner until it closes our standard input or dies."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what our owner blocks is not for us and our children
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a handler, not SIG_IGN: that our children would inherit
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    sweep(Path(tempfile.gettempdir()))
    folder, _lock = _new_folder()
    warden = Warden(folder)
    try:
        _answer(ok=str(folder))
        for command in _commands():
            warden.reap()
            if command:
                _answer(**warden.obey(**command))
    finally:
        warden.end(patience)


if __name__ == "__main__":
    main(float(sys.argv[1]))
