"""The native core: one wheel for Python 3.11 and later; without it the package works too, only slower."""

import sysconfig
from pathlib import Path

from build_backend import choose_compiler
from setuptools import Extension, setup

HAS_STABLE_ABI = not sysconfig.get_config_var("Py_GIL_DISABLED")  # free-threaded Python has none yet
CORE = Extension(
    "sie._core",
    ["native/core.c"],
    depends=[str(path) for path in sorted(Path("native").glob("*.h"))],
    py_limited_api=True,
    optional=True,  # what can't be compiled is served by its twin in Python
)

choose_compiler()
setup(
    ext_modules=[CORE] if HAS_STABLE_ABI else [],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if HAS_STABLE_ABI else {},
)
