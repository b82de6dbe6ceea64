"""Encryption by a passphrase: Argon2id makes the key, AES-256-GCM seals piece after piece, each bound to its place.

What is sealed begins with a head: how the key is made, and a label that can be read without the passphrase. The head
is bound into every piece, the nonce counts the pieces, and the last one is marked: nothing can be cut off, moved, put
in or relabelled without notice. All of it blocks: call it in a thread.
"""

import io
import os
import struct
from typing import IO

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from omniroute.kit.errors import Unprocessable
from omniroute.kit.secret import Secret

MAGIC = b"OMNISEAL1\n"
SHORTEST = 8
LONGEST = 1_000
PIECE = 64 * 1024
_TAG = 16
_KEY_BYTES = 32
# Memory in KiB, passes, lanes, salt, nonce, length of the label.
_HEAD = struct.Struct(">IIB16s7sI")
# The second recommendation of RFC 9106, section 4, in one lane.
_MEMORY_KIB, _PASSES, _LANES = 64 * 1024, 3, 1
# A file from elsewhere must not make this machine work for long.
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 256 * 1024, 10, 8
_MOST_LABEL = 1024 * 1024
_LAST = 1


def require_passphrase(passphrase: Secret, field: str = "passphrase") -> Secret:
    """Return a passphrase that is long enough to be one; raise Unprocessable otherwise."""
    if not SHORTEST <= len(passphrase.reveal()) <= LONGEST:
        raise Unprocessable(f"{field} must have {SHORTEST} to {LONGEST} characters", param=field)
    return passphrase


def is_sealed(start: bytes) -> bool:
    """Whether these first bytes begin something that was sealed by a passphrase."""
    return start.startswith(MAGIC)


def seal(source: IO[bytes], target: IO[bytes], passphrase: Secret, label: bytes = b"") -> None:
    """Seal all that `source` has."""
    salt, prefix = os.urandom(16), os.urandom(7)
    head = MAGIC + _HEAD.pack(_MEMORY_KIB, _PASSES, _LANES, salt, prefix, len(label)) + label
    cipher = _cipher(passphrase, salt, _MEMORY_KIB, _PASSES, _LANES)
    target.write(head)
    piece, number = source.read(PIECE), 0
    while True:
        following = source.read(PIECE) if len(piece) == PIECE else b""
        target.write(cipher.encrypt(_nonce(prefix, number, is_last=not following), piece, head))
        if not following:
            return
        piece, number = following, number + 1


def unseal(source: IO[bytes], target: IO[bytes], passphrase: Secret) -> bytes:
    """Open what was sealed and return its label; raise Unprocessable for a wrong passphrase or a damaged file.

    What was written to `target` counts only when this returns.
    """
    head, (memory, passes, lanes, salt, prefix, _), label = _head(source)
    cipher = _cipher(passphrase, salt, memory, passes, lanes)
    piece, number = source.read(PIECE + _TAG), 0
    while True:
        following = source.read(PIECE + _TAG) if len(piece) == PIECE + _TAG else b""
        try:
            target.write(cipher.decrypt(_nonce(prefix, number, is_last=not following), piece, head))
        except (InvalidTag, ValueError) as error:
            raise _unreadable(number) from error
        if not following:
            return label
        piece, number = following, number + 1


def label_of(source: IO[bytes]) -> bytes:
    """Return the label, which needs no passphrase and is not checked without one."""
    return _head(source)[2]


def seal_bytes(data: bytes, passphrase: Secret, label: bytes = b"") -> bytes:
    """Return `data` sealed."""
    target = io.BytesIO()
    seal(io.BytesIO(data), target, passphrase, label)
    return target.getvalue()


def unseal_bytes(data: bytes, passphrase: Secret) -> bytes:
    """Return what was sealed; raise Unprocessable for a wrong passphrase or damaged data."""
    target = io.BytesIO()
    unseal(io.BytesIO(data), target, passphrase)
    return target.getvalue()


def _head(source: IO[bytes]) -> tuple[bytes, tuple[int, int, int, bytes, bytes, int], bytes]:
    packed = source.read(len(MAGIC) + _HEAD.size)
    if not is_sealed(packed) or len(packed) != len(MAGIC) + _HEAD.size:
        raise Unprocessable("this was not encrypted by OmniRoute, or it is damaged", code="damaged_encryption")
    costs = _HEAD.unpack(packed[len(MAGIC) :])
    memory, passes, lanes, _, _, length = costs
    if memory > _MOST_MEMORY_KIB or not 0 < passes <= _MOST_PASSES or not 0 < lanes <= _MOST_LANES:
        raise Unprocessable("its key would take more work than any of ours", code="damaged_encryption")
    label = source.read(length) if length <= _MOST_LABEL else b""
    if len(label) != length or memory < 8 * lanes:
        raise Unprocessable("the beginning of the file is damaged", code="damaged_encryption")
    return packed + label, costs, label


def _cipher(passphrase: Secret, salt: bytes, memory: int, passes: int, lanes: int) -> AESGCM:
    text = passphrase.reveal().encode("utf-8", "surrogatepass")
    return AESGCM(hash_secret_raw(text, salt, passes, memory, lanes, _KEY_BYTES, Type.ID))


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([_LAST if is_last else 0])


def _unreadable(number: int) -> Unprocessable:
    if number == 0:
        return Unprocessable(
            "the passphrase is wrong, or the file is damaged", code="wrong_passphrase", param="passphrase"
        )
    return Unprocessable("the file is damaged: it was cut or changed after its beginning", code="damaged_encryption")
