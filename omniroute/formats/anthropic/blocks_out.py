"""Hub parts to the content blocks of a request; what Anthropic has no block for is a loss."""

import hashlib
import re

from omniroute.formats.hub import (
    CacheMark,
    Citation,
    CustomTool,
    Format,
    FunctionTool,
    Json,
    Media,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from omniroute.formats.losses import Losses
from omniroute.formats.media import media_type_of, text_of
from omniroute.formats.state import to_field
from omniroute.formats.tool_names import ToolNames
from omniroute.formats.wrapping import object_of, wrap

NATIVE = Format.ANTHROPIC.value

_TTLS = frozenset({None, "5m", "1h"})

# The only images that the API takes; browsers and clients say image/jpg too.
_IMAGE_TYPES = {
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
}

_ID = re.compile(r"[a-zA-Z0-9_-]+")


def write_cache(cache: CacheMark | None, path: str, losses: Losses) -> Json:
    """The field for a cache mark, or nothing."""
    if cache is None:
        return {}
    ttl = cache.ttl
    if ttl not in _TTLS:
        losses.change(f"{path}.cache.ttl", "Anthropic keeps a cache for 5m or 1h")
        ttl = "1h"
    return {"cache_control": {"type": "ephemeral"} | ({} if ttl is None else {"ttl": ttl})}


def write_text(part: Text, path: str, losses: Losses) -> Json | None:
    """A text block; blank ones are refused by the API, so they are left out."""
    if part.state is not None:
        losses.drop(f"{path}.state", f"only {part.state.origin} understands this signature")
    if not part.text.strip():
        if part.text or part.cache:
            losses.drop(path, "Anthropic takes no blank text")
        return None
    block: Json = {"type": "text", "text": part.text}
    citations = _citations(part.citations, path, losses)
    if citations:
        block["citations"] = citations
    return block | write_cache(part.cache, path, losses)


def _citations(citations: tuple[Citation, ...], path: str, losses: Losses) -> list[Json]:
    kept = [citation.raw for citation in citations if citation.origin == NATIVE]
    if len(kept) < len(citations):
        losses.drop(f"{path}.citations", "Anthropic takes only citations of its own making")
    return kept


def write_refusal(part: Refusal, path: str, losses: Losses) -> Json | None:
    """A refusal is a text."""
    losses.change(path, "Anthropic has no word for a refusal; told as text")
    return write_text(Text(text=part.text), path, losses)


def write_thinking(part: Thinking, path: str, losses: Losses) -> Json | None:
    """A thinking block; the API refuses one that it did not sign itself."""
    if part.state is None or part.state.origin != NATIVE:
        losses.drop(path, "Anthropic takes back only thoughts that it signed itself")
        return None
    if part.redacted:
        return {"type": "redacted_thinking", "data": to_field(part.state, NATIVE)}
    return {"type": "thinking", "thinking": part.text, "signature": to_field(part.state, NATIVE)}


def write_call(part: ToolCall, names: ToolNames, path: str, losses: Losses) -> Json:
    """A tool_use block, whose input must be an object."""
    if part.state is not None:
        losses.drop(f"{path}.state", f"only {part.state.origin} understands this signature")
    name = plain_name(part, names, path, losses)
    if part.custom:
        losses.change(path, "Anthropic has no tools with free text as input; told as a function of one text")
        given = wrap(part.arguments)
    else:
        given, fitting = object_of(part.arguments)
        if not fitting:
            losses.change(f"{path}.arguments", "the arguments are no JSON object; told as a text in one")
    call = {"type": "tool_use", "id": call_id(part.id, f"{path}.id", losses), "name": name, "input": given}
    return call | write_cache(part.cache, path, losses)


def plain_name(given: FunctionTool | CustomTool | ToolCall, names: ToolNames, path: str, losses: Losses) -> str:
    """The name by which the upstream knows a tool; the client is told its own again."""
    name = names.plain(given.namespace, given.name)
    if name != given.name or given.namespace is not None:
        losses.change(f"{path}.name", f"Anthropic takes plain names only; told as {name}")
    return name


def call_id(given: str, path: str, losses: Losses) -> str:
    """An id of a tool call in the characters that the API takes."""
    if _ID.fullmatch(given):
        return given
    losses.change(path, "Anthropic takes only letters, digits, _ and - in ids")
    digest = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{re.sub('[^a-zA-Z0-9_-]', '_', given)}_{digest}"


def write_result(part: ToolResult, path: str, losses: Losses) -> Json:
    """A tool_result block; one plain text is told as a string."""
    content: list[Json] = []
    for index, inner in enumerate(part.parts):
        block = write_shown(inner, f"{path}.parts[{index}]", losses)
        content += [] if block is None else [block]
    result: Json = {"type": "tool_result", "tool_use_id": call_id(part.call_id, f"{path}.call_id", losses)}
    if len(content) == 1 and content[0].keys() == {"type", "text"}:
        result["content"] = content[0]["text"]
    elif content:
        result["content"] = content
    if part.is_error:
        result["is_error"] = True
    return result | write_cache(part.cache, path, losses)


def write_shown(part: Text | Media | Opaque, path: str, losses: Losses) -> Json | None:
    """What users and tools show."""
    match part:
        case Text():
            return write_text(part, path, losses)
        case Media():
            return write_media(part, path, losses)
        case Opaque():
            return write_opaque(part, path, losses)


def write_opaque(part: Opaque, path: str, losses: Losses) -> Json | None:
    """A block of Anthropic's own as it came."""
    if part.origin == NATIVE:
        return part.raw
    losses.drop(path, f"only {part.origin} knows the block {part.kind}")
    return None


def write_media(media: Media, path: str, losses: Losses) -> Json | None:
    """An image or document block."""
    if media.kind not in {"image", "document"}:
        losses.drop(path, f"Anthropic takes no {media.kind}")
        return None
    source = _image_source(media) if media.kind == "image" else _document_source(media)
    if source is None:
        losses.drop(path, f"Anthropic takes no {media.kind} of this kind ({media.media_type or 'no type'})")
        return None
    if media.detail is not None:
        losses.drop(f"{path}.detail", "Anthropic has no level of detail")
    block: Json = {"type": media.kind, "source": source}
    if media.name is not None and media.kind == "document":
        block["title"] = media.name
    elif media.name is not None:
        losses.drop(f"{path}.name", "Anthropic names no images")
    return block | write_cache(media.cache, path, losses)


def _elsewhere(media: Media) -> Json | None:
    """A source that is not inline."""
    if media.file_id is not None:
        return {"type": "file", "file_id": media.file_id} if media.origin == NATIVE else None
    return None if media.url is None else {"type": "url", "url": media.url}


def _image_source(media: Media) -> Json | None:
    if media.data is None:
        return _elsewhere(media)
    kind = _IMAGE_TYPES.get(media.media_type or media_type_of(media.data) or "")
    return None if kind is None else {"type": "base64", "media_type": kind, "data": media.data}


def _document_source(media: Media) -> Json | None:
    if media.data is None:
        return _elsewhere(media)
    kind = (media.media_type or media_type_of(media.data) or "").partition(";")[0]
    if kind.startswith("text/"):
        return {"type": "text", "media_type": "text/plain", "data": text_of(media.data)}
    return {"type": "base64", "media_type": kind, "data": media.data} if kind == "application/pdf" else None
