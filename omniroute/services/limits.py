"""Limits for all calls together, for single models and for single connections: the settings' group `limits`.

Limits of a key stand on the key. None means no limit, and without any there is none.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

import msgspec
from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.limits import Rates
from omniroute.services.changes import Changed, kept
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.rules import fault, line, within
from omniroute.storage.connections import Connections
from omniroute.storage.settings import SettingGroups

MOST = 1_000_000_000
MOST_GAP_MS = 60_000
MOST_WAITING = 10_000
LONGEST_WAIT_MS = 300_000
MOST_SCOPES = 500
MOST_OUTPUT = 10_000_000
_GROUP = "limits"


class UnknownPrice(StrEnum):
    """What becomes of a call whose price is not known, under a budget in dollars."""

    ALLOW = "allow"  # it counts nothing against the budget
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeLimits:
    """The limits of one model or connection."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent_requests: int | None = None

    @property
    def rates(self) -> Rates:
        """The limits as they are counted."""
        return Rates(
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            concurrent=self.concurrent_requests,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All limits that are not a key's own.

    `min_time_between_requests` is in milliseconds. `models` are limits by pattern over `provider/model`, `connections`
    by id. Up to `queue_size` calls wait up to `queue_timeout_ms` for a place instead of being refused. A call that
    names no most for its answer is taken to use `default_output_tokens`.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent_requests: int | None = None
    min_time_between_requests: int = 0
    models: Mapping[str, ScopeLimits] = field(default_factory=dict)
    connections: Mapping[str, ScopeLimits] = field(default_factory=dict)
    queue_size: int = 0
    queue_timeout_ms: int = 10_000
    unknown_price: UnknownPrice = UnknownPrice.ALLOW
    default_output_tokens: int = 4096

    @property
    def rates(self) -> Rates:
        """The limits of all calls together, as they are counted."""
        gap_ms = self.min_time_between_requests
        return Rates(
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            concurrent=self.concurrent_requests,
            gap_s=gap_ms / 1000 if gap_ms else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsChange:
    """What to change; `models` and `connections` are replaced as a whole."""

    requests_per_minute: int | MISSING | None = MISSING
    tokens_per_minute: int | MISSING | None = MISSING
    concurrent_requests: int | MISSING | None = MISSING
    min_time_between_requests: int | MISSING = MISSING
    models: Mapping[str, ScopeLimits] | MISSING = MISSING
    connections: Mapping[str, ScopeLimits] | MISSING = MISSING
    queue_size: int | MISSING = MISSING
    queue_timeout_ms: int | MISSING = MISSING
    unknown_price: UnknownPrice | MISSING = MISSING
    default_output_tokens: int | MISSING = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsStatus:
    """What goes through now: requests and tokens of the last minute, calls under way, calls that wait for a place."""

    requests_last_minute: int
    tokens_last_minute: int
    in_flight: int
    waiting: int


# Looks at what goes through.
ReadStatus = Callable[[], Awaitable[LimitsStatus]]


class LimitSettings:
    """Reads and changes the settings."""

    def __init__(
        self, *, groups: SettingGroups, connections: Connections, status: ReadStatus, changed: Changed
    ) -> None:
        self._groups = groups
        self._connections = connections
        self._status = status
        self._changed = changed

    async def get(self) -> Limits:
        """Return what holds now."""
        return await read_limits(self._groups)

    async def status(self) -> LimitsStatus:
        """Tell what goes through now."""
        return await self._status()

    async def update(self, change: LimitsChange) -> Limits:
        """Change limits; raise Unprocessable on a bad value."""
        old = await self.get()
        new = replace(old, **{one.name: kept(getattr(change, one.name), getattr(old, one.name)) for one in fields(old)})
        _check(new)
        await self._check_connections(new.connections)
        new = replace(new, models={line(name, "models", most=LONGEST_MODEL): one for name, one in new.models.items()})
        await self._groups.put(_GROUP, _written(new))
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new

    async def _check_connections(self, limits: Mapping[str, ScopeLimits]) -> None:
        known = {row.id for row in await self._connections.list()} if limits else set()
        for connection_id in limits:
            if connection_id not in known:
                raise fault("connections", f"there is no connection {connection_id!r}: /api/providers lists them")


async def read_limits(groups: SettingGroups) -> Limits:
    """Return the limits that are stored."""
    stored = await groups.get(_GROUP)
    return Limits() if stored is None else msgspec.convert(stored, Limits)


def _written(limits: Limits) -> dict[str, Any]:
    written: dict[str, Any] = msgspec.to_builtins(limits)
    return written


def _check(limits: Limits) -> None:
    """Raise Unprocessable that names a limit out of range."""
    _check_scope("", limits)
    within(limits.min_time_between_requests, "minTimeBetweenRequests", least=0, most=MOST_GAP_MS)
    within(limits.queue_size, "queueSize", least=0, most=MOST_WAITING)
    within(limits.queue_timeout_ms, "queueTimeoutMs", least=1, most=LONGEST_WAIT_MS)
    within(limits.default_output_tokens, "defaultOutputTokens", least=1, most=MOST_OUTPUT)
    for name, scopes in (("models", limits.models), ("connections", limits.connections)):
        if len(scopes) > MOST_SCOPES:
            raise fault(name, f"{name} has more than {MOST_SCOPES} entries")
        for one, scope in scopes.items():
            _check_scope(f"{name}.{one}.", scope)


def _check_scope(path: str, limits: Limits | ScopeLimits) -> None:
    for name, value in (
        ("requestsPerMinute", limits.requests_per_minute),
        ("tokensPerMinute", limits.tokens_per_minute),
        ("concurrentRequests", limits.concurrent_requests),
    ):
        if value is not None:
            within(value, f"{path}{name}", least=1, most=MOST)
