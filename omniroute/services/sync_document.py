"""What lies at the remote: the shared configuration as JSON, packed, and encrypted end to end by the passphrase."""

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from omniroute.kit.errors import Unprocessable
from omniroute.kit.secret import Secret
from omniroute.storage.encryption import seal_bytes, unseal_bytes
from omniroute.storage.tables import SCHEMA_REVISION

FORMAT = "omniroute-sync-v1"
_MOST_BYTES = 64 * 1024**2


class Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The configuration; `revision` grows by one with every write, `schema` is that of who wrote it."""

    format: str = FORMAT
    schema: str = SCHEMA_REVISION
    revision: int
    version: str
    written_at: str
    objects: dict[str, dict[str, Any]]


def write(document: Document, passphrase: Secret) -> bytes:
    """Return a document as it is stored; this blocks."""
    return seal_bytes(zlib.compress(msgspec.json.encode(document)), passphrase, FORMAT.encode())


def read(data: bytes, passphrase: Secret) -> Document:
    """Read a stored document; raise Unprocessable for a wrong passphrase, a damaged or a newer one. This blocks."""
    packed = unseal_bytes(data, passphrase)
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, _MOST_BYTES)
        found = msgspec.json.decode(text, type=Document)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise Unprocessable(f"what lies at the remote cannot be read: {error}", code="bad_remote") from error
    if found.format != FORMAT or found.schema != SCHEMA_REVISION:
        raise Unprocessable(
            f"what lies at the remote was written by OmniRoute {found.version} with schema {found.schema}, this one "
            f"has {SCHEMA_REVISION}: bring both to the same version",
            code="newer_version",
        )
    return found


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> int:
    """Return how many objects were added, removed or changed."""
    return sum(before.get(name) != after.get(name) for name in {*before, *after})
