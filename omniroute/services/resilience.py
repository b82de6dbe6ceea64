"""How patient the gateway is with accounts that fail, kept in the settings' group `resilience`.

What is set acts from the next request on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec
from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.profiles import DEFAULT_PROFILES, Category, Patience, Profile, RequestLimits
from omniroute.services.changes import Changed, kept
from omniroute.services.rules import fault, within
from omniroute.storage.settings import SettingGroups

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
# From and to, for each field.
PROFILE_RANGES: Mapping[str, tuple[int, int]] = {
    "transient_cooldown": (0, HOUR_MS),
    "max_transient_cooldown": (0, DAY_MS),
    "rate_limit_cooldown": (0, HOUR_MS),
    "max_rate_limit_cooldown": (0, DAY_MS),
    "lock_cooldown": (0, DAY_MS),
    "max_backoff_level": (0, 20),
    "circuit_breaker_threshold": (1, 1_000),
    "circuit_breaker_reset": (1, DAY_MS),
    "max_retries": (0, 10),
    "retry_delay": (0, HOUR_MS),
}
REQUEST_RANGES: Mapping[str, tuple[int, int]] = {
    "max_attempts": (1, 50),
    "timeout_ms": (1, HOUR_MS),
    "first_byte_timeout_ms": (1, HOUR_MS),
    "hedge_after_ms": (0, HOUR_MS),
    "max_retries": (0, 10),
    "retry_delay_ms": (0, HOUR_MS),
}
_GROUP = "resilience"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChange:
    """What to change of a profile."""

    transient_cooldown: int | MISSING = MISSING
    max_transient_cooldown: int | MISSING = MISSING
    rate_limit_cooldown: int | MISSING = MISSING
    max_rate_limit_cooldown: int | MISSING = MISSING
    lock_cooldown: int | MISSING = MISSING
    max_backoff_level: int | MISSING = MISSING
    circuit_breaker_threshold: int | MISSING = MISSING
    circuit_breaker_reset: int | MISSING = MISSING
    max_retries: int | MISSING = MISSING
    retry_delay: int | MISSING = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestChange:
    """What to change of the limits of one request; None takes a limit away."""

    max_attempts: int | MISSING | None = MISSING
    timeout_ms: int | MISSING | None = MISSING
    first_byte_timeout_ms: int | MISSING | None = MISSING
    hedge_after_ms: int | MISSING | None = MISSING
    max_retries: int | MISSING | None = MISSING
    retry_delay_ms: int | MISSING | None = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class ResilienceChange:
    """What to change; what is left out stays."""

    profiles: Mapping[Category, ProfileChange] = field(default_factory=dict)
    requests: RequestChange = field(default_factory=RequestChange)
    heed_limits: bool | MISSING = MISSING


class Resilience:
    """Reads and changes the settings."""

    def __init__(self, *, groups: SettingGroups, changed: Changed) -> None:
        self._groups = groups
        self._changed = changed

    async def get(self) -> Patience:
        """Return what holds now."""
        stored = await self._groups.get(_GROUP)
        if stored is None:
            return Patience()
        read = msgspec.convert(stored, Patience)
        return Patience(
            profiles={**DEFAULT_PROFILES, **read.profiles}, requests=read.requests, heed_limits=read.heed_limits
        )

    async def update(self, change: ResilienceChange) -> Patience:
        """Change it; raise Unprocessable on a bad value."""
        old = await self.get()
        profiles = {
            category: _changed_profile(category, profile, change.profiles.get(category))
            for category, profile in old.profiles.items()
        }
        requests: RequestLimits = _changed(old.requests, change.requests, REQUEST_RANGES, "requests")
        heed_limits = kept(change.heed_limits, old.heed_limits)
        new = Patience(profiles=profiles, requests=requests, heed_limits=heed_limits)
        await self._groups.put(_GROUP, msgspec.to_builtins(new, str_keys=True))
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new


def _changed_profile(category: Category, old: Profile, change: ProfileChange | None) -> Profile:
    if change is None:
        return old
    where = f"profiles.{category.value}"
    new: Profile = _changed(old, change, PROFILE_RANGES, where)
    for first, most in (
        ("transient_cooldown", "max_transient_cooldown"),
        ("rate_limit_cooldown", "max_rate_limit_cooldown"),
    ):
        if getattr(new, first) > getattr(new, most):
            raise fault(
                f"{where}.{_camel(first)}", f"{_camel(first)} is above {_camel(most)}: lower one or raise the other"
            )
    return new


def _changed(old: Any, change: Any, ranges: Mapping[str, tuple[int, int]], where: str) -> Any:
    """Return `old` with the fields that `change` names, each of which must lie in its range."""
    values: dict[str, int | None] = {}
    for one in fields(change):
        value = getattr(change, one.name)
        if value is MISSING:
            continue
        if value is not None:
            least, most = ranges[one.name]
            within(value, f"{where}.{_camel(one.name)}", least=least, most=most)
        values[one.name] = value
    return replace(old, **values)


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(map(str.capitalize, more))
