"""The gateway's own keys, which AI clients and scripts present. A key is shown once; its keyed hash is what is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pydantic_core import MISSING

from omniroute.kit.addresses import is_within, networks, parsed
from omniroute.kit.clock import Clock
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.ids import new_id
from omniroute.kit.secret import Secret
from omniroute.services.changes import Changed, kept
from omniroute.services.moments import milliseconds, moment, moment_or_none
from omniroute.services.rules import fault, line, within
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.rows import KeyRow

LONGEST_NAME = 200
LONGEST_PATTERN = 256
LONGEST_GRACE_S = 30 * 86_400
MOST_RATE = 1_000_000_000
MOST_PATTERNS = 500
PREFIX = "sk-omni-"
_RANDOM_BYTES = 32
_SHOWN = 4


class Scope(StrEnum):
    """What a key may do: call models, manage the gateway, or read its metrics."""

    INFERENCE = "inference"
    ADMIN = "admin"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as it is shown: `key` is masked.

    `rpm` and `tpm` are requests and tokens per minute; None limits nothing, and an empty list allows everything.
    `no_log` keeps nothing of a request but what money needs. Until `previous_until` the text before the last rotation
    is good too.
    """

    id: str
    name: str
    key: str
    scopes: tuple[Scope, ...]
    is_active: bool
    expires_at: datetime | None
    rpm: int | None
    tpm: int | None
    max_concurrent: int | None
    allowed_models: tuple[str, ...]
    allowed_providers: tuple[str, ...]
    allowed_addresses: tuple[str, ...]
    no_log: bool
    previous_until: datetime | None
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
    rpm: int | None = None
    tpm: int | None = None
    max_concurrent: int | None = None
    allowed_models: Sequence[str] = ()
    allowed_providers: Sequence[str] = ()
    allowed_addresses: Sequence[str] = ()
    no_log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """What to change of a key."""

    name: str | MISSING = MISSING
    scopes: frozenset[Scope] | MISSING = MISSING
    is_active: bool | MISSING = MISSING
    expires_at: datetime | MISSING | None = MISSING
    rpm: int | MISSING | None = MISSING
    tpm: int | MISSING | None = MISSING
    max_concurrent: int | MISSING | None = MISSING
    allowed_models: Sequence[str] | MISSING = MISSING
    allowed_providers: Sequence[str] | MISSING = MISSING
    allowed_addresses: Sequence[str] | MISSING = MISSING
    no_log: bool | MISSING = MISSING


def digest(pepper: bytes, key: Secret) -> bytes:
    """Return the keyed hash by which a key is stored and found."""
    return hmac.digest(pepper, key.reveal().encode("utf-8", "surrogatepass"), hashlib.sha256)


