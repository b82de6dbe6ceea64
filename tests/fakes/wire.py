"""HTTP/1.1 by hand, because the fakes must break it: reading requests, and writing answers piece by piece."""

import asyncio
import json
import socket
import struct
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.reply import Received

_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


class Wire:
    """The sending side of one connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.sent = 0
        self.closed = False

    async def head(self, status: int, headers: list[tuple[str, str]], length: int | None) -> None:
        """Send the head; without a length the body comes in chunks."""
        framing = ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in (*headers, framing)]
        await self.raw("\r\n".join((*lines, "", "")).encode())

    async def chunk(self, data: bytes) -> None:
        """Send one chunk of a body."""
        if data:
            await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def half_chunk(self, data: bytes) -> None:
        """Announce a chunk and send half of it."""
        await self.raw(b"%x\r\n%b" % (len(data), data[: max(len(data) // 2, 1)]))

    async def end(self) -> None:
        """Send the last, empty chunk."""
        await self.raw(b"0\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()
        self.sent += len(data)

    def close(self) -> None:
        """Close the connection in an orderly way, whatever was promised."""
        self.closed = True
        self._writer.close()

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        self.closed = True
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()


class Incoming:
    """The receiving side of one connection. `hung_up` may be awaited while an answer is sent."""

    def __init__(self, reader: asyncio.StreamReader, number: int) -> None:
        self._reader = reader
        self._number = number
        self._ahead = b""
        self._requests = 0

    async def request(self) -> Received | None:
        """Read the next request; None when the client is gone."""
        try:
            head = self._ahead + await self._reader.readuntil(b"\r\n\r\n")
            self._ahead = b""
            start, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            method, target, _ = start.split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            raw = await self._body(headers)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        self._requests += 1
        url = urlsplit(target)
        return Received(
            method=method,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers=headers,
            raw=raw,
            body=_parsed(raw),
            connection=self._number,
            reused=self._requests > 1,
            at=asyncio.get_running_loop().time(),
        )

    async def hung_up(self) -> None:
        """Return when the client has closed its side; a request sent ahead is kept."""
        while True:
            try:
                data = await self._reader.read(1)
            except ConnectionError:
                return
            if not data:
                return
            self._ahead += data

    async def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await self._reader.readexactly(int(headers.get("content-length", "0")))
        pieces: list[bytes] = []
        while True:
            size = int((await self._reader.readline()).split(b";")[0], 16)
            pieces.append((await self._reader.readexactly(size + 2))[:size])
            if not size:
                return b"".join(pieces)


def _parsed(raw: bytes) -> object:
    try:
        parsed: object = json.loads(raw)
    except ValueError:
        return None
    return parsed
