"""Content parts of messages and tool outputs, both ways: text, refusals, images, files and sound."""

import mimetypes
from collections.abc import Callable
from typing import Any

from omniroute.formats.hub import CacheMark, Citation, Format, Json, Media, Opaque, Part, Refusal, Text
from omniroute.formats.losses import Losses
from omniroute.formats.media import audio_format, audio_type, data_url, media_type_of, read_data_url, standard_base64
from omniroute.formats.reading import Fields, invalid

ORIGIN = Format.OPENAI_RESPONSES.value
# OpenAI has one file store for both of its formats.
_FILE_STORES = (ORIGIN, Format.OPENAI_CHAT.value)
_ANY_BYTES = "application/octet-stream"


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────


def read_content(owner: Fields, key: str) -> tuple[Part, ...]:
    """Read a message's content or a tool's output: a string, or a list of parts."""
    value = owner.raw(key)
    if isinstance(value, str):
        return (Text(text=value),)
    if isinstance(value, list):
        return tuple(read_part(raw) for raw in owner.children(key))
    raise invalid(owner.at(key), "must be a string or a list of parts")


def read_part(raw: Fields) -> Part:
    """Read one content part; a kind that the hub has no word for stays as it is."""
    kind = raw.need("type")
    reader = _READERS.get(kind)
    if reader is None:
        return Opaque(origin=ORIGIN, kind=kind, raw=raw.all())
    part = reader(raw)
    raw.close()
    return part


def _read_text(raw: Fields) -> Text:
    raw.skip("logprobs")
    citations = tuple(read_citation(note.all()) for note in raw.children("annotations"))
    return Text(text=raw.need("text"), citations=citations, cache=_read_mark(raw))


def read_citation(raw: Json) -> Citation:
    """Read an annotation of an answer's text."""
    return Citation(
        origin=ORIGIN,
        raw=raw,
        url=_kept(raw.get("url"), str),
        title=_kept(raw.get("title"), str),
        start=_kept(raw.get("start_index"), int),
        end=_kept(raw.get("end_index"), int),
    )


def _kept(value: Any, kind: type) -> Any:
    """Return a value of the kind expected, and no other."""
    return value if isinstance(value, kind) else None


def _read_refusal(raw: Fields) -> Refusal:
    return Refusal(text=raw.need("refusal"))


def _read_image(raw: Fields) -> Media:
    url, file_id, detail, cache = raw.text("image_url"), raw.text("file_id"), raw.text("detail"), _read_mark(raw)
    if url:
        media_type, data, plain = _bytes_or_url(url)
        return Media(kind="image", media_type=media_type, data=data, url=plain, detail=detail, cache=cache)
    if file_id:
        return Media(kind="image", file_id=file_id, origin=ORIGIN, detail=detail, cache=cache)
    raise invalid(raw.at("image_url"), "is missing; give a URL, or a `file_id`")


def _read_file(raw: Fields) -> Media:
    name, detail, cache = raw.text("filename"), raw.text("detail"), _read_mark(raw)
    inline, url, file_id = raw.text("file_data"), raw.text("file_url"), raw.text("file_id")
    if not (inline or url or file_id):
        raise invalid(raw.at("file_data"), "is missing; give a data URL, a `file_url` or a `file_id`")
    if inline:
        media_type, data, bare = _bytes_or_url(inline)
        if bare is not None:  # base64 without the head of a data URL, which the API takes too
            data = standard_base64(bare)
            media_type = mimetypes.guess_type(name or "")[0] or media_type_of(data) or _ANY_BYTES
        return Media(kind="document", media_type=media_type, data=data, name=name, detail=detail, cache=cache)
    if url:
        return Media(kind="document", url=url, name=name, detail=detail, cache=cache)
    return Media(kind="document", file_id=file_id, origin=ORIGIN, name=name, detail=detail, cache=cache)


def _bytes_or_url(url: str) -> tuple[str | None, str | None, str | None]:
    """Read a URL as (media type, base64, None), or as (None, None, url) when it holds no bytes."""
    inline = read_data_url(url)
    return (None, None, url) if inline is None else (inline[0] or _ANY_BYTES, inline[1], None)


def _read_audio(raw: Fields) -> Media:
    sound = raw.child("input_audio")
    if sound is None:
        raise invalid(raw.at("input_audio"), "is missing; give an object with `data` and `format`")
    media = Media(kind="audio", media_type=audio_type(sound.need("format")), data=standard_base64(sound.need("data")))
    sound.close()
    return media


def _read_mark(raw: Fields) -> CacheMark | None:
    mark = raw.child("prompt_cache_breakpoint")
    return None if mark is None else CacheMark(ttl=mark.text("ttl"))


_READERS: dict[str, Callable[[Fields], Part]] = {
    "input_text": _read_text,
    "output_text": _read_text,
    "text": _read_text,
    "refusal": _read_refusal,
    "input_image": _read_image,
    "input_file": _read_file,
    "input_audio": _read_audio,
}


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def is_content(part: Opaque) -> bool:
    """Tell a content part from an item of its own, by its name."""
    return part.kind.startswith(("input_", "output_")) or part.kind == "computer_screenshot"


