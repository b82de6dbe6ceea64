"""Connections: an account or key at a provider or custom node.

A key goes in and never comes out again, and it is bound to the origin it was given for: pointing a connection at
another scheme, host or port needs the key again, so that whoever can change a URL cannot collect keys.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.ids import new_id
from omniroute.kit.secret import Secret
from omniroute.services.changes import Changed, kept
from omniroute.services.credentials import OAUTH
from omniroute.services.moments import moment, moment_or_none
from omniroute.services.rules import credential, fault, line, optional_line, within
from omniroute.services.upstreams import CheckUrl, Upstream, Upstreams, checked_url
from omniroute.storage.connections import Connections
from omniroute.storage.rows import ConnectionRow

MANUAL = "manual"
LONGEST_NAME = 200
LONGEST_MODEL = 256
MOST_PRIORITY = 1_000
MOST_WEIGHT = 1_000
MOST_CONCURRENT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionHealth:
    """How a connection fares in the data plane; the time in milliseconds since 1970."""

    status: str
    cooldown_until: int | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection as it is shown: the key is masked."""

    id: str
    provider: str
    name: str
    auth_type: str
    priority: int
    weight: int
    max_concurrent: int | None
    default_model: str | None
    is_active: bool
    base_url: str | None
    local: bool
    source: str
    api_key_hint: str | None
    status: str
    cooldown_until: datetime | None
    last_error: str | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDraft:
    """What to make a connection of; `base_url` overrides the provider's own."""

    provider: str
    name: str
    api_key: Secret | None = field(default=None, repr=False)
    base_url: str | None = None
    local: bool = False
    priority: int = 1
    weight: int = 1
    max_concurrent: int | None = None
    default_model: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChange:
    """What to change of a connection; None takes a value away."""

    name: str | MISSING = MISSING
    api_key: Secret | MISSING | None = field(default=MISSING, repr=False)
    base_url: str | MISSING | None = MISSING
    local: bool | MISSING = MISSING
    priority: int | MISSING = MISSING
    weight: int | MISSING = MISSING
    max_concurrent: int | MISSING | None = MISSING
    default_model: str | MISSING | None = MISSING
    is_active: bool | MISSING = MISSING


