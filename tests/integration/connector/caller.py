"""A process that calls Fortnox as importers do, until SIGTERM; then it prints how long its calls took.

`python caller.py '{"connector": …, "key": …, "fortnox": …, "connections": […], "at_once": 8, "every": null}'`
"""

import asyncio
import contextlib
import json
import random
import signal
import sys
import time
from collections import defaultdict
from typing import Any
from uuid import UUID

import structlog

import fortnox
from common.leases import Leases, Purpose


async def main(wish: dict[str, Any]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    leases = Leases(wish["connector"], wish["key"])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    calling = [asyncio.create_task(call(leases, one, wish, times[one])) for one in wish["connections"]]
    sys.stdout.write("calling\n")
    sys.stdout.flush()
    await stop.wait()
    for task in calling:
        task.cancel()
    for ended in await asyncio.gather(*calling, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            raise AssertionError(f"ended too early: {ended!r}")
    await leases.close()
    sys.stdout.write(json.dumps(times) + "\n")


async def call(leases: Leases, connection: str, wish: dict[str, Any], times: list[tuple[float, float]]) -> None:
    """Calls as fast as it is let, so many at once; or one every so many seconds."""
    async with (
        leases.session(UUID(connection), Purpose(wish.get("purpose", "import"))) as permits,
        fortnox.Client(permits, base_url=wish["fortnox"]) as client,
    ):
        if wish.get("every"):
            await steadily(client, wish["every"], times)
        else:
            async with asyncio.TaskGroup() as group:
                for _ in range(wish["at_once"]):
                    group.create_task(at_full_speed(client))


async def at_full_speed(client: fortnox.Client) -> None:
    while True:
        await client.company_information()


async def steadily(client: fortnox.Client, every: float, times: list[tuple[float, float]]) -> None:
    """Times are from when the call was due: what was late before it counts, too."""
    due = time.monotonic() + random.uniform(0, every)
    while True:
        await asyncio.sleep(due - time.monotonic())
        await client.company_information()
        times.append((due, time.monotonic() - due))
        due += every


with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(main(json.loads(sys.argv[1])))
