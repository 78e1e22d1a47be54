"""One HTTP/1.1 connection that costs a load generator next to nothing: a request, its answer, the next request."""

import asyncio


class Wire(asyncio.Protocol):
    """Posts JSON to one address on one kept connection."""

    def __init__(self, path: str, key: str) -> None:
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._answer: asyncio.Future[bytes] | None = None
        self._received = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def to(cls, port: int, path: str, key: str) -> "Wire":
        _, wire = await asyncio.get_running_loop().create_connection(lambda: cls(path, key), "127.0.0.1", port)
        return wire

    async def post(self, body: bytes) -> bytes:
        """The answer's body. Raises RuntimeError unless it is a 200."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        return await self._answer

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._received = b""
        assert self._answer is not None
        if head.startswith(b"HTTP/1.1 200"):
            self._answer.set_result(body)
        else:
            self._answer.set_exception(RuntimeError(body.decode()[:500]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(RuntimeError("the connection was closed"))


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
