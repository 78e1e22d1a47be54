"""A write is sent once, and its error says truly whether it may have been carried out.

On real sockets where the wire matters: what was sent can only be known there.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fortnox import (
    Client,
    FortnoxError,
    Invalid,
    MissingLicence,
    NewVoucher,
    NewVoucherRow,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PeriodLocked,
    TokenRefused,
    TooManyRequests,
    boottime,
)
from fortnox._exchange import LATE
from fortnox.testing import FreePermits, Said, Script

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

BOOKED = {
    "VoucherSeries": "A",
    "VoucherNumber": 7,
    "Year": 4,
    "TransactionDate": "2023-12-31",
    "VoucherRows": [{"Account": 1930, "Debit": 1500.1, "Credit": 0}, {"Account": 1910, "Debit": 0, "Credit": 1500.1}],
}


def a_voucher(amount: Decimal = Decimal("1500.10")) -> NewVoucher:
    return NewVoucher(
        voucher_series="A",
        transaction_date=date(2023, 12, 31),
        description="Bokslut",
        voucher_rows=[NewVoucherRow(account=1930, debit=amount), NewVoucherRow(account=1910, credit=amount)],
    )


def refusal(code: int) -> dict[str, object]:
    return {"ErrorInformation": {"error": 1, "message": "Fel", "code": code}}


@asynccontextmanager
async def server(behaviour: Behaviour) -> AsyncIterator[str]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionResetError):
                await behaviour(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def receive(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else head


def answer(content: object, status: str = "201 Created") -> bytes:
    body = json.dumps(content).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def test_a_voucher_goes_out_as_fortnox_wants_it() -> None:
    script = Script(Said(201, {"Voucher": BOOKED}))

    async with Client(FreePermits("token"), transport=script) as fortnox:
        voucher = await fortnox.create_voucher(a_voucher(), 4)

    [request] = script.requests
    assert (request.method, str(request.url)) == ("POST", "https://api.fortnox.se/3/vouchers?financialyear=4")
    assert json.loads(request.content) == {
        "Voucher": {
            "VoucherSeries": "A",
            "TransactionDate": "2023-12-31",
            "Description": "Bokslut",
            "VoucherRows": [
                {"Account": 1930, "Debit": 1500.1, "Credit": 0},
                {"Account": 1910, "Debit": 0, "Credit": 1500.1},
            ],
        }
    }
    assert (voucher.voucher_number, voucher.voucher_rows[0].debit) == (7, Decimal("1500.1"))


@given(st.decimals(min_value="0.01", max_value="9999999999999.99", places=2))
def test_amounts_are_written_exactly(amount: Decimal) -> None:
    written = json.loads(a_voucher(amount).model_dump_json(by_alias=True), parse_float=Decimal)

    assert written["VoucherRows"][0]["Debit"] == amount


@pytest.mark.parametrize(
    "rows",
    [
        [(1930, "1", "0")],
        [(1930, "1", "0"), (1910, "0", "1.01")],
        [(1930, "-1", "0"), (1910, "0", "-1")],
        [(1930, "1.001", "0"), (1910, "0", "1.001")],
        [(930, "1", "0"), (1910, "0", "1")],
    ],
)
def test_what_is_no_voucher_never_leaves(rows: list[tuple[int, str, str]]) -> None:
    with pytest.raises(ValidationError):
        NewVoucher(
            voucher_series="A",
            transaction_date=date(2023, 12, 31),
            description="x",
            voucher_rows=[NewVoucherRow(account=a, debit=Decimal(d), credit=Decimal(c)) for a, d, c in rows],
        )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(400, refusal(2000401)), PeriodLocked),
        (Said(400, refusal(2000423)), Invalid),
        (Said(404, refusal(2000423)), NotFound),
        (Said(403, refusal(2001101)), MissingLicence),
        (Said(401, {"message": "unauthorized"}), TokenRefused),
        (Said(429), TooManyRequests),
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
    ],
)
async def test_what_certainly_was_not_booked_says_so(said: Said | Exception, expected: type[FortnoxError]) -> None:
    script, permits = Script(said), FreePermits("old", "new")

    async with Client(permits, transport=script) as fortnox:
        with pytest.raises(expected):
            await fortnox.create_voucher(a_voucher(), 4)

    assert len(script.requests) == 1
    assert permits.refusals == (expected is TokenRefused)


@pytest.mark.parametrize(
    "said",
    [
        Said(500, refusal(1000003)),
        Said(400, refusal(1000029)),  # "internal error" under a 400
        Said(408),
        Said(502, b"<html>"),
        Said(503),
        Said(201, b"<html>"),
        Said(201, b'{"Voucher": {"Voucher'),
        Said(201, {"Voucher": {"VoucherNumber": 7}}),
        Said(201, {"Voucher": BOOKED | {"Year": "API_NORIGHT"}}),
        Said(200, refusal(2000423)),
        Said(204),
        Said(302),
        Said(404, b"<html>"),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("broken pipe"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut"),
    ],
)
async def test_what_may_have_been_booked_is_of_unknown_outcome(said: Said | Exception) -> None:
    script = Script(said)

    async with Client(FreePermits("token"), transport=script) as fortnox:
        with pytest.raises(OutcomeUnknown):
            await fortnox.create_voucher(a_voucher(), 4)

    assert len(script.requests) == 1


async def test_each_voucher_has_a_connection_of_its_own() -> None:
    ports = []

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports.append(writer.get_extra_info("peername")[1])
        assert b"connection: close" in (await receive(reader)).lower()
        writer.write(answer({"Voucher": BOOKED}))
        await reader.read()

    async with server(answering) as url, Client(FreePermits("token"), base_url=url) as fortnox:
        await fortnox.create_voucher(a_voucher(), 4)
        await fortnox.create_voucher(a_voucher(), 4)

    assert len(set(ports)) == 2


async def test_a_writing_connection_is_reset_and_not_drained_when_it_ends() -> None:
    """The same option makes the kernel of a killed process drop what it had still to send."""
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(answer({"Voucher": BOOKED}))
        try:
            await reader.read()
            ended.set_result("end of stream")
        except ConnectionResetError:
            ended.set_result("reset")

    async with server(answering) as url, Client(FreePermits("token"), base_url=url) as fortnox:
        await fortnox.create_voucher(a_voucher(), 4)
        assert await ended == "reset"


async def test_nobody_listening_is_certain() -> None:
    async with server(_never) as url:
        pass  # the port is free again

    async with Client(FreePermits("token"), base_url=url) as fortnox:
        with pytest.raises(NotSent):
            await fortnox.create_voucher(a_voucher(), 4)


async def test_a_handshake_that_never_ends_is_certain() -> None:
    async with (
        server(_silent) as url,
        Client(FreePermits("token"), base_url=url.replace("http:", "https:"), timeout=0.2) as fortnox,
    ):
        with pytest.raises(NotSent):
            await fortnox.create_voucher(a_voucher(), 4)


@pytest.mark.parametrize("cut", [b"", b"HTTP/1.1 201 Created\r\n", answer({"Voucher": BOOKED})[:-9]])
async def test_a_connection_that_breaks_after_sending_is_uncertain(cut: bytes) -> None:
    async def breaking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(cut)

    async with server(breaking) as url, Client(FreePermits("token"), base_url=url) as fortnox:
        with pytest.raises(OutcomeUnknown):
            await fortnox.create_voucher(a_voucher(), 4)


async def test_the_permits_deadline_ends_a_call_whatever_trickles_in() -> None:
    async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    permits = FreePermits("token", seconds=0.3)
    async with server(trickling) as url, Client(permits, base_url=url) as fortnox:
        with pytest.raises(OutcomeUnknown, match="TimeoutError"):
            await fortnox.create_voucher(a_voucher(), 4)
        assert boottime() < permits.given[0].deadline + 1

    assert permits.given[0].answers == 1  # it was counted by Fortnox when it came


async def test_nothing_is_sent_after_the_latest_start() -> None:
    """Also when the time passes between the decision to send and the first byte."""
    received = []

    async def noting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read())

    start_by = boottime() + 0.2

    class Slow(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0.25)
            return await super().handle_async_request(request)

    permits = FreePermits("token")
    async with server(noting) as url, Client(permits, base_url=url, transport=Slow()) as fortnox:
        with pytest.raises(NotSent, match="TooLate"):
            await fortnox.create_voucher(a_voucher(), 4, start_by=start_by)

    assert received in ([], [b""])
    assert permits.given[0].answers == 1


async def test_who_was_stopped_after_the_headers_sends_no_body() -> None:
    """A request without its body is never carried out; whether it was is unknown all the same."""
    now, bodies = [boottime()], []

    async def noting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, _, body = (await reader.read()).partition(b"\r\n\r\n")
        bodies.append(body)

    class StoppedAfterHeaders(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            trace = request.extensions["trace"]

            async def stopping(event: str, info: object) -> None:
                if event == "http11.send_request_headers.complete":
                    now[0] += 3600
                await trace(event, info)

            request.extensions["trace"] = stopping
            return await super().handle_async_request(request)

    permits = FreePermits("token", boottime=lambda: now[0])
    async with (
        server(noting) as url,
        Client(permits, base_url=url, transport=StoppedAfterHeaders(), boottime=lambda: now[0]) as fortnox,
    ):
        with pytest.raises(OutcomeUnknown, match="TooLate"):
            await fortnox.create_voucher(a_voucher(), 4, start_by=now[0] + 2)

    assert b"".join(bodies) == b""


async def test_deadlines_are_by_the_clock_that_was_given() -> None:
    """So that a test can own time, as everywhere."""
    an_hour_ahead = boottime() + 3600
    permits = FreePermits("token", boottime=lambda: an_hour_ahead)
    script = Script(Said(201, {"Voucher": BOOKED}))

    async with Client(permits, transport=script, boottime=lambda: an_hour_ahead) as fortnox:
        await fortnox.create_voucher(a_voucher(), 4, start_by=an_hour_ahead)
        with pytest.raises(NotSent, match="TooLate"):
            await fortnox.create_voucher(a_voucher(), 4, start_by=an_hour_ahead - 1)

    assert len(script.requests) == 1


class Stopped(httpx.AsyncHTTPTransport):
    """The whole process stands still (SIGSTOP, a suspended machine) until well after the first permit's deadline."""

    def __init__(self, permits: FreePermits) -> None:
        super().__init__()
        self._permits = permits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        while len(self._permits.given) == 1 and boottime() < self._permits.given[0].deadline + 2 * LATE:
            time.sleep(0.01)  # noqa: ASYNC251  (nothing else may run)
        return await super().handle_async_request(request)


