"""Tokens as Google counts them: the prompt holds the cache's, thoughts stand apart from the candidates."""

from omniroute.formats.hub import Json, Usage
from omniroute.formats.loose import count_in, objects_in


def read_usage(raw: object) -> Usage | None:
    """Read a usageMetadata object into inclusive figures."""
    if not isinstance(raw, dict):
        return None
    prompt, tools = count_in(raw, "promptTokenCount"), count_in(raw, "toolUsePromptTokenCount")
    candidates, thoughts = count_in(raw, "candidatesTokenCount"), count_in(raw, "thoughtsTokenCount")
    return Usage(
        input=_sum(prompt, tools),
        output=_sum(candidates, thoughts),
        cache_read=count_in(raw, "cachedContentTokenCount"),
        audio_input=_audio(objects_in(raw, "promptTokensDetails")),
        reasoning=thoughts,
        audio_output=_audio(objects_in(raw, "candidatesTokensDetails")),
    )


def write_usage(usage: Usage) -> Json:
    """Write a usageMetadata object."""
    raw: Json = {}
    if usage.input is not None:
        raw["promptTokenCount"] = usage.input
    if usage.cache_read is not None:
        raw["cachedContentTokenCount"] = usage.cache_read
    if usage.output is not None:
        raw["candidatesTokenCount"] = max(usage.output - (usage.reasoning or 0), 0)
    if usage.reasoning is not None:
        raw["thoughtsTokenCount"] = usage.reasoning
    if usage.input is not None or usage.output is not None:
        raw["totalTokenCount"] = (usage.input or 0) + (usage.output or 0)
    if usage.audio_input is not None:
        raw["promptTokensDetails"] = _split(usage.input or 0, usage.audio_input)
    if usage.audio_output is not None:
        answered = (usage.output or 0) - (usage.reasoning or 0)
        raw["candidatesTokensDetails"] = _split(answered, usage.audio_output)
    return raw


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


def _audio(details: list[Json]) -> int | None:
    counts = [count_in(one, "tokenCount") or 0 for one in details if one.get("modality") == "AUDIO"]
    return sum(counts) if counts else None


def _split(total: int, audio: int) -> list[Json]:
    rest = [{"modality": "TEXT", "tokenCount": total - audio}] if total > audio else []
    return [*rest, {"modality": "AUDIO", "tokenCount": audio}]
