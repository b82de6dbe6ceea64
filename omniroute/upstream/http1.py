"""One HTTP/1.1 connection, the client's side: a request at a time, its answer parsed while it comes.

The parser calls back with headers and pieces of the body; whoever waits is woken once for each arrival. There is no
task, no timer and no lock. How an answer ended is known for sure: `next` gives b"" only where the message said so.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Protocol, cast

import httptools

from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break
from omniroute.upstream.heads import Origin

MAX_HEAD = 64 * 1024
PAUSE_ABOVE = 256 * 1024
_JOIN_BELOW = 64 * 1024
_SWITCHING = 101
_FIRST_FINAL = 200
_TOO_LONG = f"headers of more than {MAX_HEAD} bytes"


class Stale(Exception):
    """A connection from the pool turned out to be closed: nothing of an answer came."""


class Owner(Protocol):
    """Who keeps the connection."""

    def lost(self, connection: "Connection") -> None:
        """Hear that the connection is closed."""
        ...


class Connection(asyncio.Protocol):
    """A connection to `origin`. `reusable` says after an answer whether another request may follow."""

    __slots__ = (
        "_buffered",
        "_clear",
        "_ended",
        "_fault",
        "_half_sent",
        "_head_bytes",
        "_headed",
        "_heard",
        "_loop",
        "_owner",
        "_parser",
        "_paused",
        "_pieces",
        "_refusal",
        "_transport",
        "_unread",
        "_until_closed",
        "_waiter",
        "closed",
        "headers",
        "idle_since",
        "origin",
        "reusable",
        "reused",
        "status",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, origin: Origin, owner: Owner) -> None:
        self.origin = origin
        self.closed = False
        self.reusable = False
        self.reused = False
        self.idle_since = 0.0
        self._loop = loop
        self._owner = owner
        self._transport: asyncio.Transport
        self._waiter: asyncio.Future[None] | None = None
        self._pieces: list[bytes] = []
        self._paused = False
        self._clear: asyncio.Event | None = None  # unset while the transport takes no more; made for long bodies
        self.renew()

    def renew(self) -> None:
        """Begin anew over the same transport, as after a proxy has opened a tunnel."""
        self._parser = httptools.HttpResponseParser(self)
        # Home-made servers end lines with a bare LF and pad chunk sizes. Neither can move the end of an answer.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True)
        self._forget()
        self._ended = True  # nothing is asked for, so nothing may come

    def _forget(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.reusable = False
        self._fault: str | None = None  # how the connection broke
        self._refusal: str | None = None  # why what came is not accepted
        self._headed = self._heard = self._ended = self._until_closed = False
        self._half_sent = False  # the request is not out whole, or not yet
        self._buffered = 0
        self._head_bytes = 0
        self._unread = 0  # bytes since the last piece of a body: heads, chunk sizes, trailers
        if self._pieces:
            self._pieces = []

    async def encrypt(self, context: ssl.SSLContext, name: str) -> None:
        """Speak TLS from now on, to the host `name`."""
        transport = None
        if not self.closed:
            transport = await self._loop.start_tls(self._transport, self, context, server_hostname=name)
        if transport is None:
            raise ConnectionAbortedError("the connection was closed")
        self._transport = transport

    async def exchange(self, head: bytes, body: bytes = b"") -> None:
        """Send a request, wait for the head of its answer; raise Stale or AttemptFailed when none comes."""
        answered = False
        try:
            self._forget()
            if not self.closed:
                self._send(head, body)
            while not self._headed:
                if self._fault is not None or self.closed:
                    raise self._unanswered()
                await self._news()
            answered = True
        finally:
            if not answered:
                self.abort()

    async def upload(self, head: bytes, pieces: Iterable[bytes]) -> None:
        """Send a long request piece by piece, no faster than it goes out, and wait for the head of its answer.

        An answer that comes before all is sent ends the sending; the connection is of no use after it.
        """
        answered = False
        try:
            self._forget()
            self._clear = asyncio.Event()
            self._clear.set()
            self._half_sent = True
            if not self.closed:
                self._transport.write(head)
            for piece in pieces:
                await self._clear.wait()
                if self._headed or self._fault is not None or self.closed:
                    break
                self._transport.write(piece)
            else:
                self._half_sent = False
            while not self._headed:
                if self._fault is not None or self.closed:
                    raise self._unanswered()
                await self._news()
            answered = True
        finally:
            self._clear = None
            if not answered:
                self.abort()

    def pause_writing(self) -> None:
        """Note that the transport holds enough for now."""
        if self._clear is not None:
            self._clear.clear()

    def resume_writing(self) -> None:
        """Note that the transport takes more."""
        if self._clear is not None:
            self._clear.set()

    def _send(self, head: bytes, body: bytes) -> None:
        if len(body) < _JOIN_BELOW:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))

    def _unanswered(self) -> Exception:
        if self.reused and not self._heard:
            return Stale()
        words = self._fault or "the connection was closed"
        return AttemptFailed(of_break(FailureKind.TRANSIENT, f"no answer: {words}"))

    async def next(self) -> bytes:
        """Return what has come of the body since the last call, b"" at its end; raise AttemptFailed when it breaks."""
        while not self._pieces:
            if self._ended:
                return b""
            if self._fault is not None:
                raise AttemptFailed(of_break(FailureKind.TRUNCATED, f"the connection broke: {self._fault}"))
            await self._news()
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._buffered = 0
        if self._paused:
            self._paused = False
            if not self.closed:
                self._transport.resume_reading()
        return data

    @property
    def is_read(self) -> bool:
        """Whether the answer was read to its end, and the connection is fit for another."""
        return self._ended and not self._pieces and self.reusable and not self.closed

    def _news(self) -> asyncio.Future[None]:
        waiter = self._waiter = self._loop.create_future()
        return waiter

    def _wake(self) -> None:
        if self._clear is not None:
            self._clear.set()  # whatever came, the sender must look at it
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def abort(self) -> None:
        """Close the connection now."""
        self.closed = True
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's have all that asyncio.Transport has, but do not inherit from it.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Parse what came; more than was asked for costs the connection, not the answer."""
        if self._ended:
            self.abort()
            return
        self._heard = True
        self._unread += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refusal = self._refusal or f"what came is not HTTP: {error}"
        if self._unread > MAX_HEAD and not self._ended:
            self._refusal = self._refusal or _TOO_LONG
        if self._refusal is not None:
            self._break(self._refusal)
            self.abort()
        elif self._headed:
            if self._buffered > PAUSE_ABOVE and not self._ended:
                self._paused = True
                self._transport.pause_reading()
            self._wake()

    def on_message_begin(self) -> None:
        """Note that another message follows the answer unasked."""
        if self._ended:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers are of no interest."""
        self._head_bytes += len(name) + len(value) + 4
        if self._head_bytes > MAX_HEAD:
            self._refusal = _TOO_LONG
        elif not self._headed:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            headers = self.headers
            headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        """Take the head; an interim one (1xx) is passed over."""
        if self._headed or self._refusal is not None:
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL:
            self.headers = {}
            if status == _SWITCHING:
                self._refusal = "it wants to speak another protocol"
            return
        coding = self.headers.get("transfer-encoding", "identity").lower()
        if coding not in {"chunked", "identity"}:
            self._refusal = f"the answer has the transfer encoding {coding[:40]!r}"
            return
        self.status = status
        self._until_closed = coding == "identity" and "content-length" not in self.headers
        self._headed = True
        self._unread = self._head_bytes = 0

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        if not self._ended:
            self._pieces.append(data)
            self._buffered += len(data)
            self._unread = 0

    def on_message_complete(self) -> None:
        """Note that the answer is whole."""
        if self._headed and not self._ended:
            self._ended = True
            # An answer that came before the request was out: the rest of it would lie in the next one's way.
            is_sent = not self._half_sent and not self._transport.get_write_buffer_size()
            self.reusable = self._parser.should_keep_alive() and is_sent

    def eof_received(self) -> None:
        """Take the end of what the peer sends for the end of the connection."""
        self._end(None)
        self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Note how the connection ended."""
        self._end(error)
        self.closed = True
        self._owner.lost(self)

    def _end(self, error: Exception | None) -> None:
        if error is None and self._headed and self._until_closed:
            self._ended = True
            self._wake()
        elif not self._ended:
            self._break(_words(error, headed=self._headed, heard=self._heard))

    def _break(self, words: str) -> None:
        """Note that there will be no more of the answer; one that is whole already stays so."""
        self.reusable = False
        if not self._ended and self._fault is None:
            self._fault = words
        self._wake()


def _words(error: Exception | None, *, headed: bool, heard: bool) -> str:
    """Say how a connection ended before its answer did."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if error is not None:
        return str(error).strip() or type(error).__name__
    if headed:
        return "it was closed before the end of the answer"
    return "the connection was closed in the middle of the head" if heard else "the connection was closed unanswered"
