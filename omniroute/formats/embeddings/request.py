"""A request for embeddings, as OpenAI's clients send it: a text, texts, tokens, or lists of tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omniroute.formats.fields import whole, word, wrong
from omniroute.formats.hub import Json, Usage

Item = str | list[int]

MOST_ITEMS = 10_000
_MOST_DIMENSIONS = 100_000
_READ = frozenset({"model", "input", "dimensions", "encoding_format"})
_LETTERS_A_TOKEN = 4
_BYTES_A_TOKEN = 3
_ENCODINGS = ("float", "base64")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingRequest:
    """What is to be embedded. `single`: the input was no list of inputs. `extras` are fields that only vendors know."""

    items: tuple[Item, ...]
    single: bool
    dimensions: int | None = None
    base64: bool = False
    extras: Json = field(default_factory=dict)

    @property
    def has_tokens(self) -> bool:
        """Whether some input is tokens rather than text."""
        return any(not isinstance(item, str) for item in self.items)


def read_request(body: Mapping[str, Any]) -> EmbeddingRequest:
    """Read a request's body; raise Invalid, which names the field."""
    items, single = _items(body.get("input"))
    return EmbeddingRequest(
        items=items,
        single=single,
        dimensions=whole(body, "dimensions", least=1, most=_MOST_DIMENSIONS),
        base64=word(body, "encoding_format", _ENCODINGS, "float") == "base64",
        extras={name: value for name, value in body.items() if name not in _READ},
    )


def _items(value: object) -> tuple[tuple[Item, ...], bool]:
    if isinstance(value, str):
        if not value:
            raise wrong("input", "the text is empty")
        return (value,), True
    if not isinstance(value, list):
        raise wrong("input", "give a text, a list of texts, a list of tokens, or a list of such lists")
    if not value:
        raise wrong("input", "the list is empty")
    if _is_tokens(value):
        return (value,), True
    if len(value) > MOST_ITEMS:
        raise wrong("input", f"at most {MOST_ITEMS} inputs, and here are {len(value)}")
    for number, item in enumerate(value):
        if not ((isinstance(item, str) and item) or (isinstance(item, list) and item and _is_tokens(item))):
            raise wrong(f"input[{number}]", "give a text that is not empty, or a list of tokens")
    return tuple(value), False


def _is_tokens(value: list[Any]) -> bool:
    return all(type(one) is int and one >= 0 for one in value)


def most_of(request: EmbeddingRequest) -> Usage:
    """Return the most tokens that a request may come to."""
    return Usage(input=sum(_tokens(item, _BYTES_A_TOKEN) for item in request.items))


def likely_of(request: EmbeddingRequest) -> Usage:
    """Return about how many tokens a request comes to."""
    return Usage(input=sum(_tokens(item, _LETTERS_A_TOKEN) for item in request.items))


def _tokens(item: Item, per: int) -> int:
    if not isinstance(item, str):
        return len(item)
    size = len(item) if per == _LETTERS_A_TOKEN or item.isascii() else len(item.encode("utf-8", "surrogatepass"))
    return -(-size // per) + (per == _BYTES_A_TOKEN)
