"""Short ways for codec tests to say things: streams as JSON, parts of a user, bytes through a decoder."""

from collections.abc import Iterable

from omniroute.formats.codec import Codec
from omniroute.formats.events import Event
from omniroute.formats.fold import fold
from omniroute.formats.hub import Choice, Json, Loss, Message, Part, Request, Response, Role, Seed, Text
from omniroute.kit.json import dumps, loads

SEED = Seed(id="0123abcd", created=1_700_000_000)
ASKED = Request(model="m", stream=True)


def user(*parts: Part | str) -> Message:
    return Message(role=Role.USER, parts=spoken(*parts))


def assistant(*parts: Part | str) -> Message:
    return Message(role=Role.ASSISTANT, parts=spoken(*parts))


def system(text: str) -> Message:
    return Message(role=Role.SYSTEM, parts=(Text(text=text),))


def tool(*results: Part) -> Message:
    return Message(role=Role.TOOL, parts=results)


def spoken(*parts: Part | str) -> tuple[Part, ...]:
    return tuple(Text(text=part) if isinstance(part, str) else part for part in parts)


def answer(*parts: Part | str) -> Response:
    return Response(id="id_1", model="m", created=1_700_000_000, choices=(Choice(parts=spoken(*parts)),))


def stream(*chunks: Json | str, event: bool = False) -> bytes:
    """Server-sent events; with `event`, each under the name of its type."""
    lines = []
    for chunk in chunks:
        data = chunk.encode() if isinstance(chunk, str) else dumps(chunk)
        name = f"event: {chunk['type']}\n".encode() if event and isinstance(chunk, dict) else b""
        lines.append(name + b"data: " + data + b"\n\n")
    return b"".join(lines)


def events_of(codec: Codec, data: bytes, seed: Seed = SEED) -> list[Event]:
    """What a decoder hears in bytes that come one by one."""
    deframer, decoder = codec.deframer(), codec.decoder(seed)
    frames = [frame for place in range(len(data)) for frame in deframer.feed(data[place : place + 1])]
    events = [event for frame in [*frames, *deframer.end()] for event in decoder.feed(frame)]
    return events + decoder.end()


def folded(codec: Codec, data: bytes) -> Response:
    return fold(events_of(codec, data))


def told(codec: Codec, events: Iterable[Event], request: Request = ASKED) -> list[Json]:
    """What an encoder says, as JSON; the end mark is left out."""
    encoder = codec.encoder(SEED, request)
    data = b"".join([encoder.feed(event) for event in events]) + encoder.end()
    deframer = codec.deframer()
    frames = deframer.feed(data) + deframer.end()
    return [loads(frame.data) for frame in frames if frame.data != b"[DONE]"]


def paths(losses: Iterable[Loss]) -> list[str]:
    return [loss.path for loss in losses]
