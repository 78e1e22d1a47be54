"""Waits between tries are left out: what matters is how often and what is sent."""

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield
