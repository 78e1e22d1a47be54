"""Histories are played on an event loop of their own, in a thread of their own."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.histories.figures import Figures
from sandbox.histories.stage import database, play

Play = Callable[..., Figures]


@pytest.fixture
def histories(postgres: str) -> Iterator[Play]:
    """Plays the histories of the seeds; with `until_wrong` only until one is found wanting."""

    def play_all(seeds: Iterable[int], *, until_wrong: bool) -> Figures:
        figures = Figures()
        with database(postgres) as dsn:
            for told in play(dsn, seeds):
                figures.add(told)
                if until_wrong and figures.failing_seeds:
                    break
        return figures

    with ThreadPoolExecutor(1) as thread:
        yield lambda seeds, until_wrong=False: thread.submit(play_all, seeds, until_wrong=until_wrong).result()
