"""The doors for chat: by which codec a path speaks, and where its requests say which model and whether to stream.

A door's codec is its format's own, or a variant of it that only clients speak (Gemini's JSON array, Ollama's
/api/generate).
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from omniroute.formats.codec import Codec
from omniroute.formats.gemini.stream import ArrayEncoder
from omniroute.formats.hub import Format
from omniroute.formats.ollama.generate import (
    GENERATE_WORDS,
    GenerateEncoder,
    decode_generate,
    encode_generate_response,
)
from omniroute.formats.ollama.loading import load_generate
from omniroute.formats.table import CODECS
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for: the model's name, a stream or not."""

    model: str
    stream: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How one path speaks. `codec` gets what the route found in the path, and the query string."""

    codec: Callable[[Mapping[str, str], bytes], Codec]
    asked: Callable[[dict[str, Any], Mapping[str, str], Snapshot], Asked]


def model_of(body: Mapping[str, Any]) -> str:
    """Return the model's name."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Invalid("model: name the model, as text; GET /v1/models lists what there is.", param="model")
    return model


def _stream_of(body: Mapping[str, Any], *, default: bool) -> bool:
    """Without `stream` the format's own default holds, whatever Accept says."""
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise Invalid("stream: say true or false", param="stream")
    return default if stream is None else stream


def _by_body(body: dict[str, Any], _params: Mapping[str, str], _snapshot: Snapshot) -> Asked:
    return Asked(model=model_of(body), stream=_stream_of(body, default=False))


def _by_body_streaming(body: dict[str, Any], _params: Mapping[str, str], _snapshot: Snapshot) -> Asked:
    return Asked(model=model_of(body), stream=_stream_of(body, default=True))


def _by_path(_body: dict[str, Any], params: Mapping[str, str], _snapshot: Snapshot) -> Asked:
    """Gemini: model and action stand in the path."""
    return Asked(model=params["model"].removeprefix("models/"), stream=params["action"] == "streamGenerateContent")


def _pinned(body: dict[str, Any], params: Mapping[str, str], snapshot: Snapshot) -> Asked:
    """The provider stands in the path: its prefix is added to the model's name where it is missing."""
    provider = params["provider"]
    home = snapshot.prefixes.get(provider)
    if home is None:
        raise Invalid(f"There is no provider {provider!r}.", param="provider", code="unknown_provider")
    model = model_of(body)
    prefix, slash, rest = model.partition("/")
    owner = snapshot.prefixes.get(prefix) if slash else None
    if owner is not None and owner != home:
        words = f"The model {model!r} does not belong to provider {provider!r}; its names begin with {provider}/."
        raise Invalid(words, param="model", code="wrong_provider")
    return Asked(model=f"{provider}/{rest if owner else model}", stream=_stream_of(body, default=False))


def _always(codec: Codec) -> Callable[[Mapping[str, str], bytes], Codec]:
    return lambda _params, _query: codec


_GEMINI = CODECS[Format.GEMINI]
# Without alt=sse Gemini streams one JSON array; white space is what keeps it open.
_GEMINI_ARRAY = dataclasses.replace(
    _GEMINI, encoder=ArrayEncoder, stream_media_type="application/json", heartbeat=b"\n"
)
_GENERATE = dataclasses.replace(
    CODECS[Format.OLLAMA],
    words=GENERATE_WORDS,
    decode_request=decode_generate,
    encode_response=encode_generate_response,
    encoder=GenerateEncoder,
    at_once=load_generate,
)


def _gemini(params: Mapping[str, str], query: bytes) -> Codec:
    if params["action"] == "streamGenerateContent" and parse_qs(query.decode("latin-1")).get("alt") != ["sse"]:
        return _GEMINI_ARRAY
    return _GEMINI


CHAT = Door(codec=_always(CODECS[Format.OPENAI_CHAT]), asked=_by_body)
PINNED = Door(codec=_always(CODECS[Format.OPENAI_CHAT]), asked=_pinned)
RESPONSES = Door(codec=_always(CODECS[Format.OPENAI_RESPONSES]), asked=_by_body)
MESSAGES = Door(codec=_always(CODECS[Format.ANTHROPIC]), asked=_by_body)
GEMINI = Door(codec=_gemini, asked=_by_path)
OLLAMA = Door(codec=_always(CODECS[Format.OLLAMA]), asked=_by_body_streaming)
GENERATE = Door(codec=_always(_GENERATE), asked=_by_body_streaming)
