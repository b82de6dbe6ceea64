"""Anthropic's Messages."""

from omniroute.formats.answer_words import AnswerWords
from omniroute.formats.anthropic.ends import TIER_WORDS
from omniroute.formats.anthropic.errors import decode_error, encode_error
from omniroute.formats.anthropic.request_in import decode_request
from omniroute.formats.anthropic.request_out import encode_request
from omniroute.formats.anthropic.response import decode_response, encode_response
from omniroute.formats.anthropic.stream_in import MessagesDecoder
from omniroute.formats.anthropic.stream_out import MessagesEncoder
from omniroute.formats.codec import Codec
from omniroute.formats.framing import SseDeframer
from omniroute.formats.hub import KINDS, Format, Stop

CODEC = Codec(
    format=Format.ANTHROPIC,
    stream_media_type="text/event-stream",
    heartbeat=b'event: ping\ndata: {"type": "ping"}\n\n',
    marks=frozenset({"content", "stop_reason"}),
    words=AnswerWords(
        home=Format.ANTHROPIC,
        cites="own",
        near=frozenset((kind, "url") for kind in KINDS),
        tokens=frozenset({"cache_read", "cache_write", "reasoning"}),
        tiers=frozenset(TIER_WORDS),
        stops=frozenset({Stop.STOP_SEQUENCE, Stop.REFUSAL, Stop.PAUSE}),
    ),
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=decode_error,
    encode_error=encode_error,
    decoder=MessagesDecoder,
    encoder=MessagesEncoder,
    deframer=SseDeframer,
)
