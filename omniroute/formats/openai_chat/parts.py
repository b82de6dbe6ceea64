"""Content parts of chat messages, in and out."""

from collections.abc import Callable

from omniroute.formats.hub import CacheMark, Format, Json, Media, Opaque, Part, Refusal, Text, Thinking
from omniroute.formats.losses import Losses
from omniroute.formats.media import (
    audio_format,
    audio_type,
    data_url,
    media_type_of,
    read_data_url,
    standard_base64,
    text_of,
)
from omniroute.formats.reading import Fields, invalid

NATIVE = Format.OPENAI_CHAT.value

# Chat and Responses share one file store.
_FILE_STORES = (NATIVE, Format.OPENAI_RESPONSES.value)


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_content(message: Fields) -> tuple[Part, ...]:
    """A message's content: a string, a list of parts, or null."""
    content = message.raw("content")
    if content is None or content == "":
        return ()
    if isinstance(content, str):
        return (Text(text=content),)
    if not isinstance(content, list):
        raise invalid(message.at("content"), "must be a string or a list of content parts")
    return tuple(read_part(part) for part in message.children("content"))


def read_part(part: Fields) -> Part:
    """One content part; a type that the gateway does not know stays as it is."""
    kind = part.need("type")
    read = _READERS.get(kind)
    if read is None:
        return Opaque(origin=NATIVE, kind=kind, raw=part.all())
    found = read(part)
    part.close()
    return found


def read_cache(part: Fields) -> CacheMark | None:
    """Anthropic's cache_control, which OpenAI-compatible routers take on parts too, or OpenAI's own breakpoint."""
    mark = part.child("cache_control") or part.child("prompt_cache_breakpoint")
    return None if mark is None else CacheMark(ttl=mark.text("ttl"))


def _read_text(part: Fields) -> Part:
    return Text(text=part.need("text"), cache=read_cache(part))


def _read_refusal(part: Fields) -> Part:
    return Refusal(text=part.need("refusal"))


def _read_thinking(part: Fields) -> Part:
    """Mistral's thinking part: a list of text parts, or the text."""
    inner = part.raw("thinking")
    if isinstance(inner, str):
        return Thinking(text=inner)
    return Thinking(text="".join(item.text("text") or "" for item in part.children("thinking")))


def _read_image(part: Fields) -> Part:
    return read_image(part.raw("image_url"), part.at("image_url"), cache=read_cache(part))


def read_image(value: object, path: str, cache: CacheMark | None = None) -> Media:
    """An image by URL; some clients give the URL itself in place of {url}."""
    image = Fields({"url": value} if isinstance(value, str) else value, path)
    url = image.need("url")
    inline = read_data_url(url)
    if inline is None:
        return Media(kind="image", url=url, detail=image.text("detail"), cache=cache)
    return Media(kind="image", media_type=inline[0], data=inline[1], detail=image.text("detail"), cache=cache)


def _read_audio(part: Fields) -> Part:
    sound = _child(part, "input_audio")
    data = standard_base64(sound.need("data"))
    return Media(kind="audio", media_type=audio_type(sound.need("format")), data=data, cache=read_cache(part))


def _read_file(part: Fields) -> Part:
    file = _child(part, "file")
    name, file_id, data = file.text("filename"), file.text("file_id"), file.text("file_data")
    cache = read_cache(part)
    if file_id is not None:
        return Media(kind="document", file_id=file_id, origin=NATIVE, name=name, cache=cache)
    if data is None:
        raise invalid(file.path, "needs file_data or file_id")
    if data.startswith(("http://", "https://")):  # OpenRouter takes URLs here
        return Media(kind="document", url=data, name=name, cache=cache)
    media_type, plain = read_data_url(data) or (None, standard_base64(data))
    media_type = media_type or media_type_of(plain) or "application/pdf"
    return Media(kind="document", media_type=media_type, data=plain, name=name, cache=cache)


def _read_video_url(part: Fields) -> Part:
    url = _child(part, "video_url").need("url")
    inline = read_data_url(url)
    if inline is None:
        return Media(kind="video", url=url, cache=read_cache(part))
    return Media(kind="video", media_type=inline[0], data=inline[1], cache=read_cache(part))


def _read_audio_url(part: Fields) -> Part:
    url = _child(part, "audio_url").need("url")
    inline = read_data_url(url)
    if inline is None:
        return Media(kind="audio", url=url, cache=read_cache(part))
    return Media(kind="audio", media_type=inline[0], data=inline[1], cache=read_cache(part))


def _child(part: Fields, key: str) -> Fields:
    child = part.child(key)
    if child is None:
        raise invalid(part.at(key), "is missing; give an object")
    return child


_READERS: dict[str, Callable[[Fields], Part]] = {
    "text": _read_text,
    "refusal": _read_refusal,
    "thinking": _read_thinking,
    "image_url": _read_image,
    "input_audio": _read_audio,
    "file": _read_file,
    "video_url": _read_video_url,  # vLLM, Qwen and OpenRouter
    "audio_url": _read_audio_url,  # vLLM
}


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_text(part: Text, path: str, losses: Losses) -> Json:
    """A text part."""
    drop_cache(part.cache, path, losses)
    return {"type": "text", "text": part.text}


def drop_cache(cache: CacheMark | None, path: str, losses: Losses) -> None:
    """Report a cache mark: compatible upstreams refuse a field for it, and OpenAI caches by itself."""
    if cache is not None:
        losses.drop(f"{path}.cache", "OpenAI chat has no place for cache marks; its upstreams cache by themselves")


def write_media(media: Media, path: str, losses: Losses) -> Json | None:
    """A media part for a user's message, None (and a loss) when chat has no such part."""
    drop_cache(media.cache, path, losses)
    match media.kind:
        case "image":
            return _write_image(media, path, losses)
        case "audio":
            return _write_audio(media, path, losses)
        case "document":
            return _write_file(media, path, losses)
        case "video":
            losses.drop(path, "OpenAI chat takes no video")
            return None


def image_url(media: Media) -> str | None:
    """An image's URL, inline data as a data: URL."""
    if media.data is not None:
        return data_url(media.media_type or media_type_of(media.data) or "image/png", media.data)
    return media.url


def _write_image(media: Media, path: str, losses: Losses) -> Json | None:
    url = image_url(media)
    if url is None:
        losses.drop(path, "OpenAI chat takes images inline or by URL, not from a file store")
        return None
    if media.name is not None:
        losses.drop(f"{path}.name", "OpenAI chat names no images")
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": media.detail} if media.detail else {})}


def _write_audio(media: Media, path: str, losses: Losses) -> Json | None:
    kind = audio_format(media.media_type)
    if media.data is None or kind is None:
        losses.drop(path, "OpenAI chat takes sound only as inline wav or mp3")
        return None
    return {"type": "input_audio", "input_audio": {"data": media.data, "format": kind}}


def _write_file(media: Media, path: str, losses: Losses) -> Json | None:
    named = {"filename": media.name} if media.name else {}
    if media.file_id is not None and media.origin in _FILE_STORES:
        return {"type": "file", "file": {"file_id": media.file_id, **named}}
    if media.data is None:
        losses.drop(path, "OpenAI chat takes documents inline or from OpenAI's file store, not by URL")
        return None
    media_type = media.media_type or "application/pdf"
    if media_type.startswith("text/"):
        losses.change(path, "a text document is said as plain text: OpenAI chat reads PDF files only")
        return {"type": "text", "text": text_of(media.data)}
    # OpenAI refuses file_data without a name.
    named = named or {"filename": "document.pdf"}
    return {"type": "file", "file": {**named, "file_data": data_url(media_type, media.data)}}