async def test_who_was_stopped_before_sending_sends_nothing_after_the_permits_deadline() -> None:
    """Its slot may be somebody else's by now. A write is given up, a read takes another permit."""
    paths = []

    async def noting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # nothing came
            paths.append((await receive(reader)).split(b" ")[1])
            writer.write(answer({"LockedPeriod": {"EndDate": "2023-12-31"}}, "200 OK"))

    async with server(noting) as url:
        permits = FreePermits("token", seconds=0.3)
        async with Client(permits, base_url=url, transport=Stopped(permits)) as fortnox:
            with pytest.raises(NotSent, match="TooLate"):
                await fortnox.create_voucher(a_voucher(), 4)
        permits = FreePermits("token", seconds=0.3)
        async with Client(permits, base_url=url, transport=Stopped(permits)) as fortnox:
            await fortnox.locked_period()

    assert (paths, len(permits.given)) == ([b"/3/settings/lockedperiod"], 2)


async def test_a_permit_acquired_beforehand_is_the_one_used() -> None:
    script, permits = Script(Said(201, {"Voucher": BOOKED})), FreePermits("token")
    permit = await permits.acquire()

    async with Client(permits, transport=script) as fortnox:
        await fortnox.create_voucher(a_voucher(), 4, permit=permit, start_by=boottime() + 2)

    assert permits.given == [permit]
    assert permit.answers == 1


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raise AssertionError("nobody should come here")


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
