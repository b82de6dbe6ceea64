"""What kind of sound some bytes are, told by the bytes themselves, and how long it lasts."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from omniroute.formats.exchange import Content

HEAD = 4096
_MS = 1000
# Speech at its leanest, for what is set aside before a call: 16 kbit/s; and as it is usual, 64 kbit/s.
_LEAST_BYTES_S = 2000
_USUAL_BYTES_S = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A kind of sound: its media type and the ending of a file's name."""

    media_type: str
    ending: str


WAV = Sound(media_type="audio/wav", ending="wav")
MP3 = Sound(media_type="audio/mpeg", ending="mp3")
M4A = Sound(media_type="audio/mp4", ending="m4a")
FLAC = Sound(media_type="audio/flac", ending="flac")
OGG = Sound(media_type="audio/ogg", ending="ogg")
WEBM = Sound(media_type="audio/webm", ending="webm")
KNOWN = "mp3, wav, m4a, flac, ogg, webm"

_LAYER_RESERVED = 0


def sound_of(head: bytes) -> Sound | None:
    """Return the kind of sound that begins so, None for what is none of those that are known."""
    return next((sound for is_it, sound in _SIGNS if is_it(head)), None)


def _is_mp3(head: bytes) -> bool:
    if head.startswith(b"ID3"):
        return True
    # A frame's first eleven bits are set; a reserved layer, bit rate or sample rate is no frame.
    return (
        len(head) > 2  # noqa: PLR2004 - what is looked at
        and head[0] == 0xFF  # noqa: PLR2004
        and head[1] & 0xE0 == 0xE0  # noqa: PLR2004
        and head[1] & 0x06 != _LAYER_RESERVED
        and head[2] & 0xF0 != 0xF0  # noqa: PLR2004
        and head[2] & 0x0C != 0x0C  # noqa: PLR2004
    )


_SIGNS: tuple[tuple[Callable[[bytes], bool], Sound], ...] = (
    (lambda head: head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE", WAV),
    (lambda head: head.startswith(b"fLaC"), FLAC),
    (lambda head: head.startswith(b"OggS"), OGG),
    (lambda head: head.startswith(b"\x1aE\xdf\xa3"), WEBM),
    (lambda head: head[4:8] == b"ftyp", M4A),
    (_is_mp3, MP3),
)


def most_ms(sound: Sound, content: Content) -> int:
    """Return how long a sound lasts at most, in milliseconds."""
    return _told_ms(sound, content) or -(-content.size * _MS // _LEAST_BYTES_S)


def likely_ms(sound: Sound, content: Content) -> int:
    """Return about how long a sound lasts, in milliseconds."""
    return _told_ms(sound, content) or -(-content.size * _MS // _USUAL_BYTES_S)


def _told_ms(sound: Sound, content: Content) -> int | None:
    """Return what the head says of the length, None where it does not."""
    head = content.head(HEAD)
    if sound is WAV:
        return _wav_ms(head, content.size)
    return _flac_ms(head) if sound is FLAC else None


def _wav_ms(head: bytes, size: int) -> int | None:
    place = head.find(b"fmt ")
    if place < 0 or len(head) < place + 20:
        return None
    (bytes_a_second,) = struct.unpack_from("<I", head, place + 16)
    data = head.find(b"data", place)
    begins = data + 8 if data >= 0 else place + 24
    return max(size - begins, 0) * _MS // bytes_a_second if bytes_a_second else None


def _flac_ms(head: bytes) -> int | None:
    """The STREAMINFO block is the first one: 20 bits of sample rate, and 36 bits of how many samples (RFC 9639)."""
    if len(head) < 26:  # noqa: PLR2004 - as far as the count goes
        return None
    packed = int.from_bytes(head[18:26], "big")
    rate, samples = packed >> 44, packed & ((1 << 36) - 1)
    return samples * _MS // rate if rate and samples else None
