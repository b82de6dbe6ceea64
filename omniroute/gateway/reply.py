"""The answer on its way out: headers, whole bodies, and a stream that holds its head until there is something to say.

Until the first meaningful piece the head of a stream is held back, so that another target can still be tried. A long
silence before that sends the head and a heartbeat, which keeps the connection open and leaves every choice but the
status. `StreamReply.head_sent` tells whether an error can still be a status or must be an error event.
"""

from collections.abc import Awaitable

from omniroute.formats.codec import Codec
from omniroute.formats.events import Fault
from omniroute.gateway import progress
from omniroute.gateway.call import Call
from omniroute.gateway.downstream import Downstream
from omniroute.gateway.relay import Relay
from omniroute.gateway.tape import Tape
from omniroute.gateway.ticket import Given, Ticket
from omniroute.gateway.watch import Reason, Watch
from omniroute.kit import json
from omniroute.upstream.prices import cost_nano

_JSON = (b"content-type", b"application/json")
_PROGRESS = (b"x-omniroute-progress", b"enabled")
_HIT = (b"x-omniroute-cache", b"HIT")
_MISS = (b"x-omniroute-cache", b"MISS")


class StreamReply:
    """One stream to one client."""

    def __init__(self, call: Call, downstream: Downstream, watch: Watch, *, heartbeat_s: float, stall_s: float) -> None:
        self._call = call
        self._down = downstream
        self._watch = watch
        self._heartbeat_s = heartbeat_s
        self._stall_s = stall_s
        self._sending = False
        self._last = self._told_at = watch.began
        self._relay: Relay | None = None
        self._tells = call.progress and progress.is_possible(call.codec)
        self._events = 0
        self.head_sent = False
        self.committed = False
        self.raw = False  # what is sent are no events, so that none may be put in between
        self.tape: Tape | None = None
        watch.beat = self._beat

    async def send(self, data: bytes) -> None:
        """Send a piece, the head first if it was still held."""
        self.committed = True
        if self.tape is not None:
            self.tape.add(data)
        if self._tells:
            data = self._with_last(data)
        await self._send(data)

    def follow(self, relay: Relay) -> None:
        """The relay of the stream that has begun, which knows what was used."""
        self._relay = relay

    def _with_last(self, data: bytes) -> bytes:
        """Put the last progress event before the end mark, once that comes."""
        self._events += progress.pieces_in(data)
        place = progress.end_mark(self._call.codec, data)
        return data if place is None else data[:place] + self._last_progress() + data[place:]

    def _last_progress(self) -> bytes:
        self._tells = False
        call, usage = self._call, None if self._relay is None else self._relay.usage
        rate = None if call.target is None else call.target.rate
        cost = None if usage is None or rate is None else cost_nano(rate, usage) + call.spent_nano
        tokens = self._events if usage is None or usage.output is None else usage.output
        return progress.event(call, tokens, done=True, cost_nano=cost)

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
        if self._call.live is not None:
            self._call.live.pieces += 1
        self._watch.wait(waited, limit)
        self._last = self._watch.since

    def _beat(self, now: float) -> Awaitable[None] | None:
        """Give a heartbeat to send when nothing was sent for long; events go out whole, so here is a boundary."""
        if now - self._told_at >= progress.EVERY_S and not self._sending:
            self._told_at = now
            if self._call.live is not None:
                self._call.live.progressed(self._call.started_ms + int((now - self._watch.began) * 1000))
            if self._tells:
                self._last = now
                return self._heartbeat(progress.event(self._call, self._events))
        if self._sending or now - self._last < self._heartbeat_s:
            return None
        self._last = now
        return self._heartbeat(self._call.codec.heartbeat)

    async def _heartbeat(self, data: bytes) -> None:
        if not self.head_sent:
            self.head_sent = True
            await self._down.start(200, stream_headers(self._call))
        if data:
            await self._down.write(data)

    async def finish(self) -> None:
        """End the stream."""
        self._watch.beat = None
        if self._tells and self.head_sent:
            await self._down.write(self._last_progress())
        await self._down.finish()


def common_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Return the headers that every answer has."""
    headers = [(b"x-request-id", call.id.encode())]
    target = call.target
    if target is not None:
        headers += [
            (b"x-omniroute-provider", _header(target.provider)),
            (b"x-omniroute-model", _header(target.model)),
            (b"x-omniroute-connection", _header(target.connection_name)),
            (b"x-omniroute-attempts", str(max(len(call.attempts), 1)).encode()),
        ]
    reason = call.headline
    if reason is not None:
        headers.append((b"x-omniroute-decision", _header(reason)))
    if call.ticket is not None:
        headers += _given_headers(call.ticket)
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


def _given_headers(ticket: Ticket) -> list[tuple[bytes, bytes]]:
    """Return what an answer that was given before says of itself."""
    row, given = ticket.row, ticket.given
    if row is None:
        return []
    headers = [(b"x-omniroute-provider", _header(row.provider)), (b"x-omniroute-model", _header(row.model))]
    if row.dropped:
        headers.append((b"x-omniroute-dropped", _header(", ".join(row.dropped))))
    if given is Given.REPLAY:
        headers.append((b"x-omniroute-idempotent", b"true"))
    else:
        headers.append(_HIT)
    if ticket.likeness is not None:
        headers.append((b"x-omniroute-cache-similarity", f"{ticket.likeness:.4f}".encode()))
    return headers


def stream_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Return the head of a stream; no-cache and no buffering, for proxies on the way."""
    return [
        (b"content-type", call.codec.stream_media_type.encode()),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
        *((_PROGRESS,) if call.progress and progress.is_possible(call.codec) else ()),
        *common_headers(call),
    ]


def whole_headers(call: Call, length: int, cost_nano: int | None, media_type: str = "") -> list[tuple[bytes, bytes]]:
    """Return the head of a whole answer; the cost in US dollars when it is known."""
    kind = (b"content-type", media_type.encode()) if media_type else _JSON
    headers = [kind, (b"content-length", str(length).encode()), *common_headers(call)]
    if _HIT not in headers:
        headers.append(_MISS)
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
    if text.isascii() and text.isprintable():
        return text.encode("ascii")[:1024]
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text).encode("ascii")[:1024]
