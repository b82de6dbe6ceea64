"""The answer on its way out: headers, whole bodies, and a stream that holds its head until there is something to say.

Until the first meaningful piece the head of a stream is held back, so that another target can still be tried. A long
silence before that sends the head and a heartbeat, which keeps the connection open and leaves every choice but the
status. `StreamReply.head_sent` tells whether an error can still be a status or must be an error event.
"""

from collections.abc import Awaitable

from omniroute.formats.codec import Codec
from omniroute.formats.events import Fault
from omniroute.gateway.call import Call
from omniroute.gateway.downstream import Downstream
from omniroute.gateway.watch import Reason, Watch
from omniroute.kit import json

_JSON = (b"content-type", b"application/json")


class StreamReply:
    """One stream to one client."""

    def __init__(self, call: Call, downstream: Downstream, watch: Watch, *, heartbeat_s: float, stall_s: float) -> None:
        self._call = call
        self._down = downstream
        self._watch = watch
        self._heartbeat_s = heartbeat_s
        self._stall_s = stall_s
        self._sending = False
        self._last = watch.began
        self.head_sent = False
        self.committed = False
        watch.beat = self._beat

    async def send(self, data: bytes) -> None:
        """Send a piece, the head first if it was still held."""
        self.committed = True
        await self._send(data)

    async def _send(self, data: bytes) -> None:
        waited, limit = self._watch.waiting_for, self._watch.limit_s
        self._watch.wait(Reason.CLIENT_STALLED, self._stall_s)
        self._sending = True
        try:
            if not self.head_sent:
                self.head_sent = True
                await self._down.start(200, stream_headers(self._call))
            if data:
                await self._down.write(data)
        finally:
            self._sending = False
        self._watch.wait(waited, limit)
        self._last = self._watch.since

    def _beat(self, now: float) -> Awaitable[None] | None:
        """Give a heartbeat to send when nothing was sent for long; events go out whole, so here is a boundary."""
        if self._sending or now - self._last < self._heartbeat_s:
            return None
        self._last = now
        return self._heartbeat()

    async def _heartbeat(self) -> None:
        if not self.head_sent:
            self.head_sent = True
            await self._down.start(200, stream_headers(self._call))
        if self._call.codec.heartbeat:
            await self._down.write(self._call.codec.heartbeat)

    async def finish(self) -> None:
        """End the stream."""
        self._watch.beat = None
        await self._down.finish()


def common_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Return the headers that every answer has."""
    headers = [(b"x-request-id", call.id.encode())]
    target = call.target
    if target is not None:
        headers += [
            (b"x-omniroute-provider", _header(target.provider)),
            (b"x-omniroute-model", _header(target.model)),
            (b"x-omniroute-attempts", str(max(len(call.attempts), 1)).encode()),
        ]
    if call.combo is not None:
        headers.append((b"x-omniroute-combo", _header(call.combo)))
    if call.session is not None:
        headers.append((b"x-omniroute-session-id", _header(call.session)))
    dropped = [loss.path for loss in call.losses if loss.action == "dropped"]
    if dropped:
        headers.append((b"x-omniroute-dropped", _header(", ".join(dropped))))
    if call.limit_headers:
        headers += call.limit_headers
    return headers


def stream_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Return the head of a stream; no-cache and no buffering, for proxies on the way."""
    return [
        (b"content-type", call.codec.stream_media_type.encode()),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
        *common_headers(call),
    ]


def whole_headers(call: Call, length: int, cost_nano: int | None) -> list[tuple[bytes, bytes]]:
    """Return the head of a whole answer; the cost in US dollars when it is known."""
    headers = [_JSON, (b"content-length", str(length).encode()), *common_headers(call)]
    if cost_nano is not None:
        headers.append((b"x-omniroute-cost", f"{cost_nano / 1e9:.9f}".encode()))
    return headers


def error_answer(
    codec: Codec, fault: Fault, request_id: str, combo: str | None = None
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Spell a failure in the client's format: status, headers, body."""
    body = json.dumps(codec.encode_error(fault))
    headers = [
        _JSON,
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
    ]
    if combo is not None:
        headers.append((b"x-omniroute-combo", _header(combo)))
    if fault.retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, -int(-fault.retry_after_s // 1))).encode()))
    if fault.status == 401:  # noqa: PLR2004 - HTTP
        headers.append((b"www-authenticate", b"Bearer"))
    return fault.status, headers, body


def _header(text: str) -> bytes:
    """Spell text for a header: what is not printable ASCII is replaced."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text).encode("ascii")[:1024]
