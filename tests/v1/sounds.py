"""Beginnings of sounds of every kind, as their makers write them."""

import struct


def wav(seconds: float, rate: int = 8000) -> bytes:
    """A silent WAV file of 16 bits and one channel."""
    data = bytes(int(seconds * rate) * 2)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16,
                       b"data", len(data))  # fmt: skip
    return head + data


def flac(seconds: float, rate: int = 16000) -> bytes:
    """A FLAC file's head, and nothing of worth behind it."""
    packed = (rate << 44) | (0 << 41) | (15 << 36) | int(seconds * rate)
    info = bytes(10) + packed.to_bytes(8, "big") + bytes(16)
    return b"fLaC" + b"\x80\x00\x00\x22" + info + bytes(64)


SOUNDS = {
    "mp3": b"ID3\x04\x00" + bytes(200),
    "bare mp3": b"\xff\xfb\x90\x64" + bytes(200),
    "wav": wav(0.1),
    "m4a": b"\x00\x00\x00\x20ftypM4A " + bytes(200),
    "flac": flac(1),
    "ogg": b"OggS\x00\x02" + bytes(200),
    "webm": b"\x1aE\xdf\xa3" + bytes(200),
}
MEDIA = {
    "mp3": "audio/mpeg",
    "bare mp3": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "webm": "audio/webm",
}
