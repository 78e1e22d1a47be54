"""How many imports are under way and how long the oldest has been: gauges, the same in every process."""

import structlog

from common.clock import Clock
from common.database import GONE, Pool
from importer import telemetry
from importer.kept import Stories

log = structlog.get_logger()

EVERY = 10.0  # seconds
STATES = ("queued", "running", "waiting")


async def measure_forever(pool: Pool, clock: Clock) -> None:
    while True:
        try:
            await measure(pool, clock)
        except GONE as error:
            log.warning("imports.unmeasured", error=type(error).__name__)
        await clock.sleep(EVERY)


async def measure(pool: Pool, clock: Clock) -> None:
    async with pool.acquire() as connection:
        found = {state: (count, oldest) for state, count, oldest in await Stories(connection).under_way()}
    now = clock.now()
    for state in STATES:
        count, oldest = found.get(state, (0, now))
        telemetry.UNDER_WAY.labels(state).set(count)
        telemetry.OLDEST.labels(state).set(max(0.0, (now - oldest).total_seconds()))
