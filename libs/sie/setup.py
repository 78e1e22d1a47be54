"""The native core: one wheel for Python 3.11 and later; without it the package works too, only slower."""

from pathlib import Path

from build_backend import choose_compiler
from setuptools import Extension, setup

choose_compiler()
setup(
    ext_modules=[
        Extension(
            "sie._core",
            ["native/core.c"],
            depends=[str(path) for path in sorted(Path("native").glob("*.h"))],
            py_limited_api=True,
            optional=True,  # what can't be compiled is served by its twin in Python
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
