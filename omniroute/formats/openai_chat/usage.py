"""Token counts. OpenAI's figures are inclusive, like the hub's; its imitators differ, and the differences are here."""

from omniroute.formats.hub import Json, Usage

# A usage object with these alone tells of no part of either side.
_PLAIN = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})


def read_usage(raw: object) -> Usage | None:
    """A usage object; None when there is none."""
    if not isinstance(raw, dict):
        return None
    prompt, completion = _count(raw, "prompt_tokens"), _count(raw, "completion_tokens")
    output = _output(prompt, completion, _count(raw, "total_tokens"))
    if _PLAIN.issuperset(raw):
        return Usage(input=prompt, output=output)
    into, out = _details(raw, "prompt_tokens_details"), _details(raw, "completion_tokens_details")
    return Usage(
        input=prompt,
        output=output,
        # DeepSeek counts hits, Moonshot puts the figure beside the totals.
        cache_read=_first(
            _count(into, "cached_tokens"), _count(raw, "prompt_cache_hit_tokens"), _count(raw, "cached_tokens")
        ),
        cache_write=_first(_count(into, "cache_write_tokens"), _count(into, "cache_creation_input_tokens")),
        audio_input=_count(into, "audio_tokens"),
        reasoning=_count(out, "reasoning_tokens"),
        audio_output=_count(out, "audio_tokens"),
    )


def write_usage(usage: Usage | None) -> Json | None:
    """A usage object; what the upstream did not say is left out, save for the figures that must be there."""
    if usage is None:
        return None
    prompt, completion = usage.input or 0, usage.output or 0
    raw: Json = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    into = {
        "cached_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "audio_tokens": usage.audio_input,
    }
    out = {"reasoning_tokens": usage.reasoning, "audio_tokens": usage.audio_output}
    for key, details in (("prompt_tokens_details", into), ("completion_tokens_details", out)):
        known = {name: count for name, count in details.items() if count is not None}
        if known:
            raw[key] = known
    return raw


def _output(prompt: int | None, completion: int | None, total: int | None) -> int | None:
    """Grok and Gemini's OpenAI endpoint leave the reasoning out of completion_tokens, but not out of the total."""
    if prompt is None or total is None:
        return completion
    return max(completion or 0, total - prompt)


def _details(raw: Json, key: str) -> Json:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _count(raw: Json, key: str) -> int | None:
    value = raw.get(key)
    if value is None or type(value) is int:
        return value
    return int(value) if isinstance(value, float) else None


def _first(*counts: int | None) -> int | None:
    for count in counts:
        if count is not None:
            return count
    return None
