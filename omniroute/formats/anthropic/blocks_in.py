"""Content blocks of a request, from the wire."""

from collections.abc import Callable
from dataclasses import replace

from omniroute.formats.anthropic.carrying import Parts
from omniroute.formats.hub import (
    CacheMark,
    Citation,
    Format,
    Json,
    Media,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from omniroute.formats.media import base64_of, standard_base64
from omniroute.formats.reading import Fields, invalid
from omniroute.formats.state import from_field
from omniroute.formats.wrapping import text_of_object

NATIVE = Format.ANTHROPIC.value


def read_content(fields: Fields, key: str = "content") -> tuple[Part, ...]:
    """A string, or a list of blocks."""
    content = fields.raw(key)
    if content is None or content == "":
        return ()
    if isinstance(content, str):
        return (Text(text=content),)
    if not isinstance(content, list):
        raise invalid(fields.at(key), "must be a string or a list of content blocks")
    read = Parts()
    for block in fields.children(key):
        if block.raw("type") == "thinking":
            read.think(block.text("thinking") or "", block.text("signature"))
            block.close()
        else:
            read.add(_read_block(block))
    return tuple(read.parts)


def _read_block(block: Fields) -> Part:
    kind = block.need("type")
    read = _READERS.get(kind)
    if read is None:
        return Opaque(origin=NATIVE, kind=kind, raw=block.all())
    part = read(block)
    if not isinstance(part, Opaque):
        block.close()
    return part


def read_cache(block: Fields) -> CacheMark | None:
    """A cache_control mark."""
    mark = block.child("cache_control")
    return None if mark is None else CacheMark(ttl=mark.text("ttl"))


def read_citation(raw: Json) -> Citation:
    """A citation; its positions are in the source, not in the answer."""
    url, title = raw.get("url"), raw.get("title") or raw.get("document_title")
    return Citation(
        origin=NATIVE,
        raw=raw,
        url=url if isinstance(url, str) else None,
        title=title if isinstance(title, str) else None,
    )


def _read_text(block: Fields) -> Part:
    citations = tuple(read_citation(citation.all()) for citation in block.children("citations"))
    return Text(text=block.need("text"), citations=citations, cache=read_cache(block))


def _read_image(block: Fields) -> Part:
    return _read_media(block, Media(kind="image", cache=read_cache(block)))


def _read_document(block: Fields) -> Part:
    return _read_media(block, Media(kind="document", name=block.text("title"), cache=read_cache(block)))


def _read_media(block: Fields, media: Media) -> Part:
    source = block.child("source")
    if source is None:
        raise invalid(block.at("source"), "is missing; give an object")
    match source.need("type"):
        case "base64":
            data = standard_base64(source.need("data"))
            return replace(media, media_type=source.need("media_type"), data=data)
        case "text":
            return replace(media, media_type="text/plain", data=base64_of(source.need("data")))
        case "url":
            return replace(media, url=source.need("url"))
        case "file":
            return replace(media, file_id=source.need("file_id"), origin=NATIVE)
        case _:
            return Opaque(origin=NATIVE, kind=block.need("type"), raw=block.all())


def _read_redacted(block: Fields) -> Part:
    return Thinking(redacted=True, state=from_field(block.need("data"), NATIVE))


def _read_call(block: Fields) -> Part:
    return ToolCall(
        id=block.need("id"),
        name=block.need("name"),
        arguments=text_of_object(block.object("input")),
        cache=read_cache(block),
    )


def _read_result(block: Fields) -> Part:
    parts: list[Text | Media | Opaque] = []
    for part in read_content(block):
        if not isinstance(part, Text | Media | Opaque):
            raise invalid(block.at("content"), f"a tool's answer holds no {type(part).__name__.lower()}")
        parts.append(part)
    return ToolResult(
        call_id=block.need("tool_use_id"),
        parts=tuple(parts),
        is_error=block.flag("is_error") or False,
        cache=read_cache(block),
    )


_READERS: dict[str, Callable[[Fields], Part]] = {
    "text": _read_text,
    "image": _read_image,
    "document": _read_document,
    "redacted_thinking": _read_redacted,
    "tool_use": _read_call,
    "tool_result": _read_result,
}
