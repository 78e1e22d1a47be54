"""`python -m sandbox histories`: plays many histories in several processes, and tells which failed and why."""

import json
import logging
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import structlog

from sandbox.embedded import Supervisor, postgres_server
from sandbox.histories.figures import Figures
from sandbox.histories.stage import database, play

LOT = 50  # histories between two words of progress, on one database


def run(n: int, seed: int, processes: int) -> Figures:
    """Plays `n` histories from a seed on. The last line that is printed is one JSON object."""
    total = Figures()
    lots = [range(first, min(first + LOT, seed + n)) for first in range(seed, seed + n, LOT)]
    with Supervisor() as supervisor:
        server = postgres_server(supervisor)
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            try:
                for done in as_completed([pool.submit(play_lot, server, lot) for lot in lots]):
                    total.merge(done.result())
                    _tell(done.result(), total, n)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    print(json.dumps(total.plain()))
    return total


def trace(seed: int) -> Figures:
    """Plays one history and prints all that happens."""
    total = Figures()
    _silence()
    with Supervisor() as supervisor, database(postgres_server(supervisor)) as dsn:
        for told in play(dsn, [seed]):
            total.add(told)
            print(*told.trace, told.verdict, sep="\n")
    print(json.dumps(total.plain()))
    return total


def play_lot(server: str, seeds: range) -> Figures:
    """Plays some, on a database of its own."""
    _silence()
    figures = Figures()
    with database(server) as dsn:
        for told in play(dsn, seeds):
            figures.add(told)
    return figures


def _silence() -> None:
    """What dies says much."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("asyncpg").disabled = True


def _tell(lot: Figures, total: Figures, n: int) -> None:
    for seed, words in lot.words.items():
        print(f"seed {seed}:\n{words}")
    print(f"{total.histories} of {n}, {total.vouchers} vouchers, {len(total.failing_seeds)} failed", flush=True)
