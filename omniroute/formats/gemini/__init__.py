"""Google's Gemini API: generateContent and streamGenerateContent."""

from omniroute.formats.answer_words import AnswerWords
from omniroute.formats.codec import Codec
from omniroute.formats.framing import SseDeframer
from omniroute.formats.gemini.errors import decode_error, encode_error
from omniroute.formats.gemini.request import decode_request, encode_request
from omniroute.formats.gemini.response import decode_response, encode_response
from omniroute.formats.gemini.stream import Decoder, Encoder
from omniroute.formats.hub import KINDS, Format, Stop

CODEC = Codec(
    format=Format.GEMINI,
    stream_media_type="text/event-stream",
    # A comment would be the usual sign of life, but Google's Python SDK takes every line that is no data for JSON.
    heartbeat=b"\n",
    marks=frozenset({"candidates", "promptFeedback"}),
    words=AnswerWords(
        home=Format.GEMINI,
        several=True,
        logprobs=True,
        cites="urls",
        shows=frozenset((kind, source) for kind in KINDS for source in ("data", "url")),
        tokens=frozenset({"cache_read", "audio_input", "reasoning", "audio_output"}),
        stops=frozenset({Stop.CONTENT_FILTER, Stop.OTHER}),
    ),
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=decode_error,
    encode_error=encode_error,
    decoder=Decoder,
    encoder=Encoder,
    deframer=SseDeframer,
)
