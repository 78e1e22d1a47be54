"""Ledgers from books."""

from typing import Any


def ledgers(*args: Any) -> None: ...
