"""Knowing when the first call to Fortnox was made."""

from dataclasses import dataclass, field
from datetime import datetime

from common.clock import Clock
from fortnox import Permit, Permits


@dataclass
class FirstCall:
    """Permits that remember when the first of them was given: the request goes out at once then."""

    permits: Permits
    clock: Clock
    at: datetime | None = field(default=None, init=False)

    async def acquire(self) -> Permit:
        permit = await self.permits.acquire()
        self.at = self.at or self.clock.now()
        return permit

    async def refused(self, permit: Permit) -> None:
        await self.permits.refused(permit)

    def milliseconds_after(self, moment: datetime) -> int | None:
        """None as long as nothing was asked."""
        return None if self.at is None else round((self.at - moment).total_seconds() * 1000)
