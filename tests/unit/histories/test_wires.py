"""A wire knows when PostgreSQL has answered, however TCP cuts the answer."""

import asyncio
from typing import Any

import pytest

from sandbox.histories.wires import READY, Wire

ANSWER = b"D\x00\x00\x00\x08abcd" + READY + b"T"


class Heard:
    """What a wire tells its traffic."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.loop = self

    def ready(self, wire: Wire) -> None:
        self.statuses.append(wire.status)

    def call_soon(self, *_: object, **__: object) -> None:
        """What the process would be handed."""


@pytest.mark.parametrize("at", range(len(ANSWER) + 1))
def test_an_answer_cut_anywhere_ends_once(at: int) -> None:
    traffic: Any = Heard()
    wire = Wire(traffic, asyncio.Protocol())

    for part in (ANSWER[:at], ANSWER[at:]):
        if part:
            wire.data_received(part)

    assert traffic.statuses == [ord("T")]
