"""Answers that come compressed although they were asked for plain: unpacked as they come, a bounded piece at a time.

What the upstream flushed is given out at once, so a compressed stream is no slower than a plain one. A small input
that unpacks to a huge output costs no more memory than a step.
"""

import zlib
from collections.abc import Mapping

STEP_BYTES = 256 * 1024
_DEFLATED = 8  # zlib's Z_DEFLATED, the low half of a zlib stream's first byte (RFC 1950)
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_SPELLINGS: Mapping[str, str] = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


class Broken(Exception):
    """The compressed bytes make no sense."""


class Unpacker:
    """Takes compressed bytes, gives plain ones. `coding` is gzip or deflate."""

    __slots__ = ("_coding", "_full", "_inner", "_over", "_packed")

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._inner: zlib._Decompress | None = None
        self._packed = b""
        self._full = False  # the last step was cut off, so there may be more without further input
        self._over = False  # what comes after the end is of no interest

    @property
    def is_whole(self) -> bool:
        """Whether the input may end here."""
        return self._inner is None or self._inner.eof

    def feed(self, data: bytes) -> None:
        """Take compressed bytes."""
        if not self._over:
            self._packed += data

    def take(self) -> bytes:
        """Return the next plain bytes, at most STEP_BYTES; b"" when more input is needed."""
        while self._packed or self._full:
            inner = self._current()
            if inner is None:
                return b""
            try:
                plain = inner.decompress(self._packed, STEP_BYTES)
            except zlib.error as error:
                raise Broken(str(error)) from error
            self._full = len(plain) == STEP_BYTES and not inner.eof
            self._packed = inner.unused_data if inner.eof else inner.unconsumed_tail
            if plain:
                return plain
        return b""

    def _current(self) -> "zlib._Decompress | None":
        """Return what the next bytes go to; None where they are not enough to tell, or of no interest."""
        if self._inner is not None and not self._inner.eof:
            return self._inner
        if self._inner is None:
            self._inner = zlib.decompressobj(self._window())
            return self._inner
        # RFC 1952: a gzip file may have several members, one after the other.
        if self._coding == "gzip" and self._packed.startswith(_GZIP_MAGIC):
            self._inner = zlib.decompressobj(_GZIP)
            return self._inner
        if self._coding != "gzip" or self._packed != _GZIP_MAGIC[:1]:
            self._packed, self._over = b"", True
        return None

    def _window(self) -> int:
        if self._coding == "gzip":
            return _GZIP
        # Some servers send "deflate" without the zlib wrapper that RFC 9110 wants.
        return zlib.MAX_WBITS if self._packed[0] & 0x0F == _DEFLATED else -zlib.MAX_WBITS


def unpacker(header: str) -> Unpacker | None:
    """Return what unpacks an answer with this Content-Encoding, None for a plain one; raise Broken if nothing does."""
    coding = header.strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding not in _SPELLINGS:
        raise Broken(f"the answer is encoded as {coding[:40]!r}, which was not asked for")
    return Unpacker(_SPELLINGS[coding])
