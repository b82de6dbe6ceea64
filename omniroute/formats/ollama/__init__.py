"""Ollama's own API: /api/chat, with /api/generate beside it in `generate`."""

from omniroute.formats.codec import Codec
from omniroute.formats.failures import read_failure
from omniroute.formats.framing import NdjsonDeframer
from omniroute.formats.hub import Format
from omniroute.formats.ollama.answers import WORDS
from omniroute.formats.ollama.errors import encode_error
from omniroute.formats.ollama.loading import load_chat
from omniroute.formats.ollama.request import decode_request, encode_request
from omniroute.formats.ollama.response import decode_response, encode_response
from omniroute.formats.ollama.stream import Decoder, Encoder

CODEC = Codec(
    format=Format.OLLAMA,
    stream_media_type="application/x-ndjson",
    # Ollama's own clients parse every line, an empty one too: there is no harmless sign of life.
    heartbeat=b"",
    marks=frozenset({"message", "response", "done"}),
    words=WORDS,
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=read_failure,
    encode_error=encode_error,
    decoder=Decoder,
    encoder=Encoder,
    deframer=NdjsonDeframer,
    at_once=load_chat,
)
