"""Reads what providers tell of an account's quota, each in its own words, into one shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from omniroute.upstream.sign_in import QuotaWords

_WHOLE = 100.0
_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What is used of an allowance, in the provider's own unit: requests, or percent where `total` is 100."""

    used: float
    total: float | None
    remaining: float | None
    unlimited: bool
    reset_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An account's plan and its quotas by name."""

    plan: str | None = None
    quotas: Mapping[str, Quota] = field(default_factory=dict)


def read_quotas(words: QuotaWords, told: Mapping[str, Any]) -> Allowance:
    """Return what was told; what does not make sense is left out."""
    return _READERS[words](told)


def _plain(told: Mapping[str, Any]) -> Allowance:
    found = {}
    for name, one in _items(told.get("quotas")):
        total, used = _number(one.get("total")), _number(one.get("used"))
        remaining = _number(one.get("remaining"))
        if used is None and total is not None and remaining is not None:
            used = total - remaining
        if used is not None:
            found[name] = Quota(
                used=used,
                total=total,
                remaining=remaining if remaining is not None or total is None else max(total - used, 0.0),
                unlimited=one.get("unlimited") is True,
                reset_at=_time(one.get("resetAt")),
            )
    return Allowance(plan=_text(told.get("plan")), quotas=found)


def _anthropic(told: Mapping[str, Any]) -> Allowance:
    found = {
        name: _percent(used, one.get("resets_at"))
        for name, one in _items(told)
        if (used := _number(one.get("utilization"))) is not None
    }
    return Allowance(quotas=found)


def _codex(told: Mapping[str, Any]) -> Allowance:
    found = {
        name.removesuffix("_window"): _percent(used, one.get("reset_at"))
        for name, one in _items(told.get("rate_limit"))
        if (used := _number(one.get("used_percent"))) is not None
    }
    return Allowance(plan=_text(told.get("plan_type")), quotas=found)


def _copilot(told: Mapping[str, Any]) -> Allowance:
    found = {}
    for name, one in _items(told.get("quota_snapshots")):
        total, left = _number(one.get("entitlement")), _number(one.get("remaining"))
        if total is not None and left is not None:
            found[name] = Quota(
                used=max(total - left, 0.0),
                total=total,
                remaining=left,
                unlimited=one.get("unlimited") is True,
                reset_at=_time(told.get("quota_reset_date")),
            )
    return Allowance(plan=_text(told.get("copilot_plan")), quotas=found)


_READERS: Mapping[QuotaWords, Callable[[Mapping[str, Any]], Allowance]] = {
    QuotaWords.PLAIN: _plain,
    QuotaWords.ANTHROPIC: _anthropic,
    QuotaWords.CODEX: _codex,
    QuotaWords.COPILOT: _copilot,
}


def _percent(used: float, resets: object) -> Quota:
    left = max(_WHOLE - used, 0.0)
    return Quota(used=used, total=_WHOLE, remaining=left, unlimited=False, reset_at=_time(resets))


def _items(value: object) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return the objects inside an object, by name."""
    pairs = value.items() if isinstance(value, dict) else ()
    return [(str(name)[:100], one) for name, one in pairs if isinstance(one, dict)][:_MOST]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _time(value: object) -> datetime | None:
    """Read a moment: seconds since 1970, or a date and time, in UTC where it does not say."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def _text(value: object) -> str | None:
    return value[:100] if isinstance(value, str) and value else None
