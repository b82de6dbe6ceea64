"""Bytes to frames: server-sent events and NDJSON, as machines that any cut of the bytes leaves undisturbed.

A frame is `(event name, data bytes)`; NDJSON frames and nameless events have the name "". Both machines hold at most
one unfinished line or event, cap its size, and never decode text: a character split by the network stays whole.
"""

from typing import NamedTuple, Protocol

MAX_FRAME_BYTES = 16 * 1024 * 1024


class FrameTooLong(ValueError):
    """One line or event grew past its cap: the upstream does not speak this format, or means harm."""


class Frame(NamedTuple):
    """One event of a stream: its name ("" when it has none) and its data, undecoded."""

    event: str
    data: bytes


class Deframer(Protocol):
    """Feed bytes, get whole frames; `end` gives what the last line held when the stream stops without a newline."""

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes of the stream."""
        ...

    def end(self) -> list[Frame]:
        """Take the end of the stream."""
        ...


class _Lines:
    """Cuts bytes at LF, CRLF or CR, keeping the unfinished rest in pieces so that long lines cost linear time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        if self._after_cr and data:
            # A CR ended the last chunk: if LF follows, both were one line end.
            self._after_cr = False
            if data.startswith(b"\n"):
                data = data[1:]
        if not data:
            return []
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *others = data.split(b"\n")
        if not others:
            self._keep(first)
            return []
        self._check(self._size + len(first))
        if len(data) > self._limit:
            self._check(max(map(len, others)))
        lines = [b"".join((*self._rest, first)) if self._rest else first, *others[:-1]]
        self._rest, self._size = [], 0
        self._keep(others[-1])
        return lines

    @property
    def is_empty(self) -> bool:
        return not self._rest and not self._after_cr

    def end(self) -> list[bytes]:
        rest = b"".join(self._rest)
        self._rest, self._size = [], 0
        return [rest] if rest else []

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._size += len(piece)
            self._check(self._size)
            self._rest.append(piece)

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise FrameTooLong(f"a line of the stream is longer than {self._limit} bytes")


class SseDeframer:
    """Server-sent events as the HTML standard has them: `event`, `data` lines joined by LF, comments skipped."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._limit = limit
        self._lines = _Lines(limit)
        self._event = ""
        self._data: list[bytes] = []
        self._size = 0
        self._at_start = True

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the events they complete."""
        if self._is_between() and (plain := _plain_frames(data, self._limit)) is not None:
            self._at_start = False
            return plain
        frames: list[Frame] = []
        for line in self._lines.feed(data):
            self._take(line, frames)
        return frames

    def _is_between(self) -> bool:
        """Whether nothing of an event is held."""
        return not self._data and not self._event and self._lines.is_empty

    def end(self) -> list[Frame]:
        """Take the end: an event whose blank line never came is given too, for upstreams that leave it out."""
        frames: list[Frame] = []
        for line in self._lines.end():
            self._take(line, frames)
        self._dispatch(frames)
        return frames

    def _take(self, line: bytes, frames: list[Frame]) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            self._dispatch(frames)
            return
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._size += len(value)
            if self._size > self._limit:
                raise FrameTooLong(f"an event of the stream is longer than {self._limit} bytes")
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")

    def _dispatch(self, frames: list[Frame]) -> None:
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            frames.append(Frame(self._event, data))
        self._event, self._data, self._size = "", [], 0


def _plain_frames(data: bytes, limit: int) -> list[Frame] | None:
    """Read whole events of the usual two shapes, `data: …` with or without one `event: …` before; None for any other.

    Nearly every chunk of nearly every stream is that, and reading it line by line costs five times as much.
    """
    if not data.endswith(b"\n\n") or b"\r" in data or len(data) > limit:
        return None
    if data.startswith(b"data: ") and data.find(b"\n") == len(data) - 2:
        return [Frame("", data[6:-2])]
    frames: list[Frame] = []
    for block in data[:-2].split(b"\n\n"):
        event, payload = b"", block
        if block.startswith(b"event: "):
            event, _, payload = block[7:].partition(b"\n")
        if not payload.startswith(b"data: ") or b"\n" in payload:
            return None
        frames.append(Frame(event.decode("utf-8", "replace") if event else "", payload[6:]))
    return frames


class NdjsonDeframer:
    """One JSON value a line; blank lines are skipped."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._lines = _Lines(limit)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the lines they complete."""
        return [Frame("", line) for line in self._lines.feed(data) if line.strip()]

    def end(self) -> list[Frame]:
        """Take the end: the last line may lack its newline."""
        return [Frame("", line) for line in self._lines.end() if line.strip()]


def sse(data: bytes, event: str = "") -> bytes:
    """Spell one event; `data` must hold no line break (JSON never does)."""
    if event:
        return b"event: %b\ndata: %b\n\n" % (event.encode(), data)
    return b"data: %b\n\n" % data


# Stands in a frame for the text that changes; no client or model writes it.
MARK = "\x00omniroute-text\x00"


def template(frame: bytes, mark: bytes) -> tuple[bytes, bytes]:
    """Cut a frame at the JSON `mark` within it: what comes before and after the one text that changes."""
    before, _, after = frame.partition(mark)
    return before, after
