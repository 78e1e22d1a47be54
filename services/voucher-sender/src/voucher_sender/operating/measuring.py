"""How many vouchers wait for a person: a gauge to alert on."""

from collections import Counter

import structlog

from common.clock import Clock
from common.database import GONE, Pool
from voucher_sender import telemetry
from voucher_sender.repository import Decisions, State

log = structlog.get_logger()

EVERY = 30.0  # seconds


async def measure_forever(pool: Pool, clock: Clock) -> None:
    while True:
        try:
            await measure(pool)
        except GONE as error:
            log.warning("undecided.unmeasured", error=type(error).__name__)
        await clock.sleep(EVERY)


async def measure(pool: Pool) -> None:
    async with pool.acquire() as connection:
        waiting = Counter(one.state for one in await Decisions(connection).waiting())
    for state in (State.DUPLICATED, State.INTENDED):
        telemetry.UNDECIDED.labels(state).set(waiting[state])
