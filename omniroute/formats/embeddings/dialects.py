"""How providers are asked for embeddings: in OpenAI's form with small differences, in Gemini's, in Cohere's."""

import base64
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from omniroute.formats.embeddings.request import EmbeddingRequest, Item
from omniroute.formats.exchange import (
    Ask,
    CannotCarry,
    Spot,
    Talk,
    Told,
    json_ask,
    nonsense,
    numbered,
    told_object,
)
from omniroute.formats.hub import Json, Usage

Vector = str | list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Embeddings in the order of the input, spelled as the client wants them; `usage` as far as it was told."""

    vectors: tuple[Vector, ...]
    usage: Usage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a provider of OpenAI's form does its own way.

    `base64`: it can spell vectors so. `dimensions` is the field that sets their length, None where there is none.
    `added` are fields that it demands.
    """

    base64: bool = False
    tokens: bool = True
    dimensions: str | None = "dimensions"
    added: Mapping[str, Any] = field(default_factory=dict)


def openai_like(style: Style) -> Callable[[EmbeddingRequest, Spot], Talk[Vectors]]:
    """Return the dialect of providers that take OpenAI's form."""

    def dialect(request: EmbeddingRequest, spot: Spot) -> Talk[Vectors]:
        if request.has_tokens and not style.tokens:
            raise _no_tokens()
        more = _more(request, style)
        batches = list(_batches(request.items, spot.most_at_once))
        alone = request.single and len(batches) == 1
        told = yield tuple(
            json_ask({**style.added, **more, "model": spot.model, "input": batch[0] if alone else list(batch)})
            for batch in batches
        )
        pages = [_page(one, len(batch)) for one, batch in zip(told, batches, strict=True)]
        return _joined(request, pages)

    return dialect


def _more(request: EmbeddingRequest, style: Style) -> Json:
    more: Json = dict(request.extras)
    if request.dimensions is not None:
        if style.dimensions is None:
            raise CannotCarry("dimensions", "this provider's embeddings have one length only")
        more[style.dimensions] = request.dimensions
    if request.base64 and style.base64:
        more["encoding_format"] = "base64"
    return more


def _page(told: Told, count: int) -> tuple[list[Vector], Usage | None]:
    """Read one answer in OpenAI's form."""
    value = told_object(told)
    data = value.get("data")
    if not isinstance(data, list) or len(data) != count:
        raise nonsense(f"has no {count} embeddings in it")
    places: dict[int, Vector] = {}
    for number, one in enumerate(data):
        if not isinstance(one, dict):
            raise nonsense("has embeddings that are none")
        index = one.get("index", number)
        places[index if isinstance(index, int) else number] = _vector(one.get("embedding"))
    if sorted(places) != list(range(count)):
        raise nonsense("counts its embeddings wrongly")
    return [places[number] for number in range(count)], _usage(value.get("usage"))


def _vector(value: object) -> Vector:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value and all(type(one) in (float, int) for one in value):
        return value
    raise nonsense("has an embedding that is none")


def _usage(told: object) -> Usage | None:
    usage = told if isinstance(told, dict) else {}
    tokens = numbered(usage.get("prompt_tokens"))
    if tokens is None:
        tokens = numbered(usage.get("total_tokens"))
    return None if tokens is None else Usage(input=tokens)


def gemini(request: EmbeddingRequest, spot: Spot) -> Talk[Vectors]:
    """Gemini's batchEmbedContents; it tells no usage."""
    if request.has_tokens:
        raise _no_tokens()
    name = f"models/{spot.model.removeprefix('models/')}"
    batches = list(_batches(request.items, spot.most_at_once))
    told = yield tuple(_gemini_ask(request, name, batch) for batch in batches)
    pages = [
        (_values(told_object(one).get("embeddings"), len(batch)), None)
        for one, batch in zip(told, batches, strict=True)
    ]
    return _joined(request, pages)


def _gemini_ask(request: EmbeddingRequest, name: str, batch: Sequence[Item]) -> Ask:
    extras = {ours: request.extras[theirs] for theirs, ours in _GEMINI_FIELDS.items() if theirs in request.extras}
    if request.dimensions is not None:
        extras["outputDimensionality"] = request.dimensions
    return json_ask({"requests": [{"model": name, "content": {"parts": [{"text": item}]}, **extras} for item in batch]})


_GEMINI_FIELDS = {"task_type": "taskType", "taskType": "taskType", "title": "title"}


def _values(found: object, count: int) -> list[Vector]:
    if not isinstance(found, list) or len(found) != count:
        raise nonsense(f"has no {count} embeddings in it")
    return [_vector(one.get("values") if isinstance(one, dict) else None) for one in found]


def _batches(items: Sequence[Item], most: int) -> Iterator[Sequence[Item]]:
    step = most or len(items)
    for start in range(0, len(items), step):
        yield items[start : start + step]


def _joined(request: EmbeddingRequest, pages: Sequence[tuple[list[Vector], Usage | None]]) -> Vectors:
    """Put the pages together, in order."""
    tokens = [None if usage is None else usage.input for _, usage in pages]
    told = [one for one in tokens if one is not None]
    spell = packed if request.base64 else unpacked
    return Vectors(
        vectors=tuple(spell(one) for one in chain.from_iterable(vectors for vectors, _ in pages)),
        usage=Usage(input=sum(told)) if len(told) == len(tokens) else None,
    )


def packed(vector: Vector) -> str:
    """Spell a vector as OpenAI does in base64: little-endian 32-bit floats."""
    if isinstance(vector, str):
        return vector
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except (struct.error, OverflowError) as error:
        raise nonsense("has an embedding with numbers that are too large") from error


def unpacked(vector: Vector) -> list[float]:
    """Spell a vector as a list of numbers."""
    if not isinstance(vector, str):
        return vector
    try:
        data = base64.b64decode(vector, validate=True)
        return list(struct.unpack(f"<{len(data) // 4}f", data))
    except (ValueError, struct.error) as error:
        raise nonsense("has an embedding that is no base64") from error


def _no_tokens() -> CannotCarry:
    return CannotCarry("input", "this provider takes texts, and no tokens")


def written(request: EmbeddingRequest, result: Vectors, model: str, usage: Usage) -> Json:  # noqa: ARG001 - a row's shape
    """Spell the answer in OpenAI's form; `model` is how the client would ask for the one that answered."""
    tokens = usage.input or 0
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": number, "embedding": vector}
            for number, vector in enumerate(result.vectors)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
