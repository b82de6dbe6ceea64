"""Moderation in OpenAI's form, which Mistral speaks too, without the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omniroute.formats.exchange import Spot, Talk, json_ask, nonsense, numbered, told_object
from omniroute.formats.fields import wrong
from omniroute.formats.hub import Json, Usage

_MOST = 1000
_READ = frozenset({"model", "input"})
DEFAULT_MODEL = "omni-moderation-latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationRequest:
    """What is to be judged, as the client put it: a text, texts, or parts with pictures."""

    input: Any
    count: int
    extras: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """One result for each input."""

    id: str | None
    results: tuple[Json, ...]
    usage: Usage | None


def read_request(body: Mapping[str, Any]) -> ModerationRequest:
    """Read a request's body; raise Invalid, which names the field."""
    given = body.get("input")
    listed = given if isinstance(given, list) else [given]
    if not listed or len(listed) > _MOST:
        raise wrong("input", f"give 1 to {_MOST} texts")
    for one in listed:
        is_part = isinstance(one, dict) and isinstance(one.get("type"), str)
        if not (is_part or (isinstance(one, str) and one)):
            raise wrong("input", "give a text, a list of texts, or a list of parts with a type")
    parts = sum(isinstance(one, dict) for one in listed)
    if 0 < parts < len(listed):
        raise wrong("input", "give texts or parts, and not both")
    return ModerationRequest(
        input=given,
        count=1 if parts else len(listed),
        extras={name: value for name, value in body.items() if name not in _READ},
    )


def openai(request: ModerationRequest, spot: Spot) -> Talk[Verdicts]:
    """Ask in OpenAI's form."""
    (told,) = yield (json_ask({**request.extras, "model": spot.model, "input": request.input}),)
    value = told_object(told)
    results = value.get("results")
    if not isinstance(results, list) or len(results) != request.count:
        raise nonsense(f"has no {request.count} results in it")
    name, usage = value.get("id"), value.get("usage")
    tokens = numbered(usage.get("prompt_tokens")) if isinstance(usage, dict) else None
    return Verdicts(
        id=name if isinstance(name, str) else None,
        results=tuple(_result(one) for one in results),
        usage=None if tokens is None else Usage(input=tokens),
    )


def _result(one: Any) -> Json:
    """Return a result with a verdict; Mistral's is that any category holds."""
    categories = one.get("categories") if isinstance(one, dict) else None
    if not isinstance(categories, dict):
        raise nonsense("has a result in it that is none")
    return {"flagged": any(value is True for value in categories.values()), **one}


def most_of(request: ModerationRequest) -> Usage:
    """Return the most that a request may use."""
    return Usage(input=-(-len(str(request.input).encode("utf-8", "replace")) // 3))


def likely_of(request: ModerationRequest) -> Usage:
    """Return about what a request uses."""
    return Usage(input=-(-len(str(request.input)) // 4))


def written(request: ModerationRequest, result: Verdicts, model: str, usage: Usage) -> Json:  # noqa: ARG001 - a row's shape
    """Spell the answer in OpenAI's form."""
    return {"id": result.id or "modr", "model": model, "results": list(result.results)}
