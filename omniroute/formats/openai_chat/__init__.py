"""OpenAI's chat completions, as OpenAI has them and as the many that imitate them do."""

from omniroute.formats.answer_words import AnswerWords
from omniroute.formats.codec import Codec
from omniroute.formats.framing import SseDeframer
from omniroute.formats.hub import Format, Stop
from omniroute.formats.openai_chat.ends import TIERS
from omniroute.formats.openai_chat.errors import decode_error, encode_error
from omniroute.formats.openai_chat.request_in import decode_request
from omniroute.formats.openai_chat.request_out import encode_request
from omniroute.formats.openai_chat.response import decode_response, encode_response
from omniroute.formats.openai_chat.stream_in import ChatDecoder
from omniroute.formats.openai_chat.stream_out import ChatEncoder

CODEC = Codec(
    format=Format.OPENAI_CHAT,
    stream_media_type="text/event-stream",
    heartbeat=b": keep-alive\n\n",
    marks=frozenset({"choices"}),
    words=AnswerWords(
        home=Format.OPENAI_CHAT,
        several=True,
        logprobs=True,
        refusals=True,
        cites="urls",
        shows=frozenset({("image", "data"), ("image", "url")}),
        blocks=frozenset({"audio"}),
        tiers=TIERS,
        stops=frozenset({Stop.CONTENT_FILTER}),
    ),
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=decode_error,
    encode_error=encode_error,
    decoder=ChatDecoder,
    encoder=ChatEncoder,
    deframer=SseDeframer,
)
