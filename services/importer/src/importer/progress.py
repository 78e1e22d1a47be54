"""How far an import has come: told at most twice a second and at least every five seconds, never going backwards."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from common.database import GONE
from common.events import ImportProgressed
from common.jobs import Fenced, Job
from importer.fetch.plan import Plan
from importer.repository import Imports
from importer.telemetry import STEP_SECONDS

log = structlog.get_logger()

SOONEST = 1.0  # seconds between two events: with the last one, never more than two in a second
LATEST = 5.0  # seconds after which something is said even if it is no news
FETCHED = 80  # percent when all is fetched; checks and publishing take the rest
CHECKED = 85
STEPS = {
    "fetching": "Hämtar från Fortnox",
    "checking": "Kontrollerar bokföring och reskontror",
    "publishing": "Lämnar över till programmet",
    "done": "Importen är klar",
}
"""Each step's line for the accountant."""


@dataclass
class Progress:
    """Where an import stands; the fetching's share follows from the plan."""

    job: Job[Any]
    plan: Plan
    percent: int = 0
    step: str = "fetching"
    floor: int = 0
    """What the step itself has come to, where that isn't told by the plan."""
    started: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    waits: Callable[[], float] = field(default_factory=lambda: _not_at_all, init=False)
    """For how many seconds the connector expects to have no call for us."""
    begun: float = field(init=False)
    entered: float = field(init=False)
    said: tuple[int, str, int] | None = field(default=None, init=False)
    said_at: float = field(default=-math.inf, init=False)

    def __post_init__(self) -> None:
        self.begun = self.entered = self.job.clock.boottime()

    async def start(self) -> None:
        """There is something to tell from now on; it goes on from where an earlier attempt was."""
        async with self.job.pool.acquire() as connection:
            row = await Imports(connection).find(self.job.command.import_id)
            self.plan.foresee(await Imports(connection).calls_before(self.job.command.import_id))
        self.percent = row.percent if row else 0
        self.started.set()

    def enter(self, step: str, percent: int) -> None:
        """The next step begins."""
        now = self.job.clock.boottime()
        STEP_SECONDS.labels(self.step).observe(now - self.entered)
        self.step, self.floor, self.entered = step, percent, now

    def event(self) -> ImportProgressed:
        """What is to be said now."""
        fetched = int(FETCHED * self.plan.share) if self.step == "fetching" else 0
        self.percent = max(self.percent, self.floor, fetched)
        left = self.plan.left
        seconds = self.plan.seconds_left(self.job.clock.boottime() - self.begun)
        if left:
            seconds = max(seconds, self.waits())
        return ImportProgressed(
            connection_id=self.job.connection_id,
            import_id=self.job.command.import_id,
            step=self.step,
            percent=self.percent,
            calls_left=left,
            seconds_left=math.ceil(seconds),
            swedish=line(self.step, self.percent, left, math.ceil(seconds)),
        )

    def finished(self) -> ImportProgressed:
        """The last one, which goes out together with the import's completion."""
        self.enter("done", 100)
        return self.event()

    async def tell(self) -> None:
        """Says where it stands if that is news, or if nothing was said for long."""
        event, now = self.event(), self.job.clock.boottime()
        news = (event.percent, event.step, event.calls_left or 0)
        if news == self.said and now - self.said_at < LATEST - SOONEST:
            return
        async with self.job.transaction() as connection:
            await Imports(connection).running(event.import_id, event.percent, event.swedish, self.plan.as_kept())
            await self.job.say(connection, event)
        self.said, self.said_at = news, now


@asynccontextmanager
async def reporting(job: Job[Any], plan: Plan) -> AsyncIterator[Progress]:
    """Tells an import's progress from its start for as long as the block runs."""
    progress = Progress(job, plan)
    teller = asyncio.create_task(tell_forever(progress))
    try:
        yield progress
    finally:
        teller.cancel()
        await asyncio.gather(teller, return_exceptions=True)


def _not_at_all() -> float:
    return 0.0


def line(step: str, percent: int, calls_left: int, seconds_left: int) -> str:
    """A line that can be shown as it is."""
    text = STEPS[step]
    if step == "fetching" and calls_left:
        text += f": {calls_left} anrop kvar, {_duration(seconds_left)}"
    return f"{text} ({percent} %)"


def _duration(seconds: int) -> str:
    if seconds < 2:
        return "strax klart"
    if seconds < 60:
        return f"cirka {seconds} sekunder"
    return f"cirka {math.ceil(seconds / 60)} minuter"


async def tell_forever(progress: Progress) -> None:
    """Tells from its start on. A moment when nothing can be said is no reason to stop: the job itself finds out."""
    await progress.started.wait()
    while True:
        with contextlib.suppress(Fenced, *GONE):
            await progress.tell()
        await progress.job.clock.sleep(SOONEST)
