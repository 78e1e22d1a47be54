"""setuptools as the build backend, with ziglang (a C compiler from PyPI) where the machine has none."""

import os
import shlex
import shutil
import sys
import sysconfig
from importlib.util import find_spec

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = dict[str, str | list[str] | None] | None
ZIG = "ziglang>=0.13"


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return build_meta.get_requires_for_build_wheel(config_settings) + _compiler_needed()


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    return build_meta.get_requires_for_build_editable(config_settings) + _compiler_needed()


def choose_compiler() -> None:
    """Has setuptools use ziglang, if it was brought because there is nothing else."""
    if not has_compiler() and find_spec("ziglang"):
        os.environ["CC"] = shlex.join([sys.executable, "-m", "ziglang", "cc"])
        os.environ["LDSHARED"] = os.environ["CC"] + " -shared"


def has_compiler() -> bool:
    """Whether the compiler that setuptools would use is there; on Windows only setuptools knows where to look."""
    if sys.platform == "win32":
        return True
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    return shutil.which(compiler[0]) is not None


def _compiler_needed() -> list[str]:
    return [] if has_compiler() else [ZIG]
