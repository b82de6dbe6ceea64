"""The little of ASGI that the hot path needs: types, a body reader with a cap, the client's side of an answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from omniroute.gateway.downstream import Headers
from omniroute.gateway.pipeline import ClientGone
from omniroute.kit.errors import TooLarge

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def read_body(headers: dict[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """Return the request's body; raise TooLarge before more than `limit` bytes are held."""
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    return await _read_on(body, receive, limit)


async def _read_on(first: bytes, receive: Receive, limit: int) -> bytes:
    """Collect a body that comes in pieces."""
    pieces, size, more = [first], len(first), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
        more = bool(message.get("more_body"))
    return b"".join(pieces)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is over {limit} bytes; MAX_BODY_BYTES sets the limit.")


class AsgiClient:
    """Sends answers through ASGI. `extra` headers (CORS) go with each; `began` says that a head went out."""

    __slots__ = ("_extra", "_receive", "_send", "began")

    def __init__(self, receive: Receive, send: Send, extra: Headers) -> None:
        self._receive = receive
        self._send = send
        self._extra = extra
        self.began = False

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        self.began = True
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *self._extra]})
        await self._send({"type": "http.response.body", "body": body})

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head of a stream."""
        self.began = True
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *self._extra]})

    async def write(self, data: bytes) -> None:
        """Send a piece of a stream."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """End a stream."""
        await self._send({"type": "http.response.body", "body": b""})

    async def gone(self) -> None:
        """Return when the client has hung up; its body must have been read."""
        message = await self._receive()
        while message["type"] != "http.disconnect":
            message = await self._receive()
