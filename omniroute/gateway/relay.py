"""A stream on its way to the client: as the bytes it came in when both sides speak one format, translated otherwise.

A relay is a machine without I/O: `feed` takes what came and gives what goes on, `end` takes the end. It tells the
pump what it saw: `started` at the first meaningful piece, `finished` when the answer is complete, `fault` when the
upstream sent an error, nonsense, or stopped in the middle. Bytes go on in whole events only, so that an error event
or a heartbeat never lands inside one.
"""

import re
from collections.abc import Iterator
from typing import Protocol, assert_never

from omniroute.formats.codec import Codec
from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import merge_usage
from omniroute.formats.framing import MAX_FRAME_BYTES, Frame, FrameTooLong
from omniroute.formats.hub import Loss, Refusal, Request, Seed, Text, Thinking, Usage
from omniroute.formats.translate import StreamTranslator

# Two line ends in a row; a group that gives nothing back, as CRLF is one line end and not two.
_BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")


class Relay(Protocol):
    """What the pump sees of a stream."""

    started: bool
    finished: bool
    fault: Fault | None
    usage: Usage | None
    service: str | None  # the service tier, as the provider says

    @property
    def letters(self) -> int:
        """About how much text has come."""
        ...

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What the client's format had no words for."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes from upstream; return what the client gets."""
        ...

    def end(self) -> bytes:
        """Take the end of the upstream's stream; return what is left for the client."""
        ...


class _Seen:
    """What a series of events says of the stream."""

    def __init__(self) -> None:
        self.started = False
        self.finished = False
        self.fault: Fault | None = None
        self.usage: Usage | None = None
        self.letters = 0
        self.service: str | None = None

    def note(self, event: Event) -> None:
        """Look at one event."""
        match event:
            case Delta():
                self.letters += len(event.text)
                self.started = self.started or bool(event.text or event.state or event.citation)
            case PartStart(part=Text() | Refusal() | Thinking(redacted=False)):
                pass  # its text is still to come
            case PartStart() | ChoiceEnd():
                self.started = True
            case Start():
                self.usage = merge_usage(self.usage, event.usage)
            case Finish():
                self.started = self.finished = True
                self.usage = merge_usage(self.usage, event.usage)
                self.service = event.service_tier
            case Fault():
                self.fault = self.fault or event
            case PartEnd():
                pass
            case _:
                assert_never(event)


class Translation(_Seen):
    """Upstream bytes → frames → events → the client's bytes."""

    def __init__(self, upstream: Codec, client: Codec, seed: Seed, request: Request) -> None:
        super().__init__()
        self._translator = StreamTranslator(
            upstream=upstream, client=client, seed=seed, request=request, watch=self.note, tells_faults=False
        )

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes."""
        return self._translator.feed(data)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What the client's format had no words for."""
        return self._translator.losses

    def end(self) -> bytes:
        """Take the end."""
        return self._translator.end()

    def error(self, fault: Fault) -> bytes:
        """Spell an error event that fits what the client got so far."""
        return self._translator.fail(fault)


class Tapped(_Seen):
    """The upstream's own bytes, event by event, while a copy is decoded for what the record needs."""

    losses = ()

    def __init__(self, codec: Codec, seed: Seed) -> None:
        super().__init__()
        self._deframer = codec.deframer()
        self._decoder = codec.decoder(seed)
        self._lines = codec.stream_media_type != "text/event-stream"
        self._carry = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes."""
        data = self._carry + data
        cut = data.rfind(b"\n") + 1 if self._lines else whole_events(data)
        self._carry = data[cut:]
        passed = self._looked(data[:cut])
        if len(self._carry) > MAX_FRAME_BYTES and self.fault is None:
            self.fault = too_long(MAX_FRAME_BYTES)
        return passed

    def _looked(self, whole: bytes) -> bytes:
        """Decode a copy; return the bytes up to the first event that is a fault."""
        done = 0
        for piece in whole.splitlines(keepends=True) if self._lines else events_of(whole):
            try:
                self._note_all(self._deframer.feed(piece))
            except FrameTooLong:
                self.fault = too_long(MAX_FRAME_BYTES)
            if self.fault is not None:
                return whole[:done]
            done += len(piece)
        return whole

    def _note_all(self, frames: list[Frame]) -> None:
        for frame in frames:
            for event in self._decoder.feed(frame):
                self.note(event)

    def end(self) -> bytes:
        """Take the end."""
        rest, self._carry = self._carry, b""
        passed = self._looked(rest) if rest and self.fault is None else b""
        if self.fault is None:
            self._note_all(self._deframer.end())
        if self.fault is not None:
            return b""
        for event in self._decoder.end():
            self.note(event)
        if not passed:
            return b""
        return passed + (b"\n" if self._lines else b"\n\n")


class Finished:
    """A stream that is complete already: an answer that came whole."""

    losses = ()

    def __init__(self, usage: Usage | None, letters: int = 0, service: str | None = None) -> None:
        self.started = self.finished = True
        self.fault: Fault | None = None
        self.usage = usage
        self.letters = letters
        self.service = service

    def feed(self, data: bytes) -> bytes:  # noqa: ARG002 - there is nothing to take
        """Nothing comes any more."""
        return b""

    def end(self) -> bytes:
        """Nothing is left."""
        return b""


def error_event(codec: Codec, seed: Seed, relay: Relay, fault: Fault) -> bytes:
    """Spell an error event of the client's format, one that fits what the client got so far."""
    if isinstance(relay, Translation):
        return relay.error(fault)
    return codec.encoder(seed, Request(model=seed.model, stream=True)).feed(fault)


def whole_events(data: bytes) -> int:
    """Return how many bytes of `data` are whole server-sent events."""
    cut = data.rfind(b"\n\n")
    after = cut + 2 if cut >= 0 else 0
    if b"\r" in data:
        for end in (b"\r\n\r\n", b"\r\r"):
            cut = data.rfind(end)
            after = max(after, cut + len(end) if cut >= 0 else 0)
    return after


def events_of(data: bytes) -> Iterator[bytes]:
    """Cut `data` after each server-sent event; nothing is lost or changed."""
    start = 0
    for blank in _BLANK_LINE.finditer(data):
        yield data[start : blank.end()]
        start = blank.end()
    if start < len(data):
        yield data[start:]


def too_long(limit: int) -> Fault:
    """An event that does not end."""
    return Fault(kind="upstream", message=f"an event is longer than {limit} bytes", status=502)
