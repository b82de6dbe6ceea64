"""What a chat request asks for, in the few words that an invented answer needs. Free of any wire format."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool the model may call. `custom` tools take free text instead of JSON."""

    name: str
    schema: dict[str, Any] = field(default_factory=dict)
    custom: bool = False
    namespace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """An image, sound or file in the request: what it is, and a short name of its content."""

    kind: str
    media_type: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, read. `text` and `media` are those of the last user turn, `results` those of the last tool turn.

    `json_schema` is the shape of the answer wanted; an empty one means any JSON. `thinking` asks for reasoning to be
    shown. `prompt_tokens` is inclusive of `cached_tokens`.
    """

    model: str
    text: str = ""
    stream: bool = False
    include_usage: bool = False
    count: int = 1
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    choice: Literal["auto", "none", "required"] = "auto"
    parallel: bool = True
    results: tuple[str, ...] = ()
    media: tuple[Medium, ...] = ()
    json_schema: dict[str, Any] | None = None
    thinking: bool = False
    prompt_tokens: int = 0
    cached_tokens: int = 0


def fingerprint(data: bytes) -> str:
    """Name bytes by their number and hash, so that a reader can tell whether they came through whole."""
    return f"{len(data)} bytes, sha256 {sha256(data).hexdigest()}"
