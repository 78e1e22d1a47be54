"""Reads are tried again where that can help, and each try takes a permit of its own."""

import httpx
import pytest

from fortnox import (
    Client,
    FortnoxError,
    Invalid,
    NotSent,
    TokenRefused,
    TooManyRequests,
    Unavailable,
    UnreadableAnswer,
)
from fortnox.testing import FreePermits, Said, Script

LOCKED = Said(200, {"LockedPeriod": {"EndDate": "2023-12-31"}})


@pytest.mark.parametrize(
    "failure",
    [
        Said(429),
        Said(500, b"oops"),
        Said(502),
        Said(503, b"<html>"),
        Said(504),
        Said(200, b"<html>"),
        Said(200, b'{"Locked'),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    ],
)
async def test_a_passing_failure_is_tried_again(failure: Said | Exception) -> None:
    script, permits = Script(failure, failure, LOCKED), FreePermits("token")

    async with Client(permits, transport=script) as fortnox:
        assert await fortnox.locked_period() is not None

    assert len(script.requests) == len(permits.given) == 3


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Said(429), TooManyRequests),
        (Said(500), Unavailable),
        (httpx.ReadError("reset"), Unavailable),
        (httpx.ConnectTimeout("slow"), NotSent),
        (Said(200, b"{"), UnreadableAnswer),
    ],
)
async def test_tries_are_bounded(failure: Said | Exception, expected: type[FortnoxError]) -> None:
    script = Script(failure)

    async with Client(FreePermits("token"), transport=script) as fortnox:
        with pytest.raises(expected):
            await fortnox.locked_period()

    assert len(script.requests) == 5


async def test_what_stays_wrong_is_not_tried_again() -> None:
    script = Script(Said(400, {"ErrorInformation": {"error": 1, "message": "", "code": 2000587}}))

    async with Client(FreePermits("token"), transport=script) as fortnox:
        with pytest.raises(Invalid):
            await fortnox.locked_period()

    assert len(script.requests) == 1


async def test_a_dead_token_is_replaced_once() -> None:
    script, permits = Script(Said(401, {"message": "unauthorized"}), LOCKED), FreePermits("old", "new")

    async with Client(permits, transport=script) as fortnox:
        assert await fortnox.locked_period() is not None

    assert [request.headers["authorization"] for request in script.requests] == ["Bearer old", "Bearer new"]
    assert permits.refusals == 1


async def test_a_second_dead_token_is_the_end() -> None:
    script, permits = Script(Said(401, {"message": "unauthorized"})), FreePermits("old", "new", "newest")

    async with Client(permits, transport=script) as fortnox:
        with pytest.raises(TokenRefused):
            await fortnox.locked_period()

    assert len(script.requests) == permits.refusals == 2


async def test_permits_hear_of_every_answer_and_of_every_429() -> None:
    script = Script(Said(429), httpx.ReadTimeout("slow"), httpx.ConnectError("refused"), LOCKED)
    permits = FreePermits("token")

    async with Client(permits, transport=script) as fortnox:
        await fortnox.locked_period()

    # Nobody knows when a lost call arrives; one that was never sent frees its slot like an answered one.
    assert [permit.answers for permit in permits.given] == [1, 0, 1, 1]
    assert [permit.too_many_requests for permit in permits.given] == [1, 0, 0, 0]


async def test_a_permit_that_ran_out_is_not_used() -> None:
    script, permits = Script(LOCKED), FreePermits("token", seconds=-1)

    async with Client(permits, transport=script) as fortnox:
        with pytest.raises(NotSent):
            await fortnox.locked_period()

    assert script.requests == []
    assert all(permit.answers == 1 for permit in permits.given)


async def test_redirects_are_not_followed() -> None:
    script = Script(Said(302, b"", {"Location": "https://elsewhere.example/3/settings/lockedperiod"}))

    async with Client(FreePermits("token"), transport=script) as fortnox:
        with pytest.raises(UnreadableAnswer):
            await fortnox.locked_period()

    assert {request.url.host for request in script.requests} == {"api.fortnox.se"}


async def test_a_wait_that_fortnox_asks_for_is_read() -> None:
    script = Script(Said(429, b"", {"Retry-After": "7"}))

    async with Client(FreePermits("token"), transport=script) as fortnox:
        with pytest.raises(TooManyRequests) as error:
            await fortnox.locked_period()

    assert error.value.retry_after == 7
