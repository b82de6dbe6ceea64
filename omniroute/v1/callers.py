"""Who calls: the API key, wherever the formats put it, looked up by its keyed hash in memory."""

import hashlib
import hmac
from urllib.parse import parse_qs

from omniroute.gateway.access import check_address
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit.errors import Forbidden, Unauthenticated
from omniroute.storage.rows import KeyRow

_BEARER = b"bearer "
INFERENCE = "inference"


def presented(headers: dict[bytes, bytes], query: bytes) -> bytes | None:
    """Return the key that a request shows: Bearer, x-api-key, x-goog-api-key or ?key=."""
    value = headers.get(b"authorization")
    if value is not None and value[:7].lower() == _BEARER:
        return value[7:].strip()
    value = headers.get(b"x-api-key") or headers.get(b"x-goog-api-key")
    if value is not None:
        return value.strip()
    if b"key=" in query:
        found = parse_qs(query.decode("latin-1")).get("key")
        return found[0].encode("latin-1", "replace") if found else None
    return None


def identify(
    snapshot: Snapshot, headers: dict[bytes, bytes], query: bytes, now_ms: int, address: str | None
) -> KeyRow | None:
    """Return the caller's key, None for an anonymous caller where that is allowed; raise when it is not."""
    shown = presented(headers, query)
    if not shown:
        if snapshot.asks_for_key:
            raise Unauthenticated(
                "No API key was given: send it as 'Authorization: Bearer <key>', x-api-key or x-goog-api-key. "
                "'omniroute admin create-key' makes one.",
                code="invalid_api_key",
            )
        return None
    digest = _digest(snapshot, shown)
    key = snapshot.keys.get(digest)
    if key is None or not _is_good(key, digest, now_ms):
        if snapshot.asks_for_key:
            raise Unauthenticated("The API key is not valid.", code="invalid_api_key")
        return None
    if INFERENCE not in key.scopes:
        raise Forbidden("This key lacks the scope 'inference'.", code="insufficient_scope")
    check_address(snapshot.terms.of(key), address)
    return key


def _digest(snapshot: Snapshot, shown: bytes) -> bytes:
    """Return the digest that a key is stored by, found by a quicker one where the key was seen before.

    Both are keyed, so finding one in a dictionary tells a guesser nothing about any other key.
    """
    mark = hashlib.blake2b(shown, key=snapshot.pepper[:64], digest_size=32).digest()
    known = snapshot.marks.get(mark)
    if known is None:
        known = hmac.digest(snapshot.pepper, shown, "sha256")
        if known in snapshot.keys:
            snapshot.marks[mark] = known
    return known


def _is_good(key: KeyRow, digest: bytes, now_ms: int) -> bool:
    """Whether a key may be used now; by the text before its last rotation only for a while."""
    if not key.is_active or (key.expires_at is not None and key.expires_at <= now_ms):
        return False
    return digest == key.digest or (key.previous_until is not None and now_ms < key.previous_until)
