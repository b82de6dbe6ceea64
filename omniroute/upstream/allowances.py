"""What a provider says of its own limits in the headers of its answers: how much is allowed, left, and until when.

OpenAI and those who follow it say `x-ratelimit-limit-requests`, `-remaining-requests` and `-reset-requests` (such as
6m0s); Anthropic says `anthropic-ratelimit-requests-limit`, `-remaining` and `-reset` (an RFC 3339 time); others say
`x-ratelimit-limit` or `ratelimit-limit` and so on, with seconds or a time since 1970.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# One of these is among the headers of everybody who says anything; looking for them is cheaper than reading all.
_MARKS = (
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-tokens-remaining",
    "x-ratelimit-remaining",
    "ratelimit-remaining",
    "x-ratelimit-remaining-requests-day",
)
_LEFT = (*_MARKS, "anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-output-tokens-remaining")
_OPENAI = re.compile(r"(?:x-)?ratelimit-(limit|remaining|reset)(?:-([a-z-]{1,40}))?")
_ANTHROPIC = re.compile(r"anthropic-ratelimit-([a-z-]{1,40})-(limit|remaining|reset)")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS_MS = (86_400_000, 3_600_000, 60_000, 1_000, 1)
# A figure above these is a time since 1970 in seconds, or in milliseconds.
_SINCE_1970_S, _SINCE_1970_MS = 10**9, 10**12
_MOST = 10**15


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One limit, such as `requests` or `input-tokens`; the time in milliseconds since 1970."""

    name: str
    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None


def says_something(headers: Mapping[str, str]) -> bool:
    """Whether an answer's headers tell of limits."""
    return not headers.keys().isdisjoint(_MARKS)


def is_at_an_end(headers: Mapping[str, str]) -> bool:
    """Whether one of the limits may have nothing left: a glance, before all of it is read."""
    return any(headers.get(name) == "0" for name in _LEFT)


def read_allowances(headers: Mapping[str, str], at_ms: int) -> tuple[Allowance, ...]:
    """Read what the headers of an answer that came at `at_ms` say; nonsense is left out."""
    found: dict[str, dict[str, int]] = {}
    for name, value in headers.items():
        part = _part(name)
        if part is None:
            continue
        kind, field = part
        number = _moment(value, at_ms) if field == "reset" else _count(value)
        if number is not None:
            found.setdefault(kind, {})[field] = number
    return tuple(
        Allowance(name=kind, limit=said.get("limit"), remaining=said.get("remaining"), reset_at=said.get("reset"))
        for kind, said in found.items()
    )


def _part(name: str) -> tuple[str, str] | None:
    """Say which limit a header is about, and what of it."""
    match = _OPENAI.fullmatch(name)
    if match is not None:
        return match[2] or "requests", match[1]
    match = _ANTHROPIC.fullmatch(name)
    return None if match is None else (match[1], match[2])


def _count(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if 0 <= number < _MOST else None


def _moment(text: str, at_ms: int) -> int | None:
    """Read a time, or how long until it."""
    try:
        number = float(text)
    except ValueError:
        return _spelled(text, at_ms)
    if not math.isfinite(number) or not 0 <= number < _MOST:
        return None
    if number >= _SINCE_1970_MS:
        return int(number)
    return int(number * 1000) if number >= _SINCE_1970_S else at_ms + int(number * 1000)


def _spelled(text: str, at_ms: int) -> int | None:
    match = _DURATION.fullmatch(text)
    if match is not None and any(match.groups()):
        units = zip(match.groups(), _UNITS_MS, strict=True)
        waited = sum(float(number) * unit for number, unit in units if number)
        return at_ms + int(waited) if waited < _MOST else None
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp() * 1000) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
