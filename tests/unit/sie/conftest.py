"""Where the sample files are, and the plain script that counts them independently."""

import json
import os
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
_BESIDE = HERE.parents[3] / "shared" / "samples" / "sie"
VENDORS = Path(os.environ.get("SIE_SAMPLES", _BESIDE))
"""Files of vendors that may hold rights: read where they are, never copied into the project."""

Figures = dict[str, Any]
FIGURES: dict[str, Figures] = json.loads((SAMPLES / "figures.json").read_text())


@pytest.fixture
def sample() -> Callable[[str], Path]:
    """The file's path, or a skip with the reason where it isn't on this machine."""

    def find(name: str) -> Path:
        for folder in (SAMPLES, VENDORS):
            if (folder / name).exists():
                return folder / name
        pytest.skip(f"{name} is not here: SIE_SAMPLES names the folder of the samples that can't be committed")

    return find


@pytest.fixture(params=FIGURES)
def counted(request: pytest.FixtureRequest, sample: Callable[[str], Path]) -> tuple[Path, Figures]:
    """Each sample file with its expected figures."""
    return sample(request.param), FIGURES[request.param]


@pytest.fixture(scope="session")
def naive() -> Callable[[bytes], Figures]:
    found: Callable[[bytes], Figures] = runpy.run_path(str(HERE / "naive.py"))["figures"]
    return found


@pytest.fixture(scope="session")
def small_samples() -> list[bytes]:
    """The samples that are quickly read, whichever are on this machine."""
    paths = [folder / name for name in FIGURES for folder in (SAMPLES, VENDORS) if (folder / name).exists()]
    return [path.read_bytes() for path in paths if path.stat().st_size < 20_000]
