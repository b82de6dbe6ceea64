"""OpenAI's Responses format."""

from omniroute.formats.answer_words import AnswerWords
from omniroute.formats.codec import Codec
from omniroute.formats.failures import read_failure
from omniroute.formats.framing import SseDeframer
from omniroute.formats.hub import Format, Stop
from omniroute.formats.openai_responses.answer_reader import decode_response
from omniroute.formats.openai_responses.faults import encode_error
from omniroute.formats.openai_responses.request_reader import decode_request
from omniroute.formats.openai_responses.request_writer import encode_request
from omniroute.formats.openai_responses.stream_reader import ResponsesDecoder
from omniroute.formats.openai_responses.stream_writer import ResponsesEncoder, encode_response

CODEC = Codec(
    format=Format.OPENAI_RESPONSES,
    stream_media_type="text/event-stream",
    heartbeat=b": keep-alive\n\n",
    marks=frozenset({"output"}),
    words=AnswerWords(
        home=Format.OPENAI_RESPONSES,
        logprobs=True,
        refusals=True,
        cites="urls",
        shows=frozenset({("image", "data")}),
        tokens=frozenset({"cache_read", "cache_write", "reasoning"}),
        tiers=None,
        stops=frozenset({Stop.CONTENT_FILTER}),
    ),
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=read_failure,
    encode_error=encode_error,
    decoder=ResponsesDecoder,
    encoder=ResponsesEncoder,
    deframer=SseDeframer,
)
