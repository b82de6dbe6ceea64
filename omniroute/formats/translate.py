"""Translation between any two formats: decode what one says, encode what the other can say.

Clients and upstreams of one format need none of this: their bytes are passed through.
"""

from collections.abc import Callable, Iterable

from omniroute.formats.codec import Codec
from omniroute.formats.events import Event, Fault
from omniroute.formats.framing import Frame, FrameTooLong
from omniroute.formats.hub import Encoded, Json, Request, Seed
from omniroute.kit.json import BadJson, loads


def translate_request(body: Json, *, client: Codec, upstream: Codec) -> tuple[Request, Encoded]:
    """Read a client's body and write the upstream's; the losses are those of reading and of writing."""
    request = client.decode_request(body)
    return request, encode_request(request, upstream)


def encode_request(request: Request, upstream: Codec) -> Encoded:
    """Write the upstream's body; what the reader had no word for is lost too."""
    encoded = upstream.encode_request(request)
    return Encoded(body=encoded.body, losses=(*request.unread, *encoded.losses))


def translate_response(raw: Json, *, upstream: Codec, client: Codec, seed: Seed, request: Request) -> Json:
    """Write an upstream's whole answer for the client."""
    return client.encode_response(upstream.decode_response(raw, seed), request)


class StreamTranslator:
    """An upstream's bytes to the client's: deframe, decode, encode. `watch` sees every event that passes."""

    def __init__(
        self,
        *,
        upstream: Codec,
        client: Codec,
        seed: Seed,
        request: Request,
        watch: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self._deframer = upstream.deframer()
        self._decoder = upstream.decoder(seed)
        self._encoder = client.encoder(seed, request)
        self._watch = watch

    def feed(self, data: bytes) -> bytes:
        """Take the upstream's next bytes; return what the client is to be sent."""
        try:
            frames = self._deframer.feed(data)
        except FrameTooLong as error:
            return self._encode([Fault(kind="upstream", status=502, code="frame_too_long", message=str(error))])
        return b"".join(self._encode(self._decoder.feed(frame)) for frame in frames)

    def end(self) -> bytes:
        """Take the upstream's end; return the rest."""
        frames = (frame for frame in self._deframer.end() if _is_whole(frame))
        told = b"".join(self._encode(self._decoder.feed(frame)) for frame in frames)
        return told + self._encode(self._decoder.end()) + self._encoder.end()

    def fail(self, fault: Fault) -> bytes:
        """End the client's stream with an error of the gateway's own, such as a connection that broke."""
        return self._encode([fault])

    def _encode(self, events: Iterable[Event]) -> bytes:
        said = []
        for event in events:
            self._watch(event)
            said.append(self._encoder.feed(event))
        return b"".join(said)


def _is_whole(frame: Frame) -> bool:
    """Whether a frame that came without its end says something whole: a cut one tells of a cut stream, no more."""
    try:
        loads(frame.data)
    except BadJson:
        return frame.data.strip() == b"[DONE]"
    return True
