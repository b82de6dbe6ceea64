"""A copy of a stream as the client got it, and the two spellings of one answer: whole and streamed."""

import dataclasses

import structlog

from omniroute.formats.codec import Codec
from omniroute.formats.fold import Fold, unfold
from omniroute.formats.framing import Frame
from omniroute.formats.table import CODECS
from omniroute.gateway.attempt import hub_request, seed_of
from omniroute.gateway.call import Call
from omniroute.kit import json
from omniroute.kit.errors import OmniError

log = structlog.get_logger(__name__)

# A stream says each token in an event of its own, which takes many times the bytes of the whole answer.
_STREAM_FACTOR = 32


class Tape:
    """Takes the pieces of a stream, up to what a whole answer of `most_bytes` may come to."""

    __slots__ = ("_left", "pieces")

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes * _STREAM_FACTOR
        self.pieces: list[bytes] | None = []

    def add(self, piece: bytes) -> None:
        """Take one more piece."""
        if self.pieces is None:
            return
        self._left -= len(piece)
        if self._left < 0:
            self.pieces = None
        else:
            self.pieces.append(piece)


def reads_back(codec: Codec) -> bool:
    """Whether the format's decoder understands what this door says; Ollama's /api/generate says it in other words."""
    return codec.encode_response is CODECS[codec.format].encode_response


def whole_of(call: Call, pieces: list[bytes]) -> bytes:
    """Spell the whole answer that a finished stream was; raises StreamFault or what decoders raise when it was none."""
    codec = call.codec
    decoder, fold = codec.decoder(seed_of(call)), Fold()
    for frame in _frames(codec, b"".join(pieces)):
        for event in decoder.feed(frame):
            fold.feed(event)
    for event in decoder.end():
        fold.feed(event)
    response = fold.response()
    if call.usage is not None:  # the client may not have asked to be told in the stream
        response = dataclasses.replace(response, usage=call.usage)
    return json.dumps(codec.encode_response(response, hub_request(call)))


def _frames(codec: Codec, data: bytes) -> list[Frame]:
    if codec.stream_media_type == "application/json":  # Gemini's array
        return [Frame(event="", data=json.dumps(one)) for one in json.loads(data)]
    deframer = codec.deframer()
    return deframer.feed(data) + deframer.end()


def spelled(call: Call, body: bytes) -> bytes | None:
    """Spell a whole answer as the client asked for it; None when it can't be made a stream."""
    if not call.stream:
        return body
    try:
        response = call.codec.decode_response(json.loads(body), seed_of(call))
        encoder = call.codec.encoder(seed_of(call), hub_request(call))
        return b"".join([encoder.feed(event) for event in unfold(response)]) + encoder.end()
    except (OmniError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("a kept answer is no stream: asked anew", request=call.id, error=str(error))
        return None
