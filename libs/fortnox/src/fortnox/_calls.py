"""Makes calls: reads are tried again where that can help, writes never (Fortnox facts 7)."""

from collections.abc import Callable
from typing import TypeVar

import httpx
import stamina

from fortnox._answers import Answer, check
from fortnox._errors import (
    FortnoxError,
    NotSent,
    OutcomeUnknown,
    Refused,
    TokenRefused,
    TooManyRequests,
    TryLater,
    Unavailable,
    UnreadableAnswer,
)
from fortnox._exchange import AnswerLost, Call, exchange, reading_transport, writing_transport
from fortnox._permits import Boottime, Permit, Permits

R = TypeVar("R")

READ_ATTEMPTS = 5
FIRST_WAIT, LONGEST_WAIT, JITTER = 0.5, 8.0, 0.5  # seconds; a new permit may take longer than these
LONGEST_ASKED_WAIT = 30.0  # seconds of a Retry-After that we follow: Fortnox's window is 5


class Caller:
    """Calls with a permit for each request on the wire."""

    def __init__(
        self,
        permits: Permits,
        base_url: str,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None,
        now: Boottime,
    ) -> None:
        self._permits = permits
        self._now = now
        self._reads = _http(base_url, transport or reading_transport())
        self._writes = _http(base_url, transport or writing_transport(timeout))

    async def close(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()

    async def read(self, call: Call, reader: Callable[[Answer], R]) -> R:
        """What `reader` makes of the answer; it is tried again after 429, 5xx, network failures and cut answers."""
        async for attempt in stamina.retry_context(
            on=_worth_another_try,
            attempts=READ_ATTEMPTS,
            timeout=None,
            wait_initial=FIRST_WAIT,
            wait_max=LONGEST_WAIT,
            wait_jitter=JITTER,
        ):
            with attempt:
                return reader(await self._read_with_fresh_token(call))
        raise AssertionError  # the last attempt returned or raised

    async def write(self, call: Call, reader: Callable[[Answer], R], permit: Permit | None) -> R:
        """What `reader` makes of the answer. Sent once; raises `OutcomeUnknown` unless it surely wasn't carried out."""
        permit = permit or await self._permits.acquire()
        try:
            answer = await exchange(self._writes, call, permit, self._now)
            check(answer)
            return reader(answer)
        except AnswerLost as lost:
            raise OutcomeUnknown(str(call), reason=lost.reason) from None
        except FortnoxError as error:
            if not _surely_not_carried_out(error):
                raise OutcomeUnknown(**error.facts()) from None
            if isinstance(error, TokenRefused):
                await self._permits.refused(permit)
            raise

    async def _read_with_fresh_token(self, call: Call) -> Answer:
        try:
            return await self._read_once(call)
        except TokenRefused:
            return await self._read_once(call)

    async def _read_once(self, call: Call) -> Answer:
        permit = await self._permits.acquire()
        try:
            answer = await exchange(self._reads, call, permit, self._now)
            check(answer)
        except AnswerLost as lost:
            raise Unavailable(str(call), reason=lost.reason) from None
        except TokenRefused:
            await self._permits.refused(permit)
            raise
        return answer


def _http(base_url: str, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url, transport=transport, headers={"User-Agent": "bokbrygga"}, follow_redirects=False
    )


def _worth_another_try(error: Exception) -> bool | float:
    if isinstance(error, TooManyRequests) and error.retry_after:
        return min(error.retry_after, LONGEST_ASKED_WAIT)
    if isinstance(error, UnreadableAnswer):
        return error.field is None  # cut off or an outage page; a wrong field stays wrong
    return isinstance(error, TryLater)


def _surely_not_carried_out(error: FortnoxError) -> bool:
    if isinstance(error, NotSent):
        return True
    said_no = isinstance(error, Refused | TokenRefused | TooManyRequests)
    return said_no and error.status is not None and error.status >= 400
