"""Leave to call Fortnox: what the client asks for before each request on the wire."""

import time
from collections.abc import Callable
from typing import Protocol

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # where there is no other, it counts sleep too


def boottime() -> float:
    """Seconds on the clock that also counts while the machine sleeps, in which deadlines are given."""
    return time.clock_gettime(_CLOCK)


Boottime = Callable[[], float]
"""Such a clock: `boottime`, or the one of a test that owns time."""


class Permit(Protocol):
    """Leave to make one request on the wire: an access token and one of the company's 25 slots per 5 s."""

    @property
    def access_token(self) -> str: ...

    @property
    def tenant(self) -> int | None:
        """The DatabaseNumber expected in answers that carry one; None while it isn't known."""

    @property
    def deadline(self) -> float:
        """When the call must have ended, by `boottime()`; over once it was answered, so that nobody calls twice."""

    def answered(self) -> None:
        """The answer came, or the request certainly never left: the slot is free 5 s from now."""

    def too_many(self) -> None:
        """A 429 came: somebody else spends the company's calls too."""


class Permits(Protocol):
    """Where permits come from; it decides how long one waits for a slot."""

    async def acquire(self) -> Permit:
        """Waits for a slot."""

    async def refused(self, permit: Permit) -> None:
        """Fortnox answered 401: this token is dead, the next `acquire` gives another."""
