"""Effects are known by what is on the wire, and a process is stopped on either side of one."""

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest

from sandbox.tap import Moment, Taps, http, kafka, postgres


def framed(key: int, correlation: int) -> bytes:
    request = key.to_bytes(2) + (7).to_bytes(2) + correlation.to_bytes(4) + b"\0\1x" + b"body"
    return len(request).to_bytes(4) + request


def test_a_commit_is_known_and_what_only_mentions_one_is_not() -> None:
    assert [one.effect for one in postgres(b"Q\0\0\0\x0cCOMMIT;\0")] == ["commit"]
    assert not [*postgres(b"Q\0\0\0\x0bBEGIN;\0")]
    assert not [*postgres(b"P\0\0\0\x20insert into x values ('COMMIT;\0')")]


def test_calls_are_known_by_method_and_path() -> None:
    found = [one.effect for one in http("fortnox")(b"POST /3/vouchers?financialyear=1 HTTP/1.1\r\n\r\n")]

    assert found == ["fortnox POST /3/vouchers"]
    assert not [*http("fortnox")(b'{"Voucher": {}}')]


def test_of_kafkas_requests_those_that_write_have_an_effect_and_an_answer_of_their_own() -> None:
    said = [*kafka(framed(1, 5) + framed(0, 6) + framed(8, 7))]

    assert [one.effect for one in said] == ["kafka produce", "kafka offset commit"]
    assert said[0].answer(b"\0\0\0\x04" + (6).to_bytes(4))
    assert not said[0].answer(b"\0\0\0\x04" + (7).to_bytes(4))


@pytest.mark.parametrize("after", [False, True])
async def test_a_process_is_stopped_before_the_effect_or_before_it_hears_of_it(after: bool) -> None:
    arrived: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                arrived.append(data)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
        taps, killed = Taps(), list[bool]()
        taps.kill = lambda: killed.append(True)
        port = server.sockets[0].getsockname()[1]
        address = await stack.enter_async_context(taps.way(http("it"), f"127.0.0.1:{port}"))
        taps.aim(Moment("it POST /x", 2, after))
        reader, writer = await asyncio.open_connection(*address.split(":"))
        writer.write(b"POST /x HTTP/1.1\r\n\r\n")
        first = await reader.read(1000)
        writer.write(b"POST /x HTTP/1.1\r\n\r\n")
        with suppress(ConnectionError):
            assert await reader.read(1000) == b""
        writer.close()
        server.close()

    assert first.startswith(b"HTTP/1.1 204")
    assert (killed, len(arrived)) == ([True], 2 if after else 1)
