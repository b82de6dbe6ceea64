"""What AI clients ask for besides chat: one row of a table for each, by which one pipeline serves them all.

A row says how a request is read, what it may use, how each kind of provider is asked (the dialects), and how the
answer is spelled. Nothing else in the gateway tells one of them from another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from omniroute.formats.audio import assemblyai, deepgram, speech, transcript
from omniroute.formats.audio import openai as openai_audio
from omniroute.formats.audio import request as audio_request
from omniroute.formats.embeddings import dialects as embeddings
from omniroute.formats.embeddings import request as embedding_request
from omniroute.formats.exchange import Ask, Spot, Talk
from omniroute.formats.hub import Usage
from omniroute.formats.images import answer as image_answer
from omniroute.formats.images import gemini as gemini_images
from omniroute.formats.images import openai as openai_images
from omniroute.formats.images import others as other_images
from omniroute.formats.images import request as image_request
from omniroute.formats.kinds import Kind
from omniroute.formats.scores import moderation, rerank
from omniroute.kit import json
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.offers import KINDS

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one kind of provider is asked. `lacks` are optional fields that it has no place for.

    `stream` asks for an answer that is sent on as it comes; None where there is no such thing.
    """

    talk: Callable[[Any, Spot], Talk[Any]] | None = None
    stream: Callable[[Any, Spot], Ask] | None = None
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer is spelled from: the result, who gave it (as the client would ask for it), when, and the usage."""

    result: Any
    model: str
    created: int
    usage: Usage


Written = tuple[str, bytes]  # media type and body


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation. `most` and `likely` say what a request may use, and about what it does.

    `is_kept`: equal requests have equal answers, which the answer cache may keep. `counts`: what is likely is known
    for sure, so that a provider that tells no usage is charged by it without guessing.
    """

    purpose: Purpose
    read: Callable[[Mapping[str, Any]], Any]
    most: Callable[[Any], Usage]
    likely: Callable[[Any], Usage]
    dialects: Mapping[str, Dialect]
    write: Callable[[Any, Answered], Written]
    default_model: str | None = None
    is_kept: bool = False
    counts: bool = False

    @property
    def kind(self) -> Kind:
        """What kind of model it takes."""
        return KINDS[self.purpose]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request, read. `most` and `likely` are what it may use, and about what it does."""

    row: Row
    request: Any
    most: Usage
    likely: Usage

    @property
    def said(self) -> frozenset[str]:
        """The optional fields that the client gave."""
        return getattr(self.request, "said", frozenset())

    @property
    def variant(self) -> str:
        """By which words a price list may tell this request from others."""
        return getattr(self.request, "variant", "")

    def dialect(self, name: str) -> Dialect | None:
        """Return how a provider is asked, None where it cannot be."""
        return self.row.dialects.get(name)


def read(row: Row, body: Mapping[str, Any]) -> Operation:
    """Read a request; raise Invalid, which names the field."""
    request = row.read(body)
    return Operation(row=row, request=request, most=row.most(request), likely=row.likely(request))


def _json(write: Callable[[Any, Any, str, Usage], Any]) -> Callable[[Any, Answered], Written]:
    return lambda request, told: (JSON, json.dumps(write(request, told.result, told.model, told.usage)))


def _pictures(request: Any, told: Answered) -> Written:
    return JSON, json.dumps(image_answer.written(request, told.result, told.created, told.usage))


def _transcript(request: Any, told: Answered) -> Written:
    return transcript.spelled(request, told.result, told.usage)


def _nothing(_request: Any, _told: Answered) -> Written:
    return JSON, b"{}"


def _in_english(body: Mapping[str, Any]) -> audio_request.TranscriptionRequest:
    return replace(audio_request.read_request(body), english=True, language=None)


_Style = embeddings.Style
_EMBEDDINGS = {
    "openai": Dialect(talk=embeddings.openai_like(_Style(base64=True))),
    "plain": Dialect(talk=embeddings.openai_like(_Style())),
    "mistral": Dialect(talk=embeddings.openai_like(_Style(tokens=False, dimensions="output_dimension"))),
    "voyage": Dialect(talk=embeddings.openai_like(_Style(tokens=False, dimensions="output_dimension"))),
    "jina": Dialect(talk=embeddings.openai_like(_Style(tokens=False))),
    # Its retrieval models want to be told what a text is for (https://docs.nvidia.com/nim, text embedding).
    "nvidia": Dialect(talk=embeddings.openai_like(_Style(tokens=False, added={"input_type": "query"}))),
    "gemini": Dialect(talk=embeddings.gemini),
}

_Drawn = openai_images.Style
_XAI_LACKS = frozenset({"size", "quality", "style"})
_TOGETHER = {"url": "url", "b64_json": "base64"}
_IMAGES = {
    "openai": Dialect(talk=openai_images.openai_like(_Drawn()), stream=openai_images.stream_ask),
    "xai": Dialect(talk=openai_images.openai_like(_Drawn(lacks=_XAI_LACKS)), lacks=_XAI_LACKS),
    "together": Dialect(
        talk=openai_images.openai_like(_Drawn(spellings=_TOGETHER, sides=True, lacks=frozenset({"quality", "style"}))),
        lacks=frozenset({"quality", "style"}),
    ),
    "nebius": Dialect(
        talk=openai_images.openai_like(_Drawn(sides=True, single=True, lacks=frozenset({"quality", "style"}))),
        lacks=frozenset({"quality", "style"}),
    ),
    "fireworks": Dialect(talk=other_images.fireworks, lacks=frozenset({"quality", "style"})),
    "gemini": Dialect(talk=gemini_images.pictures, lacks=frozenset({"quality", "style"})),
    "hyperbolic": Dialect(talk=other_images.hyperbolic, lacks=frozenset({"quality", "style"})),
    "sdwebui": Dialect(talk=other_images.sdwebui, lacks=frozenset({"quality", "style"})),
    "comfyui": Dialect(talk=other_images.comfyui, lacks=frozenset({"quality", "style"})),
}
_EDITS = {
    "openai": Dialect(talk=openai_images.edits, stream=openai_images.stream_ask),
    "gemini": Dialect(talk=gemini_images.pictures, lacks=frozenset({"quality", "style", "mask"})),
}
_TRANSCRIPTIONS = {
    "openai": Dialect(talk=openai_audio.transcription),
    "deepgram": Dialect(talk=deepgram.transcription, lacks=frozenset({"prompt", "temperature"})),
    "assemblyai": Dialect(talk=assemblyai.transcription, lacks=frozenset({"temperature"})),
}

_AUDIO = Row(
    purpose=Purpose.TRANSCRIPTIONS,
    read=audio_request.read_request,
    most=audio_request.most_of,
    likely=audio_request.likely_of,
    dialects=_TRANSCRIPTIONS,
    write=_transcript,
)
_PAINT = Row(
    purpose=Purpose.IMAGES,
    read=image_request.read_request,
    most=image_request.most_of,
    likely=image_request.likely_of,
    dialects=_IMAGES,
    write=_pictures,
    counts=True,
)

ROWS: Mapping[Purpose, Row] = {
    row.purpose: row
    for row in (
        Row(
            purpose=Purpose.EMBEDDINGS,
            read=embedding_request.read_request,
            most=embedding_request.most_of,
            likely=embedding_request.likely_of,
            dialects=_EMBEDDINGS,
            write=_json(embeddings.written),
            is_kept=True,
        ),
        _PAINT,
        replace(_PAINT, purpose=Purpose.IMAGE_EDITS, read=image_request.read_edit, dialects=_EDITS),
        _AUDIO,
        replace(
            _AUDIO,
            purpose=Purpose.TRANSLATIONS,
            read=_in_english,
            dialects={"openai": Dialect(talk=openai_audio.transcription)},
        ),
        Row(
            purpose=Purpose.SPEECH,
            read=speech.read_request,
            most=speech.most_of,
            likely=speech.likely_of,
            dialects={
                "openai": Dialect(stream=speech.openai_ask),
                "deepgram": Dialect(stream=speech.deepgram_ask, lacks=frozenset({"voice", "speed", "instructions"})),
            },
            write=_nothing,
            counts=True,
        ),
        Row(
            purpose=Purpose.MODERATIONS,
            read=moderation.read_request,
            most=moderation.most_of,
            likely=moderation.likely_of,
            dialects={"openai": Dialect(talk=moderation.openai)},
            write=_json(moderation.written),
            default_model=moderation.DEFAULT_MODEL,
        ),
        Row(
            purpose=Purpose.RERANK,
            read=rerank.read_request,
            most=rerank.most_of,
            likely=rerank.likely_of,
            dialects={
                "cohere": Dialect(talk=rerank.speaking("top_n", "results")),
                "jina": Dialect(talk=rerank.speaking("top_n", "results")),
                "voyage": Dialect(talk=rerank.speaking("top_k", "data")),
            },
            write=_json(rerank.written),
        ),
    )
}
