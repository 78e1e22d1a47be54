"""The folder of the user's machine that keeps what is expensive to fetch or make, from one run to the next."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SCRATCH = "tmp-"
A_DAY = 24 * 3600.0  # seconds


def folder() -> Path:
    """`BOKBRYGGA_CACHE`, else `bokbrygga` in the user's cache folder; it may be deleted at any time between runs."""
    named = os.environ.get("BOKBRYGGA_CACHE")
    user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = Path(named) if named else user_cache / "bokbrygga"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder on the cache's file system, from which finished things are moved into place at one stroke."""
    for left in folder().glob(f"{SCRATCH}*"):
        with suppress(FileNotFoundError):  # others finish at the same time
            if time.time() - left.stat().st_mtime > A_DAY:  # its maker was killed
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder(), prefix=SCRATCH, ignore_cleanup_errors=True) as path:
        yield Path(path)


def keep(made: Path, name: str) -> Path:
    """Moves a finished folder into the cache, unless another process was first, and returns its place."""
    place = folder() / name
    try:
        made.rename(place)
    except OSError:
        if not place.exists():
            raise
        shutil.rmtree(made, ignore_errors=True)
    return place
