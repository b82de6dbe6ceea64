"""Token usage, both ways. In this format every figure must be there: one that nobody told is written as 0."""

from typing import Any

from omniroute.formats.hub import Json, Usage


def read_usage(raw: Any) -> Usage | None:
    """Read `usage` of a response object."""
    if not isinstance(raw, dict):
        return None
    into, out = _object(raw, "input_tokens_details"), _object(raw, "output_tokens_details")
    return Usage(
        input=_count(raw, "input_tokens"),
        output=_count(raw, "output_tokens"),
        cache_read=_count(into, "cached_tokens"),
        cache_write=_count(into, "cache_write_tokens"),
        reasoning=_count(out, "reasoning_tokens"),
    )


def _object(raw: Json, key: str) -> Json:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _count(raw: Json, key: str) -> int | None:
    value = raw.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def write_usage(usage: Usage | None) -> Json | None:
    """Write `usage`; None when the upstream told nothing at all."""
    if usage is None or (usage.input is None and usage.output is None):
        return None
    return {
        "input_tokens": usage.input or 0,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read or 0,
            "cache_write_tokens": usage.cache_write or 0,
        },
        "output_tokens": usage.output or 0,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": (usage.input or 0) + (usage.output or 0),
    }
