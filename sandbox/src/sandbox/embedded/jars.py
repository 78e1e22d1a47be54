"""Kafka's jars: which ones (`kafka.lock`), where they are kept, and how they get there."""

import hashlib
import logging
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.embedded import cache
from sandbox.embedded.errors import DownloadRefused, WrongChecksum

# The `!` keeps the second coordinate from pulling kafka-clients down to an older version.
COORDINATES = "org.apache.kafka:kafka_2.13:4.3.1+org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!"
LOCK = Path(__file__).with_name("kafka.lock")
AT_ONCE = 8  # downloads
HEADER = f"""\
# The jars of the embedded Kafka and their SHA-256: what isn't in this list is never run.
# They are what jgo resolves for {COORDINATES}
# Renew after changing that in jars.py: .venv/bin/python -m sandbox.embedded lock
"""


@dataclass(frozen=True)
class Jar:
    """One line of `kafka.lock`."""

    sha256: str
    group: str
    artifact: str
    version: str

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        return f"{self.group}.{self.artifact}-{self.version}.jar"


def locked(lock: Path = LOCK) -> list[Jar]:
    """The jars of the class path, in its order."""
    lines = (line.split() for line in lock.read_text().splitlines() if not line.startswith("#"))
    return [Jar(sha256, *coordinate.split(":")) for sha256, coordinate in lines]


def class_path(lock: Path = LOCK) -> list[Path]:
    """The jars on this machine, fetched where they are missing, each with the checksum that the lock names."""
    place = cache.folder() / "jars"
    place.mkdir(exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda jar: _present(jar, place), locked(lock)))


def repository() -> str:
    """The Maven repository: Maven Central, or the mirror that the environment names."""
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 (see make_lock)

    return (os.environ.get("MAVEN_REPOSITORY_URL") or MAVEN_CENTRAL_URL).rstrip("/")


def make_lock(lock: Path = LOCK) -> int:
    """Resolves the coordinates anew, downloads everything and writes down what came: the number of jars."""
    import jgo  # noqa: PLC0415 (it takes a third of a second and is needed only for downloads)

    lines = []
    for artifact in jgo.resolve(COORDINATES, repositories={"central": repository()}):
        with cache.scratch() as scratch:
            jar = Jar("", artifact.groupId, artifact.artifactId, artifact.version)
            lines.append(f"{_sha256(_fetch(jar, scratch))} {jar.coordinate}\n")
    lock.write_text(HEADER + "".join(lines))
    return len(lines)


def _present(jar: Jar, place: Path) -> Path:
    path = place / jar.file_name
    if not (path.exists() and _sha256(path) == jar.sha256):
        with cache.scratch() as scratch:
            fetched = _fetch(jar, scratch)
            if (found := _sha256(fetched)) != jar.sha256:
                raise WrongChecksum(jar.coordinate, jar.sha256, found)
            fetched.replace(path)
    return path


def _fetch(jar: Jar, scratch: Path) -> Path:
    """Downloads one jar by its coordinate, without looking at its dependencies."""
    from jgo.maven import MavenContext  # noqa: PLC0415 (see make_lock)

    logging.getLogger("jgo").setLevel(logging.ERROR)  # it warns of checksums, which we compare ourselves
    maven: Any = MavenContext(repo_cache=scratch, local_repos=[], remote_repos={"central": repository()}, timeout=60)
    try:
        return Path(maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, "not found" is a RuntimeError
        raise DownloadRefused(jar.coordinate, repository(), _reason(error)) from error


def _reason(error: Exception) -> str:
    return "not found there" if isinstance(error, RuntimeError) else type(error).__name__


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def names(paths: Iterable[Path]) -> str:
    """The class path as Java wants it."""
    return os.pathsep.join(map(str, paths))
