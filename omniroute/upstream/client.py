"""The hot path's HTTP client: own connections behind the outbound guard, answers as bytes, breaks as AttemptFailed.

HTTP/1.1 and nothing else: no redirects are followed, no cookies kept, no HTTP/2. A connection serves one request at a
time and goes back to the pool when its answer was read to the end.
"""

from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from yarl import URL

from omniroute.upstream.decoding import Broken, Unpacker, unpacker
from omniroute.upstream.dial import Dialler
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break
from omniroute.upstream.heads import Head, Unsendable, spell
from omniroute.upstream.http1 import Connection, Stale
from omniroute.upstream.names import Names
from omniroute.upstream.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to send a request: an address, the headers with the credential inside, and which pool."""

    url: URL
    headers: Mapping[str, str] = field(repr=False)
    local: bool = False
    proxy: URL | None = None
    _head: Head | None = field(default=None, init=False, repr=False, compare=False)

    def adding(self, headers: Mapping[str, str]) -> "Endpoint":
        """Return the same endpoint with more headers."""
        return replace(self, headers={**self.headers, **headers}) if headers else self

    def head(self) -> Head:
        """Return the head of its requests, spelled at first use; raise AttemptFailed if it can't be."""
        if self._head is not None:
            return self._head
        proxy = None if self.proxy is None else str(self.proxy)
        try:
            head = spell(str(self.url), self.headers, local=self.local, proxy=proxy)
        except Unsendable as error:
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, f"no answer: {error}")) from error
        object.__setattr__(self, "_head", head)
        return head


class Answer(Protocol):
    """An upstream's answer, its head read and its body still to come."""

    status: int

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, names in lower case; what was sent more than once is joined by commas."""
        ...

    async def read(self, limit: int) -> bytes:
        """Return the whole body; raise AttemptFailed when it breaks or is over `limit` bytes."""
        ...

    async def next(self) -> bytes:
        """Return the next piece of the body as it comes, b"" at its end; raise AttemptFailed when it breaks."""
        ...

    def close(self) -> None:
        """Let go of the connection: back to the pool when the body was read, dropped otherwise."""
        ...


class Transport(Protocol):
    """Sends a request and gives the answer's head."""

    async def post(self, endpoint: Endpoint, body: bytes) -> Answer:
        """Send `body`, JSON; raise AttemptFailed when no answer comes."""
        ...


class HttpAnswer:
    """An answer that comes over a connection."""

    __slots__ = ("_connection", "_pool", "_unpacker", "headers", "status")

    def __init__(self, connection: Connection, pool: Pool, unpacker: Unpacker | None) -> None:
        self.status = connection.status
        self.headers: Mapping[str, str] = connection.headers
        self._connection: Connection | None = connection
        self._pool = pool
        self._unpacker = unpacker

    async def read(self, limit: int) -> bytes:
        """Return the whole body."""
        pieces: list[bytes] = []
        size = 0
        while piece := await self.next():
            size += len(piece)
            if size > limit:
                raise AttemptFailed(of_break(FailureKind.TRANSIENT, f"the answer is over {limit} bytes"))
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def next(self) -> Coroutine[Any, Any, bytes]:
        """Return what has come off the wire since the last call."""
        connection = self._connection
        if connection is None:
            raise AttemptFailed(of_break(FailureKind.TRUNCATED, "the answer was let go of"))
        return connection.next() if self._unpacker is None else _unpacked(connection, self._unpacker)

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give(connection)


async def _unpacked(connection: Connection, unpacker: Unpacker) -> bytes:
    """Return the next plain bytes of a compressed body."""
    try:
        while not (plain := unpacker.take()):
            packed = await connection.next()
            if not packed:
                break
            unpacker.feed(packed)
    except Broken as error:
        words = f"the compressed body makes no sense: {error}"
        raise AttemptFailed(of_break(FailureKind.TRUNCATED, words)) from error
    if not plain and not unpacker.is_whole:
        raise AttemptFailed(of_break(FailureKind.TRUNCATED, "the compressed body is not whole"))
    return plain


# By URL scheme.
Transports = Mapping[str, Transport]


class UpstreamClient:
    """Owns the connections. One a process; `close` on stop."""

    def __init__(self, *, connect_timeout_s: float, transports: Transports | None = None) -> None:
        """`transports` serve the URL schemes that they name instead, such as the embedded demo's."""
        self._transports = dict(transports or {})
        self._pool = Pool()
        self._dialler = Dialler(timeout_s=connect_timeout_s, lookup=Names().lookup)

    async def post(self, endpoint: Endpoint, body: bytes) -> Answer:
        """Send `body`; a connection that the upstream had closed while idle is replaced once, unseen."""
        transport = self._transports.get(endpoint.url.scheme)
        if transport is not None:
            return await transport.post(endpoint, body)
        head = endpoint.head()
        return await self._answer(head, b"%b%d\r\n\r\n" % (head.post, len(body)), body)

    async def get(self, endpoint: Endpoint) -> Answer:
        """Ask for what lies at the endpoint."""
        head = endpoint.head()
        return await self._answer(head, head.get, b"")

    async def send(self, method: str, endpoint: Endpoint, body: bytes = b"") -> Answer:
        """Send a request of any other method."""
        head = endpoint.head()
        start = b"%b%b%d\r\n\r\n" % (method.encode("ascii"), head.post.removeprefix(b"POST"), len(body))
        return await self._answer(head, start, body)

    async def upload(self, endpoint: Endpoint, size: int, pieces: Iterable[bytes]) -> Answer:
        """Send a body of `size` bytes piece by piece; over a connection of its own, as it cannot be sent twice."""
        head = endpoint.head()
        connection = await self._dialled(head)
        await connection.upload(b"%b%d\r\n\r\n" % (head.post, size), pieces)
        return self._accepted(connection)

    async def _answer(self, head: Head, start: bytes, body: bytes) -> HttpAnswer:
        connection = self._pool.take(head.origin)
        if connection is not None:
            try:
                await connection.exchange(start, body)
                return self._accepted(connection)
            except Stale:
                pass
        connection = await self._dialled(head)
        await connection.exchange(start, body)
        return self._accepted(connection)

    async def _dialled(self, head: Head) -> Connection:
        connection = await self._dialler.dial(head.origin, self._pool)
        if self._pool.closed:
            connection.abort()
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, "no answer: the gateway is stopping"))
        self._pool.add(connection)
        return connection

    def _accepted(self, connection: Connection) -> HttpAnswer:
        coding = connection.headers.get("content-encoding")
        if coding is None:
            return HttpAnswer(connection, self._pool, None)
        try:
            return HttpAnswer(connection, self._pool, unpacker(coding))
        except Broken as error:
            connection.abort()
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, f"no answer: {error}")) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()