class Providers:
    """Makes, lists and changes connections."""

    def __init__(
        self,
        *,
        rows: Connections,
        upstreams: Upstreams,
        check_url: CheckUrl,
        health: Callable[[str], ConnectionHealth],
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._upstreams = upstreams
        self._check_url = check_url
        self._health = health
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def create(
        self, draft: ConnectionDraft, *, source: str = MANUAL, found_models: tuple[str, ...] = ()
    ) -> Connection:
        """Make a connection; raise Unprocessable on a bad value and Conflict on a name the provider has already."""
        upstream = await self._upstreams.find(draft.provider)
        now = self._clock.now_ms()
        row = self._checked(
            ConnectionRow(
                id=new_id("conn"),
                provider=upstream.id,
                name=draft.name,
                secret=draft.api_key,
                base_url=draft.base_url,
                is_local=draft.local,
                priority=draft.priority,
                weight=draft.weight,
                max_concurrent=draft.max_concurrent,
                default_model=draft.default_model,
                is_active=draft.is_active,
                source=source,
                found_models=found_models,
                created_at=now,
                updated_at=now,
            ),
            upstream,
        )
        async with self._changing:
            await self._refuse_duplicate(row)
            await self._rows.add(row)
        await self._tell(row.id)
        return self._shown(row)

    async def list(self) -> tuple[Connection, ...]:
        """Return all connections: lower priority first, then the older."""
        rows = sorted(await self._rows.list(), key=lambda row: (row.priority, row.created_at, row.id))
        return tuple(self._shown(row) for row in rows)

    async def get(self, connection_id: str) -> Connection:
        """Return one connection; raise NotFound."""
        return self._shown(await self._rows.get(connection_id))

    async def update(self, connection_id: str, change: ConnectionChange) -> Connection:
        """Change a connection; another origin needs the key again."""
        async with self._changing:
            old = await self._rows.get(connection_id)
            upstream = await self._upstreams.stored(old.provider)
            if old.auth_type == OAUTH and change.api_key is not MISSING:
                raise fault("apiKey", "this connection is signed in: sign it in anew, or make another one for a key")
            row = self._checked(self._changed_row(old, change), upstream)
            if change.api_key is MISSING:
                _refuse_new_origin(old, row, upstream)
            if row.name != old.name:
                await self._refuse_duplicate(row)
            await self._rows.update(row)
        await self._tell(connection_id)
        return self._shown(row)

    async def delete(self, connection_id: str) -> None:
        """Delete a connection and its key; raise NotFound."""
        await self._rows.delete(connection_id)
        await self._tell(connection_id)

    def _changed_row(self, old: ConnectionRow, change: ConnectionChange) -> ConnectionRow:
        return replace(
            old,
            name=kept(change.name, old.name),
            secret=kept(change.api_key, old.secret),
            base_url=kept(change.base_url, old.base_url),
            is_local=kept(change.local, old.is_local),
            priority=kept(change.priority, old.priority),
            weight=kept(change.weight, old.weight),
            max_concurrent=kept(change.max_concurrent, old.max_concurrent),
            default_model=kept(change.default_model, old.default_model),
            is_active=kept(change.is_active, old.is_active),
            updated_at=self._clock.now_ms(),
        )

    def _checked(self, row: ConnectionRow, upstream: Upstream) -> ConnectionRow:
        """Return the row as it is stored, after every rule that looks at one connection alone."""
        secret = credential(row.secret)
        is_signed_in = row.auth_type == OAUTH
        if not is_signed_in:
            _refuse_wrong_key(secret, upstream)
        return replace(
            row,
            name=line(row.name, "name", most=LONGEST_NAME),
            auth_type=OAUTH if is_signed_in else "none" if secret is None else "apiKey",
            secret=secret,
            secret_hint=None if secret is None else secret.hint(),
            base_url=self._override(row, upstream),
            is_local=row.is_local or (upstream.is_local and not upstream.is_custom),
            priority=within(row.priority, "priority", least=1, most=MOST_PRIORITY),
            weight=within(row.weight, "weight", least=1, most=MOST_WEIGHT),
            max_concurrent=_limit(row.max_concurrent),
            default_model=optional_line(row.default_model, "defaultModel", most=LONGEST_MODEL),
        )

    def _override(self, row: ConnectionRow, upstream: Upstream) -> str | None:
        if row.base_url is None or not row.base_url.strip():
            return None
        if not upstream.is_remote:
            raise fault("baseUrl", f"{upstream.label} is built in and has no base URL")
        url = checked_url(row.base_url, upstream.format, self._check_url, local=row.is_local or upstream.is_local)
        if upstream.bound_headers and upstream.origin_with(url) != upstream.origin_with(None):
            raise fault(
                "baseUrl", "the node's headers may hold credentials for its own address: make another node instead"
            )
        return url

    async def _refuse_duplicate(self, row: ConnectionRow) -> None:
        for other in await self._rows.list():
            if other.id != row.id and (other.provider, other.name) == (row.provider, row.name):
                raise Conflict(
                    f"{row.provider!r} has a connection named {row.name!r} already ({other.id}): "
                    "choose another name, or change that one",
                    param="name",
                )

    def _shown(self, row: ConnectionRow) -> Connection:
        health = self._health(row.id)
        return Connection(
            id=row.id,
            provider=row.provider,
            name=row.name,
            auth_type=row.auth_type,
            priority=row.priority,
            weight=row.weight,
            max_concurrent=row.max_concurrent,
            default_model=row.default_model,
            is_active=row.is_active,
            base_url=row.base_url,
            local=row.is_local,
            source=row.source,
            api_key_hint=row.secret_hint,
            status=health.status if row.expired_reason is None else "expired",
            cooldown_until=moment_or_none(health.cooldown_until),
            last_error=row.expired_reason or health.last_error,
            expires_at=moment_or_none(row.expires_at),
            created_at=moment(row.created_at),
            updated_at=moment(row.updated_at),
        )

    async def _tell(self, connection_id: str) -> None:
        await self._changed(ConfigurationChanged(noun="connections", id=connection_id))


def _refuse_wrong_key(secret: Secret | None, upstream: Upstream) -> None:
    if secret is None and upstream.needs_key:
        how = "needs a key" if upstream.takes_key else f"takes no key: sign in at /api/oauth/{upstream.id}/authorize"
        raise fault("apiKey", f"{upstream.label} {how}")
    if secret is not None and not upstream.takes_key:
        raise fault("apiKey", f"{upstream.label} takes no key: leave it out")


def _refuse_new_origin(old: ConnectionRow, new: ConnectionRow, upstream: Upstream) -> None:
    if old.secret is None or upstream.origin_with(old.base_url) == upstream.origin_with(new.base_url):
        return
    if old.auth_type == OAUTH:
        raise fault("baseUrl", "the sign-in belongs to the former address: sign in at a connection of its own")
    raise fault("apiKey", "the key belongs to the former address: give it again together with the new base URL")


def _limit(most: int | None) -> int | None:
    return None if most is None else within(most, "maxConcurrent", least=1, most=MOST_CONCURRENT)
