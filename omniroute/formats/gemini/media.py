"""Inline data and files in Google's spelling, both ways."""

from typing import Literal

from omniroute.formats.hub import Format, Json, Media
from omniroute.formats.loose import text_in
from omniroute.formats.losses import Losses
from omniroute.formats.media import media_type_of, standard_base64

Kind = Literal["image", "audio", "video", "document"]

_HOME = Format.GEMINI.value
# URIs that only a Google key opens: the Files API and Cloud Storage.
_GOOGLE_FILES = ("https://generativelanguage.googleapis.com/", "gs://", "files/")
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


def read_blob(blob: Json) -> Media | None:
    """Read an inlineData object; None when it holds no data."""
    data = standard_base64(text_in(blob, "data") or "")
    if not data:
        return None
    media_type = text_in(blob, "mimeType") or media_type_of(data) or "application/octet-stream"
    return Media(kind=kind_of(media_type), media_type=media_type, data=data, name=text_in(blob, "displayName"))


def read_file(file: Json) -> Media | None:
    """Read a fileData object; None when it names no file."""
    uri = text_in(file, "fileUri")
    if not uri:
        return None
    media_type = text_in(file, "mimeType") or None
    kind = kind_of(media_type or type_of_url(uri) or ("video/*" if "youtu" in uri else ""))
    name = text_in(file, "displayName")
    if uri.startswith(_GOOGLE_FILES):
        return Media(kind=kind, media_type=media_type, file_id=uri, origin=_HOME, name=name)
    return Media(kind=kind, media_type=media_type, url=uri, name=name)


def drop_labels(media: Media, path: str, losses: Losses) -> None:
    """Tell what stands beside a file and has no field."""
    if media.name is not None:
        losses.drop(f"{path}.name", "the Gemini API takes no file names")
    if media.detail not in {None, "auto"}:
        losses.drop(f"{path}.detail", "Gemini chooses the detail of an image itself")
    elif media.detail is not None:
        losses.change(f"{path}.detail", "Gemini chooses the detail of an image itself")
    if media.cache is not None:
        losses.drop(f"{path}.cache", "Gemini has no cache marks")


def write_media(media: Media) -> Json | None:
    """Write inline data or a file; None for another vendor's file."""
    if media.data is not None:
        known = media.media_type or media_type_of(media.data) or "application/octet-stream"
        return {"inlineData": {"mimeType": known, "data": media.data}}
    uri = media.url or (media.file_id if media.origin == _HOME else None)
    if uri is None:
        return None
    media_type = media.media_type or type_of_url(uri)
    return {"fileData": {"fileUri": uri, **({"mimeType": media_type} if media_type else {})}}


def kind_of(media_type: str) -> Kind:
    """What a MIME type is of; whatever is not seen or heard is a document."""
    match media_type.partition("/")[0].lower():
        case "image":
            return "image"
        case "audio":
            return "audio"
        case "video":
            return "video"
        case _:
            return "document"


def type_of_url(url: str) -> str | None:
    """The MIME type that a URL's ending tells."""
    path = url.partition("?")[0].partition("#")[0]
    return _TYPES.get(path.rpartition(".")[2].lower())
