"""Translation between any two formats: decode what one says, encode what the other can say.

Clients and upstreams of one format need none of this: their bytes are passed through.
"""

from collections.abc import Callable, Iterable

from omniroute.formats.answer_words import AnswerLosses, is_usual
from omniroute.formats.codec import Codec
from omniroute.formats.events import Event, Fault
from omniroute.formats.framing import Frame, FrameTooLong
from omniroute.formats.hub import Encoded, Loss, Request, Response, Seed
from omniroute.kit.json import BadJson, loads


def encode_request(request: Request, upstream: Codec) -> Encoded:
    """Write the upstream's body; what the reader had no word for is lost too."""
    encoded = upstream.encode_request(request)
    return Encoded(body=encoded.body, losses=(*request.unread, *encoded.losses))


def encode_response(response: Response, request: Request, client: Codec) -> Encoded:
    """Write the client's body of a whole answer, and note what it loses."""
    return Encoded(body=client.encode_response(response, request), losses=AnswerLosses(client.words).whole(response))


class StreamTranslator:
    """An upstream's bytes to the client's: deframe, decode, encode. `watch` sees every event that passes.

    With `tells_faults` off the upstream's first fault is shown to `watch` and ends the translation there: what the
    client hears of it is for `fail` to say.
    """

    def __init__(
        self,
        *,
        upstream: Codec,
        client: Codec,
        seed: Seed,
        request: Request,
        watch: Callable[[Event], None] = lambda _: None,
        tells_faults: bool = True,
    ) -> None:
        self._deframer = upstream.deframer()
        self._decoder = upstream.decoder(seed)
        self._encoder = client.encoder(seed, request)
        self._losses = AnswerLosses(client.words)
        self._watch = watch
        self._tells_faults = tells_faults
        self._stopped = False

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What the client's format had no words for, so far."""
        return self._losses.all()

    def feed(self, data: bytes) -> bytes:
        """Take the upstream's next bytes; return what the client is to be sent."""
        try:
            frames = self._deframer.feed(data)
        except FrameTooLong as error:
            return self._encode([Fault(kind="upstream", status=502, message=str(error))])
        return b"".join(self._encode(self._decoder.feed(frame)) for frame in frames)

    def end(self) -> bytes:
        """Take the upstream's end; return the rest."""
        frames = (frame for frame in self._deframer.end() if _is_whole(frame))
        told = b"".join(self._encode(self._decoder.feed(frame)) for frame in frames)
        told += self._encode(self._decoder.end())
        return told if self._stopped else told + self._encoder.end()

    def fail(self, fault: Fault) -> bytes:
        """End the client's stream with an error of the gateway's own, such as a connection that broke."""
        self._watch(fault)
        return self._encoder.feed(fault)

    def _encode(self, events: Iterable[Event]) -> bytes:
        said: list[bytes] = []
        for event in events:
            if self._stopped:
                break
            self._watch(event)
            self._stopped = isinstance(event, Fault) and not self._tells_faults
            if not self._stopped:
                if not is_usual(event):
                    self._losses.note(event)
                said.append(self._encoder.feed(event))
        return b"".join(said)


def _is_whole(frame: Frame) -> bool:
    """Whether a frame that came without its end says something whole: a cut one tells of a cut stream, no more."""
    try:
        loads(frame.data)
    except BadJson:
        return frame.data.strip() == b"[DONE]"
    return True
