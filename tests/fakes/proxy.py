"""A small real proxy on a loopback port: HTTP (CONNECT and whole requests) and SOCKS 5, with passwords and moods.

It looks at the first byte to see what is spoken, as a proxy that serves both on one port does.
"""

import asyncio
import ipaddress
import ssl
from base64 import b64encode
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_SOCKS = b"\x05"


class FakeProxy:
    """A proxy. `seen` are the hosts asked for, `refuses` lets none through, `slow_s` waits before each answer."""

    def __init__(self, credentials: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.credentials = credentials
        self.seen: list[str] = []
        self.refuses = False
        self.slow_s = 0.0
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()
            with suppress(OSError, ssl.SSLError):
                await writer.wait_closed()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                first = await reader.readexactly(1)
                await asyncio.sleep(self.slow_s)
                if first == _SOCKS:
                    await self._socks(reader, writer)
                else:
                    await self._http(first, reader, writer)
        finally:
            writer.close()

    # ── SOCKS 5 ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        wanted = 0 if self.credentials is None else 2
        if wanted not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes((5, wanted)))
        if wanted and not await self._signs_in(reader, writer):
            return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.seen.append(f"{host}:{port}")
        if self.refuses:
            writer.write(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")
            return
        far = await asyncio.open_connection(host, port)
        self._writers.append(far[1])
        # The address in an answer may be a name too: clients must read past it whatever it is.
        writer.write(b"\x05\x00\x00\x03\x05local\x00\x00")
        await _join(reader, writer, *far)

    async def _signs_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readexactly(1)
        name = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        fits = (name, password) == self.credentials
        writer.write(bytes((1, 0 if fits else 1)))
        return fits

    # ── HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _http(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields if one)}
        if not self._admits(headers.get("proxy-authorization")):
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        where = urlsplit(f"//{target}" if method == "CONNECT" else target)
        assert where.hostname
        self.seen.append(f"{where.hostname}:{where.port}")
        if self.refuses:
            writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        far_reader, far_writer = await asyncio.open_connection(where.hostname, where.port)
        self._writers.append(far_writer)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [one for one in fields if not one.lower().startswith("proxy-")]
            path = where.path + (f"?{where.query}" if where.query else "")
            far_writer.write("\r\n".join((f"{method} {path} HTTP/1.1", *kept)).encode("latin-1"))
        await _join(reader, writer, far_reader, far_writer)

    def _admits(self, shown: str | None) -> bool:
        if self.credentials is None:
            return True
        return shown == f"Basic {b64encode(':'.join(self.credentials).encode()).decode()}"


async def _join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Carry bytes both ways until one side ends."""

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError, ssl.SSLError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))
