"""A picture's width and height, read from the head of its file: PNG, GIF, JPEG and WebP."""

import base64
import binascii

_HEAD = 349_528  # characters of base64: 256 KiB, as a JPEG may hold a preview before its size
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def size_of(data: str) -> tuple[int, int] | None:
    """Return width and height of a base64 picture, None when its kind is unknown or its head is broken."""
    try:
        head = base64.b64decode(data[:_HEAD])
    except (binascii.Error, ValueError):
        return None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _pair(head[16:20], head[20:24], "big")
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _pair(head[6:8], head[8:10], "little")
    if head.startswith(b"\xff\xd8"):
        return _jpeg(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    return None


def _pair(width: bytes, height: bytes, order: str) -> tuple[int, int] | None:
    if order == "big":
        pair = int.from_bytes(width, "big"), int.from_bytes(height, "big")
    else:
        pair = int.from_bytes(width, "little"), int.from_bytes(height, "little")
    return pair if all(pair) else None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Walk the segments up to the one that begins the frame."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:  # noqa: PLR2004 - what every segment begins with
        if head[at + 1] in _FRAME_MARKERS:
            return _pair(head[at + 7 : at + 9], head[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    match head[12:16]:
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
            return (width & 0x3FFF, height & 0x3FFF) if width and height else None
        case _:
            return None
