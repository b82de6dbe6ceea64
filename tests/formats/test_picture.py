"""A picture's size, read from real files and from broken ones."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.picture import size_of


def spelled(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0"


def jpeg(width: int, height: int, preview: int = 0) -> bytes:
    before = b"\xff\xe0\x00\x10JFIF\0" + bytes(9)
    if preview:
        before += b"\xff\xe1" + struct.pack(">H", preview + 2) + bytes(preview)
    tables = b"\xff\xc4\x00\x04\x00\x00"  # looks like the beginning of a frame, and is none
    return b"\xff\xd8" + before + tables + b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(12)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + bytes(4) + b"WEBP" + kind + bytes(4) + body


FILES = {
    "png": png(800, 600),
    "gif": b"GIF89a" + struct.pack("<HH", 800, 600) + bytes(8),
    "jpeg": jpeg(800, 600),
    "jpeg with a preview": jpeg(800, 600, 60_000),
    "webp": webp(b"VP8X", bytes(4) + (799).to_bytes(3, "little") + (599).to_bytes(3, "little")),
    "webp without losses": webp(b"VP8L", b"\x2f" + (799 | 599 << 14).to_bytes(4, "little")),
    "webp with losses": webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 800, 600)),
}


@pytest.mark.parametrize("name", FILES)
def test_the_size_is_read(name: str) -> None:
    assert size_of(spelled(FILES[name])) == (800, 600)


@pytest.mark.parametrize("name", FILES)
@given(cut=st.integers(0, 40))
def test_a_file_that_was_cut_has_no_size_or_its_own(name: str, cut: int) -> None:
    found = size_of(spelled(FILES[name][:cut]))
    assert found is None or all(side >= 1 for side in found)


@given(st.text() | st.binary().map(spelled))
def test_anything_else_has_none(text: str) -> None:
    assert size_of(text) is None
