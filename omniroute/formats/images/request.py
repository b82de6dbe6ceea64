"""A request for pictures, to be made or to be changed, as OpenAI's clients send it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omniroute.formats.exchange import Content
from omniroute.formats.fields import flag, optional_text, text, whole, word, wrong
from omniroute.formats.hub import Json, Usage

MOST = 10
MOST_SOURCES = 16
_MOST_PROMPT = 32_000
_MOST_PARTIAL = 3
_LARGEST_SIDE = 8192
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_READ = frozenset(
    {
        "model",
        "prompt",
        "n",
        "size",
        "quality",
        "style",
        "response_format",
        "stream",
        "partial_images",
        "image",
        "image[]",
        "mask",
    }
)
# The most tokens that a picture comes to: OpenAI's largest at high quality takes 6,240.
_TOKENS_A_PICTURE = 8000
_TOKENS_A_SOURCE = 8000
_BYTES_A_TOKEN = 3
_KINDS = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture that is to be changed, and what it is."""

    content: Content
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """What is to be shown. `spelling` is url or b64_json, None where the client takes either.

    `sources` are pictures to be changed, `mask` where; `extras` are fields that only vendors know.
    """

    prompt: str
    count: int = 1
    size: str | None = None
    quality: str | None = None
    style: str | None = None
    spelling: str | None = None
    stream: bool = False
    partial: int | None = None
    sources: tuple[Source, ...] = ()
    mask: Source | None = None
    extras: Json = field(default_factory=dict)

    @property
    def said(self) -> frozenset[str]:
        """The optional fields that the client gave."""
        given = {"size": self.pixels, "quality": self.quality, "style": self.style, "mask": self.mask}
        return frozenset(name for name, value in given.items() if value is not None)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height, None where the client leaves them open."""
        found = _SIZE.fullmatch(self.size or "")
        return (int(found[1]), int(found[2])) if found else None

    @property
    def variant(self) -> str:
        """By which words a price list may tell this picture from others, such as `hd 1792x1024`."""
        return " ".join(one for one in (self.quality, self.size) if one)


def read_request(body: Mapping[str, Any]) -> ImageRequest:
    """Read a request to make pictures; raise Invalid, which names the field."""
    stream = flag(body, "stream")
    return ImageRequest(
        prompt=text(body, "prompt", most=_MOST_PROMPT),
        count=whole(body, "n", least=1, most=MOST) or 1,
        size=_size(body),
        quality=optional_text(body, "quality"),
        style=optional_text(body, "style"),
        spelling=word(body, "response_format", ("url", "b64_json"), "") or None,
        stream=stream,
        partial=whole(body, "partial_images", least=0, most=_MOST_PARTIAL) if stream else None,
        extras={name: value for name, value in body.items() if name not in _READ},
    )


def read_edit(body: Mapping[str, Any]) -> ImageRequest:
    """Read a form with pictures to be changed."""
    found = body.get("image[]", body.get("image"))
    listed = found if isinstance(found, list) else [] if found is None else [found]
    if not 0 < len(listed) <= MOST_SOURCES:
        raise wrong("image", f"send 1 to {MOST_SOURCES} pictures as files of the form")
    plain = read_request(body)
    mask = body.get("mask")
    return ImageRequest(
        prompt=plain.prompt,
        count=plain.count,
        size=plain.size,
        quality=plain.quality,
        style=plain.style,
        spelling=plain.spelling,
        stream=plain.stream,
        partial=plain.partial,
        sources=tuple(_source(one, "image") for one in listed),
        mask=None if mask is None else _source(mask, "mask"),
        extras=plain.extras,
    )


def _source(content: Any, name: str) -> Source:
    if isinstance(content, str):
        raise wrong(name, "send it as a file of the form")
    media_type = picture_type(content.head(16))
    if media_type is None:
        raise wrong(name, "this is no picture of a known kind (png, jpeg, webp, gif), whatever its name says")
    return Source(content=content, media_type=media_type)


def picture_type(head: bytes) -> str | None:
    """Return what a picture is, by how it begins."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for sign, media_type in _KINDS if head.startswith(sign)), None)


def _size(body: Mapping[str, Any]) -> str | None:
    size = optional_text(body, "size")
    if size is None:
        return None
    found = _SIZE.fullmatch(size)
    if size != "auto" and (found is None or not all(0 < int(side) <= _LARGEST_SIDE for side in found.groups())):
        raise wrong("size", f"say width and height, as in 1024x1024, up to {_LARGEST_SIDE}, or auto")
    return size


def most_of(request: ImageRequest) -> Usage:
    """Return the most that a request may use."""
    seen = len(request.sources) * _TOKENS_A_SOURCE
    output = request.count * _TOKENS_A_PICTURE
    read = -(-len(request.prompt.encode("utf-8", "replace")) // _BYTES_A_TOKEN)
    return Usage(images=request.count, input=read + seen, image_input=seen, output=output, image_output=output)


def likely_of(request: ImageRequest) -> Usage:
    """Return what a request uses where its provider does not say."""
    return Usage(images=request.count)
