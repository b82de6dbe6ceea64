"""Plays a reply over a connection: as it should be, or with a fault."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.fakes.faults import Fault
from tests.fakes.reply import Received, Rejected, Reply, Vendor
from tests.fakes.wire import Wire

_PIECE = 256 * 1024
_GZIP = 31  # zlib's window bits for a gzip wrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One reply about to be sent. `pace_s` passes between the frames of a stream."""

    wire: Wire
    vendor: Vendor
    request: Received
    reply: Reply
    fault: Fault
    pace_s: float

    async def head(self, *, media_type: str | None = None, extra: tuple[tuple[str, str], ...] = ()) -> None:
        """Send the head as it should be, for a stream or for a body of known length."""
        headers = [("content-type", media_type or self.reply.media_type), *self.reply.headers, *extra]
        await self.wire.head(self.reply.status, headers, None if self.reply.streamed else len(self.reply.body))

    async def frames(self, frames: tuple[bytes, ...]) -> None:
        """Send frames, one chunk each."""
        for frame in frames:
            await self.wire.chunk(frame)
            if self.pace_s:
                await asyncio.sleep(self.pace_s)

    @property
    def middle(self) -> int:
        """The index of the frame at which a fault in the middle strikes: after some content, not past the last."""
        return max(min(self.reply.content + self.fault.after, len(self.reply.frames) - 1), 1)

    @property
    def error(self) -> Rejected:
        """The error that the fault speaks of."""
        return Rejected(self.fault.status, self.fault.message)


async def well(play: Play) -> None:
    """Send the reply as it is."""
    await play.head()
    if not play.reply.streamed:
        await play.wire.raw(play.reply.body)
        return
    await play.frames(play.reply.frames)
    await play.wire.end()


async def broken(play: Play) -> None:
    """Send the reply with its fault."""
    await _PLAYS.get(play.fault.name, _status)(play)


async def _status(play: Play) -> None:
    headers = [("content-type", "application/json")]
    if play.fault.retry_after is not None:
        headers.append(("retry-after", play.fault.retry_after))
    await _whole(play.wire, play.fault.status, headers, play.vendor.spell_error(play.error))


