"""What providers offer besides chat, as data: by which dialect each is asked, where, and how much at once.

A custom endpoint offers what its format's own vendor does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from omniroute.formats.hub import Format
from omniroute.formats.kinds import Kind
from omniroute.upstream.endpoints import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing that a provider offers. `dialect` is a name in gateway/operations.py.

    `path` lies below the base URL where it is not the format's own; `from_host` leaves the base URL's path out.
    `most_at_once` limits the inputs of one request (0: no limit of its own).
    """

    dialect: str = "openai"
    path: str | None = None
    from_host: bool = False
    most_at_once: int = 0


_EMBEDDINGS = Purpose.EMBEDDINGS
_IMAGES = Purpose.IMAGES
_EDITS = Purpose.IMAGE_EDITS
_TRANSCRIPTIONS = Purpose.TRANSCRIPTIONS
_TRANSLATIONS = Purpose.TRANSLATIONS
_SPEECH = Purpose.SPEECH
_MODERATIONS = Purpose.MODERATIONS
_RERANK = Purpose.RERANK
_PLAIN = Offer()

# OpenAI takes 2,048 inputs at once (https://platform.openai.com/docs/api-reference/embeddings/create).
_OPENAI: Mapping[Purpose, Offer] = {
    _EMBEDDINGS: Offer(most_at_once=2048),
    _IMAGES: _PLAIN,
    _EDITS: _PLAIN,
    _TRANSCRIPTIONS: _PLAIN,
    _TRANSLATIONS: _PLAIN,
    _SPEECH: _PLAIN,
    _MODERATIONS: _PLAIN,
}
# Servers of one's own of OpenAI's form: vLLM, llama.cpp, LocalAI and the like also rerank.
_LIKE_OPENAI: Mapping[Purpose, Offer] = {
    **_OPENAI,
    _EMBEDDINGS: Offer(dialect="plain", most_at_once=2048),
    _RERANK: Offer(dialect="cohere"),
}
_LOCAL_EMBEDDINGS: Mapping[Purpose, Offer] = {_EMBEDDINGS: Offer(dialect="plain")}
# Gemini takes 100 texts at once (https://ai.google.dev/gemini-api/docs/embeddings).
_GEMINI: Mapping[Purpose, Offer] = {
    _EMBEDDINGS: Offer(dialect="gemini", most_at_once=100),
    _IMAGES: Offer(dialect="gemini"),
    _EDITS: Offer(dialect="gemini"),
}

BY_FORMAT: Mapping[Format, Mapping[Purpose, Offer]] = {
    Format.OPENAI_CHAT: _LIKE_OPENAI,
    Format.OPENAI_RESPONSES: _LIKE_OPENAI,
    Format.ANTHROPIC: {},
    Format.GEMINI: _GEMINI,
    Format.OLLAMA: _LOCAL_EMBEDDINGS,
}

OFFERS: Mapping[str, Mapping[Purpose, Offer]] = {
    "openai": _OPENAI,
    "gemini": _GEMINI,
    "openrouter": {_EMBEDDINGS: Offer(dialect="plain")},
    "groq": {_TRANSCRIPTIONS: _PLAIN, _TRANSLATIONS: _PLAIN, _SPEECH: _PLAIN},
    "xai": {_IMAGES: Offer(dialect="xai")},
    "mistral": {
        _EMBEDDINGS: Offer(dialect="mistral", most_at_once=512),
        _TRANSCRIPTIONS: _PLAIN,
        _MODERATIONS: _PLAIN,
    },
    "together": {
        _EMBEDDINGS: Offer(dialect="plain", most_at_once=512),
        _IMAGES: Offer(dialect="together"),
        _TRANSCRIPTIONS: _PLAIN,
        _TRANSLATIONS: _PLAIN,
        _SPEECH: _PLAIN,
        _RERANK: Offer(dialect="cohere"),
    },
    "fireworks": {
        _EMBEDDINGS: Offer(dialect="plain", most_at_once=256),
        _IMAGES: Offer(dialect="fireworks", path=""),
        _RERANK: Offer(dialect="jina"),
    },
    "cohere": {_RERANK: Offer(dialect="cohere", path="/v2/rerank", from_host=True)},
    "nvidia": {_EMBEDDINGS: Offer(dialect="nvidia", most_at_once=96)},
    "nebius": {_EMBEDDINGS: Offer(dialect="plain", most_at_once=512), _IMAGES: Offer(dialect="nebius")},
    "siliconflow": {
        _EMBEDDINGS: Offer(dialect="plain", most_at_once=32),
        _TRANSCRIPTIONS: _PLAIN,
        _RERANK: Offer(dialect="cohere"),
    },
    "hyperbolic": {_IMAGES: Offer(dialect="hyperbolic", path="/image/generation")},
    "deepgram": {
        _TRANSCRIPTIONS: Offer(dialect="deepgram", path="/listen"),
        _SPEECH: Offer(dialect="deepgram", path="/speak"),
    },
    "assemblyai": {_TRANSCRIPTIONS: Offer(dialect="assemblyai", path="")},
    "jina": {
        _EMBEDDINGS: Offer(dialect="jina", most_at_once=512),
        _RERANK: Offer(dialect="jina"),
    },
    "voyage": {_EMBEDDINGS: Offer(dialect="voyage", most_at_once=128), _RERANK: Offer(dialect="voyage")},
    "ollama": _LOCAL_EMBEDDINGS,
    "lmstudio": _LOCAL_EMBEDDINGS,
    "llamacpp": {**_LOCAL_EMBEDDINGS, _RERANK: Offer(dialect="jina")},
    "vllm": {**_LIKE_OPENAI},
    "sdwebui": {_IMAGES: Offer(dialect="sdwebui", path="/sdapi/v1/txt2img")},
    "comfyui": {_IMAGES: Offer(dialect="comfyui", path="")},
    "demo": {**_LIKE_OPENAI},
    "local": {_EMBEDDINGS: Offer(dialect="plain")},
}

# What kind of model each purpose takes.
KINDS: Mapping[Purpose, Kind] = {
    Purpose.EMBEDDINGS: Kind.EMBEDDING,
    Purpose.IMAGES: Kind.IMAGE,
    Purpose.IMAGE_EDITS: Kind.IMAGE,
    Purpose.TRANSCRIPTIONS: Kind.TRANSCRIPTION,
    Purpose.TRANSLATIONS: Kind.TRANSCRIPTION,
    Purpose.SPEECH: Kind.SPEECH,
    Purpose.MODERATIONS: Kind.MODERATION,
    Purpose.RERANK: Kind.RERANK,
}


def offer_of(of: str | Format, purpose: Purpose) -> Offer | None:
    """Return what a provider, or a custom endpoint of a format, offers for a purpose; None for nothing."""
    offers = BY_FORMAT[of] if isinstance(of, Format) else OFFERS.get(of, {})
    return offers.get(purpose)
