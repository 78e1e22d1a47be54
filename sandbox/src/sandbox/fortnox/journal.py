"""The journal of all calls received, and what it tells about the rate limit."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

KEPT_CALLS = 200_000  # older ones are dropped; the figures by company count all


@dataclass(slots=True)
class Entry:
    """One call: when it came (monotonic seconds), from whom, what, and how it was answered (0: not yet or never)."""

    seq: int
    at: float
    business_time: str
    tenant: int | None
    client_id: str | None
    method: str
    path: str
    query: str
    status: int = 0
    seconds: float = 0.0
    fault: str = ""


@dataclass(slots=True)
class Window:
    """Arrivals of one kind by one client and company within the last window, and the most that ever were in one."""

    arrivals: deque[float] = field(default_factory=deque)
    calls: int = 0
    largest: int = 0

    def arrived(self, at: float, seconds: float) -> None:
        self.forget(at, seconds)
        self.arrivals.append(at)
        self.calls += 1
        self.largest = max(self.largest, len(self.arrivals))

    def forget(self, at: float, seconds: float) -> None:
        while self.arrivals and self.arrivals[0] <= at - seconds:
            self.arrivals.popleft()


@dataclass(slots=True)
class Rate:
    """The arrivals of one client and company: accepted calls, refused ones (429), and both together."""

    accepted: Window = field(default_factory=Window)
    refused: Window = field(default_factory=Window)
    arrived: Window = field(default_factory=Window)


class Journal:
    """Calls in the order of their arrival, and the windows of each client and company."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seq = itertools.count(1)
        self.entries: deque[Entry] = deque(maxlen=KEPT_CALLS)
        self.rates: dict[tuple[str, int], Rate] = defaultdict(Rate)

    def now(self) -> float:
        return self._monotonic()

    def opened(self, method: str, path: str, query: str, business_time: str) -> Entry:
        entry = Entry(next(self._seq), self.now(), business_time, None, None, method, path, query)
        self.entries.append(entry)
        return entry

    def closed(self, entry: Entry, status: int) -> None:
        entry.status = status
        entry.seconds = self.now() - entry.at

    def admit(self, client_id: str, tenant: int, at: float, *, calls: int | None, seconds: float) -> bool:
        """Counts an arrival and says whether it is within the limit (`calls` None: there is none).

        Refused calls don't fill the window: five seconds' rest are always enough (fact 14).
        """
        rate = self.rates[client_id, tenant]
        rate.arrived.arrived(at, seconds)
        rate.accepted.forget(at, seconds)
        admitted = calls is None or len(rate.accepted.arrivals) < calls
        (rate.accepted if admitted else rate.refused).arrived(at, seconds)
        return admitted

    def since(self, seq: int) -> list[Entry]:
        return [entry for entry in self.entries if entry.seq > seq]

    def clear(self) -> None:
        """Forgets calls and figures, but not what the limit needs to know about the last seconds."""
        self.entries.clear()
        for rate in self.rates.values():
            for window in (rate.accepted, rate.refused, rate.arrived):
                window.calls, window.largest = 0, 0
