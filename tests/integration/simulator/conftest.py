"""The simulator as a process of its own, on a real port."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BOOKS = """#FLAGGA 0
#SIETYP 4
#FNR 4711
#FNAMN "Processen AB"
#ORGNR 556677-8899
#RAR 0 20240101 20241231
#KONTO 1510 "Kundfordringar"
#KONTO 1930 "Bank"
#KONTO 3001 "Försäljning"
#VER B 1 20240510 "Faktura" 20240510
{
#TRANS 1510 {} 125000
#TRANS 3001 {} -125000
}
"""

Start = Callable[..., tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("books") / "books.se"
    path.write_bytes(BOOKS.encode("cp437"))
    return path


@pytest.fixture(scope="module")
def start(books: Path) -> Iterator[Start]:
    """Starts a simulator with these arguments; returns its address and its process."""
    running: list[subprocess.Popen[str]] = []

    def started(*arguments: str) -> tuple[str, subprocess.Popen[str]]:
        command = [sys.executable, "-m", "sandbox", "fortnox", "--books", str(books), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Fortnox simulator ready at http://127.0.0.1:"), line
        return line.split()[-1], process

    yield started
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def address(start: Start) -> str:
    """A simulator that the module's tests share; each takes a company of its own."""
    return start()[0]
