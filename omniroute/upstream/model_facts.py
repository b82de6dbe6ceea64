"""What is known of a model besides its name, and how upstreams tell it, each in words of its own.

Facts come from several places: what is not known in one is taken from the next, and nothing is guessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from omniroute.formats.kinds import Kind

KINDS = tuple(kind.value for kind in Kind)
# In the order in which they are told.
CAPABILITIES = ("streaming", "tools", "vision", "reasoning", "json_schema")
_MODALITIES = frozenset({"text", "image", "audio", "video", "file"})
_MOST_TOKENS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """Tokens in `context_window` and `output_limit`. None and () mean that it is not known."""

    kind: str | None = None
    context_window: int | None = None
    output_limit: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    deprecated: bool | None = None

    def over(self, other: "ModelFacts") -> "ModelFacts":
        """Return these facts, and the other's where these are silent."""
        merged: dict[str, Any] = {}
        for one in fields(self):
            own = getattr(self, one.name)
            merged[one.name] = getattr(other, one.name) if own is None or own == () else own
        return ModelFacts(**merged)

    def spelled(self) -> dict[str, Any]:
        """Return what is known, as JSON."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in told.items()
            if value is not None and value != ()
        }

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "ModelFacts":
        """Return what `spelled` wrote."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
        }
        return cls(**given)


NOTHING = ModelFacts()


def facts_of(entry: Mapping[str, Any]) -> ModelFacts:
    """Read an entry of an upstream's list of models, in the words of the vendors that tell more than names."""
    shape = entry.get("architecture")
    shape = shape if isinstance(shape, dict) else {}
    taken, given = _modalities(shape.get("input_modalities")), _modalities(shape.get("output_modalities"))
    return ModelFacts(
        kind=_kind(entry, given),
        context_window=_first(entry, _WINDOWS),
        output_limit=_first(entry, _LIMITS) or _first(_inner(entry, "top_provider"), ("max_completion_tokens",)),
        input_modalities=taken,
        output_modalities=given,
        capabilities=_capabilities(entry, taken),
        deprecated=True if entry.get("deprecated") is True or _is_text(entry.get("deprecation")) else None,
    )


# OpenRouter and Together, vLLM, Anthropic, Gemini, Mistral, Groq: each has a word of its own.
_WINDOWS = (
    "context_length",
    "max_model_len",
    "max_input_tokens",
    "inputTokenLimit",
    "max_context_length",
    "context_window",
)
_LIMITS = ("outputTokenLimit", "max_output_tokens", "max_completion_tokens", "max_tokens")
# Together's `type`, and Gemini's methods of generation.
_TYPES = {
    "chat": "chat",
    "language": "chat",
    "code": "chat",
    "embedding": "embedding",
    "image": "image",
    "audio": "speech",
    "transcribe": "transcription",
    "moderation": "moderation",
    "rerank": "rerank",
}
_METHODS = {"generateContent": "chat", "embedContent": "embedding", "predict": "image"}
# OpenRouter's supported_parameters; Mistral's and Anthropic's capabilities.
_PARAMETERS = {"tools": "tools", "reasoning": "reasoning", "structured_outputs": "json_schema"}
_CAPABLE = {
    "function_calling": "tools",
    "tools": "tools",
    "vision": "vision",
    "image_input": "vision",
    "reasoning": "reasoning",
    "thinking": "reasoning",
    "structured_outputs": "json_schema",
}


def _kind(entry: Mapping[str, Any], given: tuple[str, ...]) -> str | None:
    found = _TYPES.get(str(entry.get("type")))
    if found is not None:
        return found
    methods = entry.get("supportedGenerationMethods")
    for name, kind in _METHODS.items():
        if isinstance(methods, list) and name in methods:
            return kind
    return ("chat" if "text" in given else "image" if given == ("image",) else None) if given else None


def _capabilities(entry: Mapping[str, Any], taken: tuple[str, ...]) -> tuple[str, ...]:
    found = {"vision"} if "image" in taken else set()
    listed = entry.get("supported_parameters")
    found |= {_PARAMETERS[one] for one in listed if one in _PARAMETERS} if isinstance(listed, list) else set()
    told = entry.get("capabilities")
    if isinstance(told, list):  # Ollama's
        found |= {_CAPABLE[one] for one in told if isinstance(one, str) and one in _CAPABLE}
    elif isinstance(told, dict):
        found |= {ours for theirs, ours in _CAPABLE.items() if _is_yes(told.get(theirs))}
    if entry.get("thinking") is True:  # Gemini's
        found.add("reasoning")
    return ordered(found)


def ordered(found: Iterable[str]) -> tuple[str, ...]:
    """Return capabilities in the order in which they are told."""
    known = frozenset(found)
    return tuple(one for one in CAPABILITIES if one in known)


def _is_yes(value: object) -> bool:
    return value is True or (isinstance(value, dict) and value.get("supported") is True)


def _modalities(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if one in _MODALITIES) if isinstance(value, list) else ()


def _inner(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = entry.get(name)
    return found if isinstance(found, dict) else {}


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    found = (entry.get(name) for name in names)
    return next(
        (one for one in found if isinstance(one, int) and not isinstance(one, bool) and 0 < one <= _MOST_TOKENS), None
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
