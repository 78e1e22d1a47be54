"""How a long reading tells how far it has come."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told now and then how many bytes of how many have been read."""
