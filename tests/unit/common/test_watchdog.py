"""When a consumer counts as stuck, and when it does not."""

import pytest
from aiokafka import TopicPartition

from common.messaging.watchdog import PATIENCE, Progress, Stuck, judge

PARTITION = TopicPartition("commands", 3)
History = list[tuple[float, int, int]]  # at, committed, end


def follow(history: History) -> None:
    known: dict[TopicPartition, Progress] = {}
    for at, committed, end in history:
        judge(known, {PARTITION: (committed, end)}, at)


@pytest.mark.parametrize(
    "history",
    [
        [(0, 5, 5), (PATIENCE * 2, 5, 5)],
        [(0, 5, 5), (30, 5, 6), (60, 6, 6), (PATIENCE * 2, 6, 6)],
        [(0, 5, 9), (60, 6, 9), (400, 7, 9), (800, 8, 9), (1200, 9, 9)],
        [(0, 5, 6), (PATIENCE * 9, 5, 6)],
        [(0, 5, 6), (30, 5, 8), (PATIENCE, 5, 8), (PATIENCE + 20, 7, 8), (PATIENCE * 9, 7, 8)],
    ],
    ids=["at rest", "busy", "slow", "behind a transaction's marker", "slow once"],
)
def test_a_consumer_that_gets_on_or_has_nothing_to_do_is_left_alone(history: History) -> None:
    follow(history)


def test_a_consumer_that_leaves_new_records_lying_is_stuck() -> None:
    with pytest.raises(Stuck, match=r"commands, partition 3, at 5 of 7"):
        follow([(0, 5, 5), (30, 5, 6), (60, 5, 7), (PATIENCE, 5, 7), (PATIENCE + 31, 5, 7)])
