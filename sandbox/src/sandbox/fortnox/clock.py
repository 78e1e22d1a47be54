"""The business clock: what the simulated Fortnox believes the time to be. It runs, and can be set or put forward."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Real time plus an offset; token lifetimes, `lastmodified` and "today" follow it, the rate limit does not."""

    def __init__(self, source: Callable[[], datetime] = _utc_now) -> None:
        self._source = source
        self.offset = timedelta()

    def now(self) -> datetime:
        return self._source() + self.offset

    def today(self) -> date:
        return self.now().astimezone(SWEDEN).date()

    def advance(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        self.offset = moment - self._source()


def swedish(moment: datetime) -> str:
    """A timestamp as Fortnox writes it: Swedish local time to the second (fact 14)."""
    return moment.astimezone(SWEDEN).strftime("%Y-%m-%d %H:%M:%S")


def from_swedish(text: str) -> datetime:
    """Reads `YYYY-MM-DD[ HH:MM[:SS]]` as Swedish local time (facts 3 and 14)."""
    return datetime.fromisoformat(text.strip()).replace(tzinfo=SWEDEN).astimezone(UTC)
