"""What a codec is: the names that every format offers, and nothing else of it is public."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from omniroute.formats.answer_words import AnswerWords
from omniroute.formats.events import Event, Fault
from omniroute.formats.framing import Deframer, Frame
from omniroute.formats.hub import Encoded, Format, Json, Request, Response, Seed


class Decoder(Protocol):
    """An upstream's frames to events."""

    def feed(self, frame: Frame) -> list[Event]:
        """Take one frame. A frame that is no valid JSON, or an error object, gives a Fault."""
        ...

    def end(self) -> list[Event]:
        """Take the end of the stream: nothing after a Finish, a `truncated` Fault otherwise."""
        ...


class Encoder(Protocol):
    """Events to a client's bytes."""

    def feed(self, event: Event) -> bytes:
        """Take one event; return what the client is to be sent, framed (may be empty)."""
        ...

    def end(self) -> bytes:
        """Take the end; return the format's end mark, unless a Fault ended the stream."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """One format.

    `decode_request` raises kit.errors.Invalid (with `param`, in the client's spelling) on what it cannot understand.
    `decode_error` takes an upstream's HTTP status and body bytes, whatever they are (HTML too).
    `encoder` takes the client's own request, which some formats repeat in their answers.
    `heartbeat` is what keeps an idle stream open, sent at event boundaries only.
    `marks`: every whole answer of this format has one of these fields at least.
    `at_once`: the answer, created at a time, to a request that asks nothing; None for one that does.
    `words`: what its answers can say; `answer_words` tells what others' answers lose by it.
    """

    format: Format
    stream_media_type: str
    heartbeat: bytes
    marks: frozenset[str]
    words: AnswerWords
    decode_request: Callable[[Json], Request]
    encode_request: Callable[[Request], Encoded]
    decode_response: Callable[[Json, Seed], Response]
    encode_response: Callable[[Response, Request], Json]
    decode_error: Callable[[int, bytes], Fault]
    encode_error: Callable[[Fault], Json]
    decoder: Callable[[Seed], Decoder]
    encoder: Callable[[Seed, Request], Encoder]
    deframer: Callable[[], Deframer]
    at_once: Callable[[Request, int], Json | None] | None = None
