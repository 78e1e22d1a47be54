"""Kafka's jars: which ones (`kafka.lock`), where they are kept, and how they get there."""

import hashlib
import os
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import certifi
import httpx

from sandbox.embedded import cache
from sandbox.embedded.errors import DownloadRefused, WrongChecksum

# The `!` keeps the second coordinate from pulling kafka-clients down to an older version.
COORDINATES = "org.apache.kafka:kafka_2.13:4.3.1+org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!"
LOCK = Path(__file__).with_name("kafka.lock")
AT_ONCE = 8  # downloads
TIMEOUT = 30.0  # seconds without a byte
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
    def repository_path(self) -> str:
        """Where Maven repositories keep it."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.artifact}-{self.version}.jar"

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
    jars = locked(lock)
    missing = [jar for jar in jars if not _is_there(jar, place)]
    if missing:
        with _client() as client, ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda jar: _fetch_into(place, jar, client), missing))
    return [place / jar.file_name for jar in jars]


def repository() -> str:
    """The Maven repository: Maven Central, or the mirror that the environment names."""
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 (see make_lock)

    return (os.environ.get("MAVEN_REPOSITORY_URL") or MAVEN_CENTRAL_URL).rstrip("/")


def make_lock(lock: Path = LOCK) -> int:
    """Resolves the coordinates anew, downloads everything and writes down what came: the number of jars."""
    import jgo  # noqa: PLC0415 (it takes a third of a second and is needed only here)

    lines = []
    with cache.scratch() as scratch, _client() as client:
        for artifact in jgo.resolve(COORDINATES, repositories={"central": repository()}):
            jar = Jar("", artifact.groupId, artifact.artifactId, artifact.version)
            _download(jar, scratch / jar.file_name, client)
            lines.append(f"{_sha256(scratch / jar.file_name)} {jar.coordinate}\n")
    lock.write_text(HEADER + "".join(lines))
    return len(lines)


def _is_there(jar: Jar, place: Path) -> bool:
    path = place / jar.file_name
    return path.exists() and _sha256(path) == jar.sha256


def _fetch_into(place: Path, jar: Jar, client: httpx.Client) -> None:
    """Downloads a jar; it is in its place whole and as locked, or not at all."""
    with cache.scratch() as scratch:
        fetched = scratch / jar.file_name
        _download(jar, fetched, client)
        if (found := _sha256(fetched)) != jar.sha256:
            raise WrongChecksum(jar.coordinate, jar.sha256, found)
        fetched.replace(place / jar.file_name)


def _download(jar: Jar, to: Path, client: httpx.Client) -> None:
    try:
        with client.stream("GET", f"{repository()}/{jar.repository_path}") as answer, to.open("wb") as file:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                file.write(part)
    except httpx.HTTPStatusError as error:
        raise DownloadRefused(jar.coordinate, repository(), f"HTTP {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise DownloadRefused(jar.coordinate, repository(), type(error).__name__) from error


def _client() -> httpx.Client:
    """Trusts the certificates that this machine trusts, those of a company's proxy too, and certifi's."""
    trusted = ssl.create_default_context(cafile=certifi.where())
    trusted.load_default_certs()
    if named := os.environ.get("REQUESTS_CA_BUNDLE"):
        trusted.load_verify_locations(cafile=named)
    return httpx.Client(verify=trusted, timeout=TIMEOUT, follow_redirects=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def names(paths: Iterable[Path]) -> str:
    """The class path as Java wants it."""
    return os.pathsep.join(map(str, paths))
