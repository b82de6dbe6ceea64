"""Thinking taken out of a body, or put into it, in the fields of each format."""

from typing import assert_never

from omniroute.formats.anthropic.thinking import write_reasoning
from omniroute.formats.hub import Format, Json, Reasoning
from omniroute.formats.losses import Losses

# OpenAI's own field, and those of servers that imitate it (OpenRouter, DeepSeek and Z.ai, Qwen).
_CHAT_FIELDS = frozenset({"reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget"})
_CONFIGS = ("generationConfig", "generation_config")
_THINKINGS = frozenset({"thinkingConfig", "thinking_config"})
# The kinds of Anthropic's context edits that are refused without thinking begin with this.
_CLEARS = "clear_thinking"


def without_thinking(spoken: Format, body: Json) -> Json:
    """Return the body without a word on how much to think; the model's own default holds then."""
    match spoken:
        case Format.OPENAI_CHAT:
            return _without(body, _CHAT_FIELDS)
        case Format.OPENAI_RESPONSES:
            return _without(body, frozenset({"reasoning"}))
        case Format.ANTHROPIC:
            return _without_edits(_without_effort(_without(body, frozenset({"thinking"}))))
        case Format.GEMINI:
            return _gemini(body, None)
        case Format.OLLAMA:
            return _without(body, frozenset({"think"}))
        case _:
            assert_never(spoken)


def with_thinking(spoken: Format, body: Json, reasoning: Reasoning) -> Json:
    """Return the body asking for so much thinking, whatever it asked for before."""
    match spoken:
        case Format.OPENAI_CHAT:
            return {**_without(body, _CHAT_FIELDS), "reasoning_effort": reasoning.effort}
        case Format.OPENAI_RESPONSES:
            own = body.get("reasoning")
            return {**body, "reasoning": {**(own if isinstance(own, dict) else {}), "effort": reasoning.effort}}
        case Format.ANTHROPIC:
            return _anthropic(body, reasoning)
        case Format.GEMINI:
            return _gemini(body, reasoning)
        case Format.OLLAMA:
            return {**body, "think": reasoning.effort or reasoning.enabled}
        case _:
            assert_never(spoken)


def _anthropic(body: Json, reasoning: Reasoning) -> Json:
    """What thinking forbids beside it, and how large a budget may be, is the format's own knowledge."""
    bare = _without_effort(_without(body, frozenset({"thinking"})))
    out = dict(bare)
    fields = write_reasoning(reasoning, out, Losses())
    own = out.get("output_config")
    if "output_config" in fields and isinstance(own, dict):
        fields["output_config"] = {**own, **fields["output_config"]}
    made = {**out, **fields}
    thinks = isinstance(made.get("thinking"), dict) and made["thinking"].get("type") != "disabled"
    return made if thinks else _without_edits(made)


def _gemini(body: Json, reasoning: Reasoning | None) -> Json:
    name = next((one for one in _CONFIGS if isinstance(body.get(one), dict)), _CONFIGS[0])
    held = body.get(name)
    config = held if isinstance(held, dict) else {}
    own: Json = next((config[one] for one in sorted(_THINKINGS) if isinstance(config.get(one), dict)), {})
    rest = _without(config, _THINKINGS)
    if reasoning is None:
        return body if rest is config else {**body, name: rest}
    shown = {one: value for one, value in own.items() if one in {"includeThoughts", "include_thoughts"}}
    amount: Json = (
        {"thinkingLevel": reasoning.effort.upper()}
        if reasoning.effort is not None
        else {"thinkingBudget": reasoning.budget or 0}
    )
    return {**body, name: {**rest, "thinkingConfig": {**shown, **amount}}}


def _without(body: Json, names: frozenset[str]) -> Json:
    return {name: value for name, value in body.items() if name not in names} if names & body.keys() else body


def _without_effort(body: Json) -> Json:
    config = body.get("output_config")
    if not isinstance(config, dict) or "effort" not in config:
        return body
    rest = {name: value for name, value in config.items() if name != "effort"}
    return {**body, "output_config": rest} if rest else _without(body, frozenset({"output_config"}))


def _without_edits(body: Json) -> Json:
    """Take out the context edits that only go with thinking."""
    management = body.get("context_management")
    edits = management.get("edits") if isinstance(management, dict) else None
    if not isinstance(management, dict) or not isinstance(edits, list):
        return body
    kept = [edit for edit in edits if not (isinstance(edit, dict) and str(edit.get("type")).startswith(_CLEARS))]
    if len(kept) == len(edits):
        return body
    if kept:
        return {**body, "context_management": {**management, "edits": kept}}
    return _without(body, frozenset({"context_management"}))
