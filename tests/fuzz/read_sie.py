"""Coverage-guided fuzzing of libs/sie: `make fuzz [SECONDS=600]`. What it finds becomes a test in tests/unit/sie.

Whatever the bytes, reading gives a document or a SieError, both scanners read the same, checking has an answer, and
what is written again reads the same. Where SIE_FUZZ_CORE names a native core built with instrumentation, the C code
leads the way too, and what it does to memory is watched; else only the Python code does.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import atheris

if path := os.environ.get("SIE_FUZZ_CORE"):
    spec = importlib.util.spec_from_file_location("sie._core", path)
    assert spec
    assert spec.loader
    sys.modules["sie._core"] = importlib.util.module_from_spec(spec)  # where `core` and `native` will find it
    spec.loader.exec_module(sys.modules["sie._core"])

with atheris.instrument_imports(include=["sie"]):
    import sie
    from sie import core
    from sie.problems import Problems

assert core.NAME == "native", "there is nothing to hold the Python scanner against"


def one(data: bytes) -> None:
    """How many problems of a kind are told before the rest are only counted is told by the last byte, too."""
    with patch.object(Problems, "KEPT", (100, 0, 1, 2)[data[-1] % 4 if data else 0]):
        hold(data)


def hold(data: bytes) -> None:
    native, python = read(data), read_in_python(data)
    if native is None or python is None:
        assert native is python
        return
    assert native == python
    assert (native.problems, native.problem_counts) == (python.problems, python.problem_counts)
    assert (native.counts, native.places, native.other) == (python.counts, python.places, python.other)
    assert native.origin == python.origin
    assert places(native) == places(python)
    assert sie.check(native) == check_in_python(python)
    again = written_again(native)
    assert again is None or again == native


def read(data: bytes) -> sie.Document | None:
    try:
        return sie.read(data)
    except sie.SieError:
        return None


def read_in_python(data: bytes) -> sie.Document | None:
    with in_python():
        return read(data)


def check_in_python(document: sie.Document) -> list[sie.Finding]:
    with in_python():
        return sie.check(document)


@contextmanager
def in_python() -> Iterator[None]:
    twins = {name: getattr(core, f"{name}_in_python") for name in ("tally", "contents", "unbalanced", "sums")}
    with patch.multiple(core, NAME="python", **twins):
        yield


def places(document: sie.Document) -> list[list[int]]:
    """Where everything stood, which no comparison of documents looks at."""
    frames = (document.rows, document.struck, document.added, document.vouchers.columns, document.balances)
    return [list(frame.line) for frame in frames] + [list(document.balances.decimals)]


def written_again(document: sie.Document) -> sie.Document | None:
    """None where the texts hold what a file can't."""
    try:
        return sie.read(sie.write(document), encoding="cp437")
    except sie.SieError:
        return None


atheris.Setup(sys.argv, one)
atheris.Fuzz()
