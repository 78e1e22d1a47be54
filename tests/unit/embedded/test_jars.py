"""Kafka's jars come from the repository once, and only as the lock describes them."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from sandbox.embedded import DownloadRefused, WrongChecksum, jars

PATH = "/org/example/thing/1.0/thing-1.0.jar"


@pytest.fixture
def lock(tmp_path: Path, cache_folder: Path) -> Path:
    """Names one jar whose content is b"a jar"."""
    path = tmp_path / "some.lock"
    path.write_text(f"# a comment\n{hashlib.sha256(b'a jar').hexdigest()} org.example:thing:1.0\n")
    return path


def test_a_jar_is_fetched_once_and_then_found_in_the_cache(repository: Any, lock: Path) -> None:
    repository.files[PATH] = b"a jar"

    first = jars.class_path(lock)
    fetched = len(repository.requests)
    second = jars.class_path(lock)

    assert [path.read_bytes() for path in first] == [b"a jar"]
    assert second == first
    assert len(repository.requests) == fetched


def test_a_jar_that_was_damaged_in_the_cache_is_fetched_again(repository: Any, lock: Path) -> None:
    repository.files[PATH] = b"a jar"
    jars.class_path(lock)[0].write_bytes(b"half a j")

    assert jars.class_path(lock)[0].read_bytes() == b"a jar"


def test_a_jar_with_another_checksum_is_refused_and_not_kept(repository: Any, lock: Path, cache_folder: Path) -> None:
    repository.files[PATH] = b"something else"

    with pytest.raises(
        WrongChecksum, match=r"org\.example:thing:1\.0 has SHA-256 [0-9a-f]{12}… where kafka\.lock says"
    ):
        jars.class_path(lock)

    assert [path for path in cache_folder.rglob("*") if path.is_file()] == []


def test_a_jar_that_is_not_there_is_said_in_one_sentence(repository: Any, lock: Path) -> None:
    with pytest.raises(DownloadRefused) as raised:
        jars.class_path(lock)

    assert str(raised.value) == (
        f"Could not download org.example:thing:1.0 from {repository.url} (HTTP 404): "
        "check the network, or name a mirror in MAVEN_REPOSITORY_URL."
    )


def test_a_repository_that_cannot_be_reached_is_said_too(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAVEN_REPOSITORY_URL", "http://127.0.0.1:1/nobody/listens")

    with pytest.raises(DownloadRefused, match="ConnectError"):
        jars.class_path(lock)


def test_the_lock_names_each_jar_once_with_a_checksum() -> None:
    names = [jar.coordinate for jar in jars.locked()]

    assert "org.apache.kafka:kafka_2.13:4.3.1" in names
    assert "org.apache.kafka:kafka-clients:4.3.1" in names
    assert len(set(names)) == len(names)
    assert all(len(jar.sha256) == 64 for jar in jars.locked())