class Keys:
    """Makes, lists, changes and finds keys."""

    def __init__(self, *, rows: KeyRows, pepper: Callable[[], bytes], clock: Clock, changed: Changed) -> None:
        self._rows = rows
        self._pepper = pepper
        self._clock = clock
        self._changed = changed

    async def create(self, draft: KeyDraft) -> NewKey:
        """Make a key; its text is in the answer and nowhere else."""
        secret = _new_secret()
        now = self._clock.now_ms()
        row = KeyRow(
            id=new_id("key"),
            name=line(draft.name, "name", most=LONGEST_NAME),
            digest=digest(self._pepper(), secret),
            hint=_hint(secret),
            scopes=_scopes(draft.scopes),
            expires_at=self._end(draft.expires_at),
            requests_per_minute=_rate(draft.rpm, "rpm"),
            tokens_per_minute=_rate(draft.tpm, "tpm"),
            max_concurrent=_rate(draft.max_concurrent, "maxConcurrent"),
            allowed_models=_patterns(draft.allowed_models, "allowedModels"),
            allowed_providers=_patterns(draft.allowed_providers, "allowedProviders"),
            allowed_addresses=_addresses(draft.allowed_addresses),
            no_log=draft.no_log,
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
            requests_per_minute=_rate(kept(change.rpm, row.requests_per_minute), "rpm"),
            tokens_per_minute=_rate(kept(change.tpm, row.tokens_per_minute), "tpm"),
            max_concurrent=_rate(kept(change.max_concurrent, row.max_concurrent), "maxConcurrent"),
            allowed_models=_patterns(kept(change.allowed_models, row.allowed_models), "allowedModels"),
            allowed_providers=_patterns(kept(change.allowed_providers, row.allowed_providers), "allowedProviders"),
            allowed_addresses=_addresses(kept(change.allowed_addresses, row.allowed_addresses)),
            no_log=kept(change.no_log, row.no_log),
            updated_at=self._clock.now_ms(),
        )
        await self._rows.update(row)
        await self._tell(key_id)
        return _shown(row)

    async def rotate(self, key_id: str, grace_s: int = 0) -> NewKey:
        """Give a key a new text; the old one is good for `grace_s` seconds more. Raise NotFound."""
        row = await self._rows.get(key_id)
        now = self._clock.now_ms()
        grace_s = within(grace_s, "graceSeconds", least=0, most=LONGEST_GRACE_S)
        secret = _new_secret()
        row = replace(
            row,
            digest=digest(self._pepper(), secret),
            hint=_hint(secret),
            previous_digest=row.digest if grace_s else None,
            previous_until=now + grace_s * 1000 if grace_s else None,
            updated_at=now,
        )
        await self._rows.update(row)
        await self._tell(key_id)
        return NewKey(secret=secret, record=_shown(row))

    async def delete(self, key_id: str) -> None:
        """Revoke a key for good; raise NotFound."""
        await self._rows.delete(key_id)
        await self._tell(key_id)

    async def find(self, presented: Secret, address: str | None = None) -> Key | None:
        """Return the key that `presented` is, or None when it is unknown, switched off, over or not for `address`."""
        if not presented.reveal().startswith(PREFIX):
            return None
        wanted = digest(self._pepper(), presented)
        row = next((row for row in await self._rows.list() if self._is(row, wanted)), None)
        if row is None:
            return None
        over = row.expires_at is not None and row.expires_at <= self._clock.now_ms()
        return None if over or not row.is_active or not _is_from(row, address) else _shown(row)

    def _is(self, row: KeyRow, wanted: bytes) -> bool:
        """Whether a key has this digest, or had it until a rotation that is not long ago."""
        if hmac.compare_digest(row.digest, wanted):
            return True
        if row.previous_digest is None or row.previous_until is None:
            return False
        return hmac.compare_digest(row.previous_digest, wanted) and self._clock.now_ms() < row.previous_until

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


def _new_secret() -> Secret:
    return Secret(PREFIX + secrets.token_urlsafe(_RANDOM_BYTES))


def _hint(secret: Secret) -> str:
    return f"{PREFIX}****{secret.reveal()[-_SHOWN:]}"


def _rate(value: int | None, field: str) -> int | None:
    return None if value is None else within(value, field, least=1, most=MOST_RATE)


def _patterns(values: Sequence[str], field: str) -> tuple[str, ...]:
    if len(values) > MOST_PATTERNS:
        raise fault(field, f"{field} has more than {MOST_PATTERNS} entries: one with * covers many")
    return tuple(dict.fromkeys(line(value, field, most=LONGEST_PATTERN) for value in values))


def _addresses(values: Sequence[str]) -> tuple[str, ...]:
    """Return addresses and ranges in their plain spelling."""
    try:
        return tuple(str(networks(one)[0]) for one in _patterns(values, "allowedAddresses"))
    except (ValueError, IndexError) as error:
        message = f"allowedAddresses must hold addresses or ranges such as 10.0.0.0/8: {error}"
        raise fault("allowedAddresses", message) from error


def _is_from(row: KeyRow, address: str | None) -> bool:
    """Whether a key may be used from an address."""
    if not row.allowed_addresses:
        return True
    found = None if address is None else parsed(address)
    return found is not None and is_within(found, networks(",".join(row.allowed_addresses)))


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
        rpm=row.requests_per_minute,
        tpm=row.tokens_per_minute,
        max_concurrent=row.max_concurrent,
        allowed_models=row.allowed_models,
        allowed_providers=row.allowed_providers,
        allowed_addresses=row.allowed_addresses,
        no_log=row.no_log,
        previous_until=moment_or_none(row.previous_until),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
