"""Permits for tests: as many slots as anybody wants, and a count of what was done with them."""

from dataclasses import dataclass, field

from fortnox._permits import Permit, boottime


@dataclass
class FreePermit:
    """A permit that remembers what was reported to it."""

    access_token: str = field(repr=False)
    tenant: int | None
    deadline: float
    answers: int = 0
    too_many_requests: int = 0

    def answered(self) -> None:
        self.answers += 1

    def too_many(self) -> None:
        self.too_many_requests += 1


class FreePermits:
    """Permits with a fixed token; each further token is handed out when the one before was refused."""

    def __init__(self, *access_tokens: str, tenant: int | None = None, seconds: float = 60) -> None:
        self._tokens = list(access_tokens)
        self._tenant = tenant
        self._seconds = seconds
        self.given: list[FreePermit] = []

    async def acquire(self) -> FreePermit:
        permit = FreePermit(self._tokens[0], self._tenant, boottime() + self._seconds)
        self.given.append(permit)
        return permit

    async def refused(self, permit: Permit) -> None:
        if len(self._tokens) > 1 and permit.access_token == self._tokens[0]:
            self._tokens.pop(0)