async def _whole(wire: Wire, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    await wire.head(status, headers, len(body))
    await wire.raw(body)


async def _slow_first_byte(play: Play) -> None:
    await asyncio.sleep(play.fault.delay_s)
    await well(play)


async def _silence(_play: Play) -> None:
    """Say nothing until the client hangs up, which ends this task."""
    await asyncio.Event().wait()


async def _begin(play: Play) -> None:
    """Send the head and the first part."""
    await play.head()
    if play.reply.streamed:
        await play.frames(play.reply.frames[: play.middle])
    else:
        await play.wire.raw(play.reply.body[: len(play.reply.body) // 2])


async def _stall(play: Play) -> None:
    await _begin(play)
    await _silence(play)


async def _cut_mid_chunk(play: Play) -> None:
    await _begin(play)
    if play.reply.streamed:
        await play.wire.half_chunk(play.reply.frames[play.middle])
    play.wire.close()


async def _cut_at_boundary(play: Play) -> None:
    await _begin(play)
    play.wire.close()


async def _cut_before_content(play: Play) -> None:
    await play.head()
    await play.frames(play.reply.frames[: play.reply.content])
    play.wire.close()


async def _reset(play: Play) -> None:
    await _begin(play)
    # A reset throws away what the other side has not read: let it arrive first.
    await asyncio.sleep(0.05)
    play.wire.reset()


async def _end_early(play: Play) -> None:
    await _begin(play)
    if play.reply.streamed:
        await play.wire.end()
    else:
        play.wire.close()


async def _error_in_200(play: Play) -> None:
    if not play.reply.streamed:
        await _error_json_in_200(play)
        return
    await play.head()
    await play.wire.chunk(play.vendor.error_frame(play.error, play.request))
    await play.wire.end()


async def _error_json_in_200(play: Play) -> None:
    await _whole(play.wire, 200, [("content-type", "application/json")], play.vendor.spell_error(play.error))


async def _error_mid_stream(play: Play) -> None:
    if not play.reply.streamed:
        await _error_json_in_200(play)
        return
    await _begin(play)
    await play.wire.chunk(play.vendor.error_frame(play.error, play.request))
    await play.wire.end()


async def _malformed_chunk(play: Play) -> None:
    if not play.reply.streamed:
        body = play.reply.body[: len(play.reply.body) // 2]
        await _whole(play.wire, 200, [("content-type", "application/json")], body)
        return
    await _begin(play)
    await play.wire.chunk(play.reply.repeat.replace(b"{", b"{{,", 1))
    await play.frames(play.reply.frames[play.middle :])
    await play.wire.end()


async def _html_error(play: Play) -> None:
    page = (
        b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    )
    await _whole(play.wire, play.fault.status, [("content-type", "text/html; charset=utf-8")], page)


async def _endless_stream(play: Play) -> None:
    headers = [("content-type", play.reply.media_type)]
    await play.wire.head(200, headers, None)
    await play.frames(play.reply.frames[: play.middle])
    while True:
        await play.wire.chunk(play.reply.repeat or b" ")
        await asyncio.sleep(play.pace_s)


async def _huge_line(play: Play) -> None:
    """Make one line grow: JSON allows blanks after a brace, so the line stays valid and only is too long."""
    await play.wire.head(200, [("content-type", play.reply.media_type)], None)
    await play.frames(play.reply.frames[: play.reply.content])
    start, _, rest = (play.reply.repeat or play.reply.body).partition(b"{")
    await play.wire.chunk(start + b"{")
    for _ in range(play.fault.size // _PIECE + 1):
        await play.wire.chunk(b" " * _PIECE)
    await play.wire.chunk(rest)
    await play.frames(play.reply.frames[play.reply.content :])
    await play.wire.end()


async def _no_done(play: Play) -> None:
    if not play.reply.streamed or not play.reply.end_mark:
        await well(play)
        return
    await play.head()
    await play.frames(play.reply.frames[:-1])
    await play.wire.end()


async def _empty_stream(play: Play) -> None:
    await play.wire.head(200, [("content-type", play.reply.media_type)], None)
    await play.wire.end()


async def _gzip(play: Play) -> None:
    packer = zlib.compressobj(wbits=_GZIP)
    headers = [("content-type", play.reply.media_type), *play.reply.headers, ("content-encoding", "gzip")]
    await play.wire.head(play.reply.status, headers, None)
    for frame in play.reply.frames or (play.reply.body,):
        await play.wire.chunk(packer.compress(frame) + packer.flush(zlib.Z_SYNC_FLUSH))
    await play.wire.chunk(packer.flush())
    await play.wire.end()


async def _wrong_content_type(play: Play) -> None:
    await play.head(media_type="text/plain; charset=utf-8")
    if not play.reply.streamed:
        await play.wire.raw(play.reply.body)
        return
    await play.frames(play.reply.frames)
    await play.wire.end()


async def _keepalive_closed(play: Play) -> None:
    play.wire.close()


_PLAYS: dict[str, Callable[[Play], Awaitable[None]]] = {
    "slow_first_byte": _slow_first_byte,
    "stall": _stall,
    "cut_mid_chunk": _cut_mid_chunk,
    "cut_at_boundary": _cut_at_boundary,
    "cut_before_content": _cut_before_content,
    "reset": _reset,
    "end_early": _end_early,
    "error_in_200": _error_in_200,
    "error_json_in_200": _error_json_in_200,
    "error_mid_stream": _error_mid_stream,
    "malformed_chunk": _malformed_chunk,
    "html_error": _html_error,
    "endless_stream": _endless_stream,
    "huge_line": _huge_line,
    "no_done": _no_done,
    "empty_stream": _empty_stream,
    "gzip": _gzip,
    "wrong_content_type": _wrong_content_type,
    "keepalive_closed": _keepalive_closed,
    "disconnect_watch": _silence,
}