def write_part(part: Part, where: str, losses: Losses, *, spoken: bool, own: bool) -> Json | None:
    """Write one content part, or note why it cannot be. `spoken`: by the assistant. `own`: the client's format too."""
    if isinstance(part, Text):
        return _write_text(part, where, losses, spoken=spoken, own=own)
    if isinstance(part, Refusal):
        return _write_refusal(part, where, losses, spoken=spoken)
    if isinstance(part, Opaque):
        return write_opaque(part, where, losses)
    if isinstance(part, Media) and not spoken:
        return _write_media(part, where, losses, own=own)
    losses.drop(where, f"{type(part).__name__} cannot stand in a message of this role")
    return None


def write_opaque(part: Opaque, where: str, losses: Losses) -> Json | None:
    """Write a block of this format's own as it is, and no other."""
    if part.origin == ORIGIN:
        return part.raw
    losses.drop(where, f"a {part.kind} block of {part.origin} has no place here")
    return None


def _write_refusal(part: Refusal, where: str, losses: Losses, *, spoken: bool) -> Json:
    if spoken:
        return {"type": "refusal", "refusal": part.text}
    losses.change(where, "only the assistant refuses; said as text")
    return {"type": "input_text", "text": part.text}


def _write_text(part: Text, where: str, losses: Losses, *, spoken: bool, own: bool) -> Json:
    if part.state is not None:
        losses.drop(f"{where}.state", f"private state of {part.state.origin}")
    if not spoken:
        if part.citations:
            losses.drop(f"{where}.citations", "only the assistant's text has annotations")
        return _marked({"type": "input_text", "text": part.text}, part.cache, where, losses, own=own)
    annotations = [citation.raw for citation in part.citations if citation.origin == ORIGIN]
    if len(annotations) < len(part.citations):
        losses.drop(f"{where}.citations", "citations of another format")
    if part.cache is not None:
        losses.drop(f"{where}.cache", "the assistant's text has no cache breakpoint")
    return {"type": "output_text", "text": part.text, "annotations": annotations}


def _marked(raw: Json, cache: CacheMark | None, where: str, losses: Losses, *, own: bool) -> Json:
    """Add a cache breakpoint: only a client that speaks this format can know that the model takes one."""
    if cache is None:
        return raw
    if not own:
        losses.drop(f"{where}.cache", "most models refuse breakpoints; prefixes are cached without them")
        return raw
    ttl = {} if cache.ttl is None else {"ttl": cache.ttl}
    return {**raw, "prompt_cache_breakpoint": {"mode": "explicit", **ttl}}


def _write_media(part: Media, where: str, losses: Losses, *, own: bool) -> Json | None:
    if part.file_id is not None and part.origin not in (None, *_FILE_STORES):
        losses.drop(where, f"a file in the store of {part.origin}")
        return None
    raw = _WRITERS[part.kind](part, where, losses)
    return None if raw is None else _marked(raw, part.cache, where, losses, own=own)


def _write_image(part: Media, where: str, losses: Losses) -> Json | None:
    source = _source(part, "image_url", "image_url")
    if source is None:
        losses.drop(where, "an image without data, URL or file id")
        return None
    if part.name is not None:
        losses.drop(f"{where}.name", "images have no name here")
    return {"type": "input_image", **source, **({} if part.detail is None else {"detail": part.detail})}


def _write_file(part: Media, where: str, losses: Losses) -> Json | None:
    source = _source(part, "file_data", "file_url")
    if source is None:
        losses.drop(where, "a document without data, URL or file id")
        return None
    name = part.name
    if name is None and part.data is not None:
        name = "document" + (mimetypes.guess_extension(part.media_type or "") or "")
        losses.change(f"{where}.name", f"inline files must have a name: {name!r}")
    named = {} if name is None else {"filename": name}
    return {"type": "input_file", **named, **source, **({} if part.detail is None else {"detail": part.detail})}


def _source(part: Media, data_key: str, url_key: str) -> Json | None:
    """Say where the bytes are."""
    if part.data is not None:
        return {data_key: data_url(part.media_type or media_type_of(part.data) or _ANY_BYTES, part.data)}
    if part.url is not None:
        return {url_key: part.url}
    return None if part.file_id is None else {"file_id": part.file_id}


def _write_audio(part: Media, where: str, losses: Losses) -> Json | None:
    spelled = audio_format(part.media_type)
    if part.data is None or spelled is None:
        losses.drop(where, "sound must be inline WAV or MP3")
        return None
    return {"type": "input_audio", "input_audio": {"data": part.data, "format": spelled}}


def _write_video(_part: Media, where: str, losses: Losses) -> Json | None:
    losses.drop(where, "the format has no video")
    return None


_WRITERS: dict[str, Callable[[Media, str, Losses], Json | None]] = {
    "image": _write_image,
    "document": _write_file,
    "audio": _write_audio,
    "video": _write_video,
}
