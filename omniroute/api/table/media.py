"""What AI clients call besides chat; served by the data plane, documented here. Rows of the operation table."""

import base64

from omniroute.api.operation import EVENTS, Described, Operation
from omniroute.api.wire import media
from omniroute.edge.admission import Policy
from omniroute.formats.hub import Format
from omniroute.kit.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    OmniError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UpstreamFailed,
    UpstreamTimeout,
)

_CALLER: tuple[type[OmniError], ...] = (Unauthenticated, Forbidden)
_ASKING: tuple[type[OmniError], ...] = (
    *_CALLER, Invalid, NotFound, Conflict, TooLarge, TooMany, UpstreamFailed, Unavailable, UpstreamTimeout,
)  # fmt: skip
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_SOUND = b"ID3\x04\x00\x00" + bytes(64)
_WORDS = ("text/plain", "text/vtt")
_MODEL = "demo/invented"
_SOUND_MEDIA = "audio/wav"
_PINNED = "The provider's prefix is added to the model where it is missing; another provider's is refused."


def _ask(name: str, path: str, summary: str, body: Described, answer: Described | None, **more: object) -> Operation:
    """Return the row of an operation that asks a model."""
    return Operation(
        id=name,
        method="POST",
        path=path,
        tag="media",
        summary=summary,
        policy=Policy.INFERENCE,
        format=Format.OPENAI_CHAT,
        body=body,
        answer=answer,
        errors=_ASKING,
        **more,  # type: ignore[arg-type]  # the fields of Operation
    )


def _list(name: str, path: str, summary: str, **more: object) -> Operation:
    """Return the row of an operation that lists models."""
    return Operation(
        id=name,
        method="GET",
        path=path,
        tag="media",
        summary=summary,
        policy=Policy.INFERENCE,
        format=Format.OPENAI_CHAT,
        answer=media.OTHER_MODELS,
        errors=(*_CALLER, Invalid) if "{provider}" in path else _CALLER,
        **more,  # type: ignore[arg-type]  # the fields of Operation
    )


_HELLO = {"model": _MODEL, "input": "Hello"}
_DRAW = {"model": _MODEL, "prompt": "A lighthouse at night"}

OPERATIONS: tuple[Operation, ...] = (
    _ask(
        "createEmbedding", "/v1/embeddings", "Make vectors of texts",
        media.EMBEDDING_REQUEST, media.EMBEDDING_ANSWER, example=_HELLO,
    ),
    _list("listEmbeddingModels", "/v1/embeddings", "List the embedding models of the active connections"),
    _ask(
        "createPinnedEmbedding", "/v1/providers/{provider}/embeddings", "Make vectors with models of one provider only",
        media.EMBEDDING_REQUEST, media.EMBEDDING_ANSWER, example=_HELLO, named={"provider": "demo"},
        description=_PINNED,
    ),
    _list(
        "listPinnedEmbeddingModels", "/v1/providers/{provider}/embeddings", "List the embedding models of one provider",
        named={"provider": "demo"},
    ),
    _ask(
        "createImage", "/v1/images/generations", "Make pictures",
        media.IMAGE_REQUEST, media.IMAGE_ANSWER, example=_DRAW, streams=(EVENTS,),
    ),
    _list("listImageModels", "/v1/images/generations", "List the image models of the active connections"),
    _ask(
        "createPinnedImage", "/v1/providers/{provider}/images/generations",
        "Make pictures with models of one provider only",
        media.IMAGE_REQUEST, media.IMAGE_ANSWER, example=_DRAW, streams=(EVENTS,), named={"provider": "demo"},
        description=_PINNED,
    ),
    _list(
        "listPinnedImageModels", "/v1/providers/{provider}/images/generations", "List the image models of one provider",
        named={"provider": "demo"},
    ),
    _ask(
        "editImage", "/v1/images/edits", "Change pictures",
        media.IMAGE_EDIT_REQUEST, media.IMAGE_ANSWER, example=_DRAW, streams=(EVENTS,),
        files={"image": ("picture.png", _PICTURE)},
    ),
    _ask(
        "createTranscription", "/v1/audio/transcriptions", "Write down what is said",
        media.TRANSCRIPTION_REQUEST, media.TRANSCRIPTION_ANSWER, example={"model": _MODEL}, streams=_WORDS,
        files={"file": ("talk.mp3", _SOUND)},
    ),
    _ask(
        "createTranslation", "/v1/audio/translations", "Write down in English what is said",
        media.TRANSLATION_REQUEST, media.TRANSCRIPTION_ANSWER, example={"model": _MODEL}, streams=_WORDS,
        files={"file": ("talk.mp3", _SOUND)},
    ),
    _ask(
        "createSpeech", "/v1/audio/speech", "Say what is written; the sound comes as it is made",
        media.SPEECH_REQUEST, None, example={**_HELLO, "voice": "alloy"}, media=_SOUND_MEDIA,
    ),
    _ask(
        "createModeration", "/v1/moderations", "Tell whether texts are harmful",
        media.MODERATION_REQUEST, media.MODERATION_ANSWER, example=_HELLO,
    ),
    _ask(
        "rerank", "/v1/rerank", "Put documents in the order in which they answer a query",
        media.RERANK_REQUEST, media.RERANK_ANSWER,
        example={"model": _MODEL, "query": "What is a cat?", "documents": ["A cat is an animal.", "Rain falls."]},
    ),
)  # fmt: skip
