"""The gateway's own keys, which AI clients and scripts present. A key is shown once; its keyed hash is what is kept."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.ids import new_id
from omniroute.kit.secret import Secret
from omniroute.services.changes import Changed, kept
from omniroute.services.moments import milliseconds, moment, moment_or_none
from omniroute.services.rules import fault, line
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.rows import KeyRow

LONGEST_NAME = 200
PREFIX = "sk-omni-"
_RANDOM_BYTES = 32
_SHOWN = 4


class Scope(StrEnum):
    """What a key may do: call models, or manage the gateway."""

    INFERENCE = "inference"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as it is shown: `key` is masked."""

    id: str
    name: str
    key: str
    scopes: tuple[Scope, ...]
    is_active: bool
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made: the only time that its text is known."""

    secret: Secret
    record: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """What to make a key of."""

    name: str
    scopes: frozenset[Scope] = frozenset({Scope.INFERENCE})
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """What to change of a key."""

    name: str | MISSING = MISSING
    scopes: frozenset[Scope] | MISSING = MISSING
    is_active: bool | MISSING = MISSING
    expires_at: datetime | MISSING | None = MISSING


def digest(pepper: bytes, key: Secret) -> bytes:
    """Return the keyed hash by which a key is stored and found."""
    return hmac.digest(pepper, key.reveal().encode("utf-8", "surrogatepass"), hashlib.sha256)


class Keys:
    """Makes, lists, changes and finds keys."""

    def __init__(self, *, rows: KeyRows, pepper: bytes, clock: Clock, changed: Changed) -> None:
        self._rows = rows
        self._pepper = pepper
        self._clock = clock
        self._changed = changed

    async def create(self, draft: KeyDraft) -> NewKey:
        """Make a key; its text is in the answer and nowhere else."""
        secret = Secret(PREFIX + secrets.token_urlsafe(_RANDOM_BYTES))
        now = self._clock.now_ms()
        row = KeyRow(
            id=new_id("key"),
            name=line(draft.name, "name", most=LONGEST_NAME),
            digest=digest(self._pepper, secret),
            hint=f"{PREFIX}****{secret.reveal()[-_SHOWN:]}",
            scopes=_scopes(draft.scopes),
            expires_at=self._end(draft.expires_at),
            created_at=now,
            updated_at=now,
        )
        await self._rows.add(row)
        await self._tell(row.id)
        return NewKey(secret=secret, record=_shown(row))

    async def list(self) -> tuple[Key, ...]:
        """Return all keys, the oldest first."""
        return tuple(_shown(row) for row in await self._rows.list())

    async def get(self, key_id: str) -> Key:
        """Return one key; raise NotFound."""
        return _shown(await self._rows.get(key_id))

    async def update(self, key_id: str, change: KeyChange) -> Key:
        """Change a key; the key's text stays."""
        row = await self._rows.get(key_id)
        row = replace(
            row,
            name=row.name if change.name is MISSING else line(change.name, "name", most=LONGEST_NAME),
            scopes=row.scopes if change.scopes is MISSING else _scopes(change.scopes),
            is_active=kept(change.is_active, row.is_active),
            expires_at=row.expires_at if change.expires_at is MISSING else self._end(change.expires_at),
            updated_at=self._clock.now_ms(),
        )
        await self._rows.update(row)
        await self._tell(key_id)
        return _shown(row)

    async def delete(self, key_id: str) -> None:
        """Revoke a key for good; raise NotFound."""
        await self._rows.delete(key_id)
        await self._tell(key_id)

    async def find(self, presented: Secret) -> Key | None:
        """Return the key that `presented` is, or None when it is unknown, switched off or over."""
        if not presented.reveal().startswith(PREFIX):
            return None
        wanted = digest(self._pepper, presented)
        for row in await self._rows.list():
            if hmac.compare_digest(row.digest, wanted):
                over = row.expires_at is not None and row.expires_at <= self._clock.now_ms()
                return None if over or not row.is_active else _shown(row)
        return None

    def _end(self, at: datetime | None) -> int | None:
        if at is None:
            return None
        if at.tzinfo is None:
            raise fault("expiresAt", "expiresAt needs a time zone, such as 2030-01-31T12:00:00Z")
        if milliseconds(at) <= self._clock.now_ms():
            raise fault("expiresAt", "expiresAt is over already: choose a later time")
        return milliseconds(at)

    async def _tell(self, key_id: str) -> None:
        await self._changed(ConfigurationChanged(noun="keys", id=key_id))


def _scopes(scopes: frozenset[Scope]) -> frozenset[str]:
    if not scopes:
        raise fault("scopes", "a key needs at least one scope: inference or admin")
    return frozenset(scope.value for scope in scopes)


def _shown(row: KeyRow) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        key=row.hint,
        scopes=tuple(sorted(Scope(scope) for scope in row.scopes)),
        is_active=row.is_active,
        expires_at=moment_or_none(row.expires_at),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
