"""Random histories: whatever happens, nothing is doubled or lost, receipts are true, and all comes to an end.

`make histories` plays many more; a seed that fails here can be played alone by `make histories SEED=… TRACE=1`.
"""

import asyncio
from typing import Any

import pytest

from sandbox.histories.history import History

LOT = 30
ALWAYS = 8 * LOT
"""A history takes about half a second of processor time, a half of it PostgreSQL's."""


@pytest.mark.parametrize(
    "first",
    [*range(0, ALWAYS, LOT), *(pytest.param(first, marks=pytest.mark.long) for first in range(ALWAYS, 2010, LOT))],
)
def test_whatever_happens_nothing_is_doubled_or_lost(histories: Any, figure: Any, first: int) -> None:
    figures = histories(range(first, first + LOT))

    assert not figures.words
    figure(
        f"histories {first}–{first + LOT - 1}: {figures.vouchers} vouchers, {figures.receipts} receipts, "
        f"{figures.unknown_outcomes} unknown outcomes, {figures.doubled} doubled, {figures.lost} lost, "
        f"{figures.false_receipts} false receipts, {figures.still_uncertain} still uncertain"
    )


def test_one_that_takes_too_long_is_told_and_the_next_one_is_played(
    histories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play_for_ever(history: Any) -> None:
        history._loop._ends_by = 0.0
        await asyncio.sleep(1)

    monkeypatch.setattr(History, "play", play_for_ever)

    figures = histories(range(2))

    assert [figures.histories, figures.failing_seeds] == [2, [0, 1]]
    assert "TakesTooLong" in figures.words[0]
