"""Inline media: data: URLs, base64 in its two alphabets, and what kind of file a base64 text begins.

Google's Python SDK sends image bytes in URL-safe base64; every other vendor wants the standard alphabet.
"""

import base64
import binascii
from urllib.parse import unquote_to_bytes

# The first base64 characters of well-known files.
_BEGINNINGS = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi0": "application/pdf",
}

# OpenAI names sounds by format, everyone else by MIME type.
_AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
_AUDIO_FORMATS = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}


def standard_base64(data: str) -> str:
    """Return base64 in the standard alphabet with its padding, without white space."""
    if any(character.isspace() for character in data):
        data = "".join(data.split())
    data = data.replace("-", "+").replace("_", "/").rstrip("=")
    return data + "=" * (-len(data) % 4)


def media_type_of(data: str) -> str | None:
    """Guess a file's MIME type from the beginning of its base64."""
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), None)


def read_data_url(url: str) -> tuple[str | None, str] | None:
    """Take a data: URL apart into MIME type and standard base64; None for any other URL."""
    if url[:5].lower() != "data:":
        return None
    head, comma, body = url[5:].partition(",")
    if not comma:
        return None
    media_type, *parameters = head.split(";")
    if "base64" in (parameter.strip().lower() for parameter in parameters):
        data = standard_base64(body.replace("%2B", "+").replace("%2F", "/").replace("%3D", "="))
    else:
        data = base64.b64encode(unquote_to_bytes(body)).decode()
    return media_type.strip().lower() or media_type_of(data), data


def data_url(media_type: str, data: str) -> str:
    """Spell inline media as a data: URL."""
    return f"data:{media_type};base64,{data}"


def text_of(data: str) -> str:
    """The text of a base64 document; bytes that are no UTF-8 show as replacement characters."""
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def base64_of(text: str) -> str:
    """The base64 of a text; lone surrogates are replaced."""
    return base64.b64encode(text.encode("utf-8", "replace")).decode()


def audio_type(name: str) -> str:
    """The MIME type of a sound that OpenAI calls `name`."""
    return _AUDIO_TYPES.get(name, f"audio/{name}")


def audio_format(media_type: str | None) -> str | None:
    """OpenAI's name for a sound of this MIME type, None when it takes no such sound."""
    return _AUDIO_FORMATS.get((media_type or "").partition(";")[0].strip().lower())
