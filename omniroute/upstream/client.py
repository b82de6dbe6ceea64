"""The hot path's HTTP client: aiohttp pools behind the outbound guard, answers as bytes, breaks as AttemptFailed.

Two pools: one for the public internet, one for connections that an operator marked local. No redirects are followed,
no cookies kept, nothing of the client's own headers is forwarded.
"""

import socket
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from omniroute import __version__
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break
from omniroute.upstream.guard import GuardedResolver, guarded_socket

_READ_BYTES = 256 * 1024
_KEEPALIVE_S = 30.0
_MAX_HEADER = 64 * 1024

# What the request under way has dialled; empty when it went over a connection from the pool.
_dialled: ContextVar[list[str]] = ContextVar("dialled")


class _Stale(Exception):
    """A pooled connection was gone when it was used; carries what aiohttp said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to send a request: an address, the headers with the credential inside, and which pool."""

    url: URL
    headers: Mapping[str, str] = field(repr=False)
    local: bool = False
    proxy: URL | None = None


class Answer(Protocol):
    """An upstream's answer, its head read and its body still to come."""

    status: int

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, looked up without regard to case."""
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
    """An answer that comes over a socket."""

    __slots__ = ("_response", "status")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers."""
        return self._response.headers

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

    async def next(self) -> bytes:
        """Return what has come off the wire since the last call."""
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, ConnectionError) as error:
            raise AttemptFailed(of_break(FailureKind.TRUNCATED, f"the connection broke: {_words(error)}")) from error

    def close(self) -> None:
        """Let go of the connection."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


class UpstreamClient:
    """Owns the pools. One a process; `close` on stop."""

    def __init__(self, *, connect_timeout_s: float, transports: Mapping[str, Transport] | None = None) -> None:
        """`transports` serve URL schemes other than http, such as the embedded demo's."""
        self._connect_timeout_s = connect_timeout_s
        self._transports = dict(transports or {})
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def _session(self, *, local: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(local)
        if session is None:
            session = self._sessions[local] = _new_session(self._connect_timeout_s, local=local)
        return session

    async def post(self, endpoint: Endpoint, body: bytes) -> Answer:
        """Send `body`; a connection that the upstream had closed while idle is replaced once, unseen."""
        transport = self._transports.get(endpoint.url.scheme)
        if transport is not None:
            return await transport.post(endpoint, body)
        session = self._session(local=endpoint.local)
        try:
            return await _send(session, endpoint, body)
        except _Stale:
            pass
        try:
            return await _send(session, endpoint, body)
        except _Stale as error:
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, "the connection was closed unanswered")) from error

    async def close(self) -> None:
        """Close every pool."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()


async def _send(session: aiohttp.ClientSession, endpoint: Endpoint, body: bytes) -> HttpAnswer:
    """Send once; raise _Stale when a connection from the pool turned out to be closed."""
    dialled: list[str] = []
    token = _dialled.set(dialled)
    try:
        response = await session.post(
            endpoint.url, data=body, headers=endpoint.headers, allow_redirects=False, proxy=endpoint.proxy
        )
    except aiohttp.ServerTimeoutError as error:
        raise AttemptFailed(of_break(FailureKind.TIMEOUT, "could not connect in time")) from error
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        if not dialled and not isinstance(error, aiohttp.ClientConnectorError):
            raise _Stale from error
        raise _no_answer(error) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # ValueError: aiohttp says so of heads it can't read.
        raise _no_answer(error) from error
    finally:
        _dialled.reset(token)
    return HttpAnswer(response)


def _no_answer(error: BaseException) -> AttemptFailed:
    return AttemptFailed(of_break(FailureKind.TRANSIENT, f"no answer: {_words(error)}"))


def _dial(found: aiohttp.AddrInfoType, *, local: bool) -> socket.socket:
    """Make the socket of a new connection, and note for its request that there is one."""
    _dialled.get([]).append(str(found[4][0]))
    return guarded_socket(found, local=local)


def _new_session(connect_timeout_s: float, *, local: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,
        resolver=GuardedResolver(local=local),
        socket_factory=partial(_dial, local=local),
        keepalive_timeout=_KEEPALIVE_S,
        ttl_dns_cache=30,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=CIMultiDict({"User-Agent": f"omniroute/{__version__}", "Accept-Encoding": "identity"}),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout_s, connect=None),
        read_bufsize=_READ_BYTES,
        max_line_size=_MAX_HEADER,
        max_field_size=_MAX_HEADER,
        trust_env=False,
    )


def _words(error: BaseException) -> str:
    """Say what broke, without the address book of the failed connection."""
    text = str(error).strip()
    return text or type(error).__name__
