"""Coverage-guided fuzzing of libs/sie: `make fuzz [SECONDS=600]`. What it finds becomes a test in tests/unit/sie.

Whatever the bytes, reading gives a document or a SieError, both scanners read the same, checking has an answer, and
what is written again reads the same. The native core is not instrumented; the Python scanner beside it leads the way.
"""

import sys
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["sie"]):
    import sie
    from sie import core


def one(data: bytes) -> None:
    native, python = read(data), read_in_python(data)
    if native is None or python is None:
        assert native is python
        return
    assert native == python
    assert (native.problems, native.counts, native.places) == (python.problems, python.counts, python.places)
    assert sie.check(native) == sie.check(python)
    again = written_again(native)
    assert again is None or again == native


def read(data: bytes) -> sie.Document | None:
    try:
        return sie.read(data)
    except sie.SieError:
        return None


def read_in_python(data: bytes) -> sie.Document | None:
    with (
        patch.object(core, "NAME", "python"),
        patch.object(core, "tally", core.tally_in_python),
        patch.object(core, "contents", core.contents_in_python),
        patch.object(core, "sums", core.sums_in_python),
    ):
        return read(data)


def written_again(document: sie.Document) -> sie.Document | None:
    """None where the texts hold what a file can't."""
    try:
        return sie.read(sie.write(document), encoding="cp437")
    except sie.SieError:
        return None


atheris.Setup(sys.argv, one)
atheris.Fuzz()
