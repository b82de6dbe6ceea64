"""Sessions of signed-in operators, kept in memory for as long as a minute so that a busy dashboard spares the database.

What another process revoked is therefore refused here within that minute; what this one revoked, at once.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from omniroute.kit.clock import Clock
from omniroute.kit.secret import Secret
from omniroute.storage.logins import Logins
from omniroute.storage.rows import LoginRow

_LIFE_MS = 30 * 24 * 3600 * 1000
_TRUSTED_S = 60.0
_MOST_CACHED = 1_000
_LONGEST_TOKEN = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who is signed in: one session of the one operator; times in milliseconds."""

    digest: bytes = field(repr=False)
    address: str
    signed_in_at: int
    expires_at: int


class Sessions:
    """Opens, finds and closes sessions."""

    def __init__(self, *, logins: Logins, clock: Clock) -> None:
        self._logins = logins
        self._clock = clock
        self._cache: OrderedDict[bytes, tuple[Operator, float]] = OrderedDict()
        # Counts revocations, so that a read which one overtook is not put into the cache.
        self._revoked = 0

    async def open(self, token: Secret, address: str, user_agent: str) -> Operator:
        """Store a new session."""
        now = self._clock.now_ms()
        row = LoginRow(
            digest=_digest(token),
            created_at=now,
            expires_at=now + _LIFE_MS,
            address=address,
            user_agent=user_agent,
        )
        await self._logins.add(row)
        return _operator(row)

    async def find(self, token: Secret) -> Operator | None:
        """Return the session of `token`, or None."""
        if not 0 < len(token.reveal()) <= _LONGEST_TOKEN:
            return None
        digest = _digest(token)
        operator = self._remembered(digest) or await self._stored(digest)
        return operator if operator is not None and operator.expires_at > self._clock.now_ms() else None

    async def expire(self) -> int:
        """Remove the sessions that are over; return how many there were."""
        return await self._logins.delete_expired(self._clock.now_ms())

    async def close(self, token: Secret) -> None:
        """End one session; one that is not there is ended already."""
        digest = _digest(token)
        await self._logins.delete(digest)
        self._revoked += 1
        self._cache.pop(digest, None)

    async def close_others(self, keep: Operator | None) -> None:
        """End every session but `keep`."""
        kept = await self._logins.find(keep.digest) if keep is not None else None
        await self._logins.delete_all()
        self._revoked += 1
        self._cache.clear()
        if kept is not None:
            await self._logins.add(kept)

    def _remembered(self, digest: bytes) -> Operator | None:
        found = self._cache.get(digest)
        if found is None:
            return None
        operator, read_at = found
        if self._clock.monotonic() - read_at > _TRUSTED_S:
            del self._cache[digest]
            return None
        return operator

    async def _stored(self, digest: bytes) -> Operator | None:
        read_at, revoked = self._clock.monotonic(), self._revoked
        row = await self._logins.find(digest)
        if row is None:
            return None
        operator = _operator(row)
        if revoked == self._revoked:
            self._cache[digest] = (operator, read_at)
        if len(self._cache) > _MOST_CACHED:
            self._cache.popitem(last=False)
        return operator


def _operator(row: LoginRow) -> Operator:
    return Operator(digest=row.digest, address=row.address, signed_in_at=row.created_at, expires_at=row.expires_at)


def _digest(token: Secret) -> bytes:
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogatepass")).digest()
