"""Time comes in through here and nowhere else, so that tests can own it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")
"""Where the accountants are: what they read is told by their clocks."""


class Clock(Protocol):
    """What the services know of time."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        ...

    def boottime(self) -> float:
        """Seconds since boot, running on while the machine or the process is suspended; never set back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def boottime(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


SYSTEM = SystemClock()
