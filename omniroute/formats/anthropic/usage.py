"""Token counts. Anthropic's input_tokens leave out what was read from or written to the cache; the hub's input has all.

A stream tells the input at its start and the output at its end, and may tell any figure again.
"""

from omniroute.formats.hub import Json, Usage

_FIGURES = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def read_usage(*told: object) -> Usage | None:
    """The usage in one object, or in those of a stream, of which a later figure replaces an earlier one."""
    figures: dict[str, int] = {}
    reasoning: int | None = None
    long_writes: int | None = None
    for raw in told:
        if not isinstance(raw, dict):
            continue
        figures |= {key: count for key in _FIGURES if (count := _count(raw, key)) is not None}
        details = raw.get("output_tokens_details")
        if isinstance(details, dict) and _count(details, "thinking_tokens") is not None:
            reasoning = _count(details, "thinking_tokens")
        creation = raw.get("cache_creation")
        if isinstance(creation, dict) and _count(creation, "ephemeral_1h_input_tokens") is not None:
            long_writes = _count(creation, "ephemeral_1h_input_tokens")
    if not figures and reasoning is None:
        return None
    parts = [figures.get(key) for key in _FIGURES if key != "output_tokens"]
    known = [count for count in parts if count is not None]
    return Usage(
        input=sum(known) if known else None,
        output=figures.get("output_tokens"),
        cache_read=figures.get("cache_read_input_tokens"),
        cache_write=figures.get("cache_creation_input_tokens"),
        cache_write_1h=long_writes,
        reasoning=reasoning,
    )


def write_usage(usage: Usage | None) -> Json:
    """A usage object; the two totals must be there, the rest is left out where the upstream did not say it."""
    usage = usage or Usage()
    plain = (usage.input or 0) - (usage.cache_read or 0) - (usage.cache_write or 0)
    raw: Json = {"input_tokens": max(plain, 0), "output_tokens": usage.output or 0}
    if usage.cache_read is not None:
        raw["cache_read_input_tokens"] = usage.cache_read
    if usage.cache_write is not None:
        raw["cache_creation_input_tokens"] = usage.cache_write
    if usage.cache_write_1h is not None:
        raw["cache_creation"] = {
            "ephemeral_5m_input_tokens": max((usage.cache_write or 0) - usage.cache_write_1h, 0),
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        }
    if usage.reasoning is not None:
        raw["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return raw


def _count(raw: Json, key: str) -> int | None:
    value = raw.get(key)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
