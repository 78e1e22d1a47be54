"""The way to the simulated Fortnox: it takes time, and what has been sent arrives, whatever becomes of who sent it."""

import asyncio
import json
from collections.abc import Callable
from random import Random

import httpx

from sandbox.histories.loop import VirtualLoop
from sandbox.histories.process import PROCESS, Process, Stand, nobody

Moment = Callable[[str, str, Process | None], None]
"""What is told of a call ("POST /3/vouchers") on its way: "sent", "arrives", "carried out", "answered"."""


class Network(httpx.AsyncBaseTransport):
    """A transport that behaves as a socket does when the process at its end stops or dies."""

    def __init__(self, loop: VirtualLoop, fortnox: httpx.AsyncBaseTransport, random: Random, moment: Moment) -> None:
        self.latency = 0.0
        """Seconds that a call, and its answer, are on their way at most."""
        self.slow = 0.0
        """How probable it is that Fortnox thinks about a voucher for a while."""
        self.longest_thought = 0.0
        """Seconds; more than the caller waits for is a voucher booked after nobody waited for it any more."""
        self.unknown_outcomes = 0
        """Vouchers sent of which the sender was not told whether they were booked."""
        self._loop, self._fortnox, self._random, self._moment = loop, fortnox, random, moment

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        process, trace = PROCESS.get(), request.extensions.get("trace")
        if trace is not None:  # the last look at the clock is the caller's own, as with a socket
            await trace("http11.send_request_headers.started", {})
        answer: asyncio.Future[httpx.Response] = self._loop.create_future()
        self._loop.create_task(self._carry(request, answer, process), context=nobody())
        return await answer

    async def _carry(
        self, request: httpx.Request, answer: asyncio.Future[httpx.Response], process: Process | None
    ) -> None:
        call = f"{request.method} {request.url.path}"
        self._moment(call, "sent", process)
        await asyncio.sleep(self._random.uniform(0, self.latency))
        if request.method == "POST" and self._random.random() < self.slow:
            await asyncio.sleep(self._random.uniform(0, self.longest_thought))
        self._moment(call, "arrives", process)
        response: httpx.Response | httpx.HTTPError | None
        try:
            response = await self._fortnox.handle_async_request(request)
        except httpx.ReadTimeout:
            response = None  # no answer ever comes
        except httpx.HTTPError as error:
            response = error
        self._moment(call, "carried out", process)
        await asyncio.sleep(self._random.uniform(0, self.latency))
        told = isinstance(response, httpx.Response) and response.status_code < 500 and await _readable(response)
        heard = not answer.done() and (process is None or process.stand is not Stand.DEAD)
        if request.method == "POST" and not (told and heard):
            self.unknown_outcomes += 1
        if answer.done():
            return
        self._moment(call, "answered", process)
        if isinstance(response, httpx.Response):
            answer.set_result(response)
        elif response is not None:
            answer.set_exception(response)


async def _readable(response: httpx.Response) -> bool:
    """Whether an answer is whole; what is read here can be read again, since no socket is behind it."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        json.loads(b"".join([part async for part in response.stream]))
    except (ValueError, httpx.HTTPError):
        return False
    return True
