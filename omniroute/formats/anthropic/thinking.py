"""How much to think: Anthropic's `thinking` and `output_config.effort`, and what they forbid elsewhere in the body.

Today's models think adaptively, by effort; a budget is for older ones. A budget must be at least 1,024 tokens and
less than max_tokens; thinking goes with neither a temperature nor a forced tool.
(https://docs.claude.com/en/docs/build-with-claude/extended-thinking)
"""

from omniroute.formats.hub import Json, Reasoning
from omniroute.formats.losses import Losses

# A request must name max_tokens and other formats' need not. Every Claude model since 3.5 writes this much, and it
# leaves room for a long answer; unused tokens cost nothing.
DEFAULT_MAX_TOKENS = 8192

_LEAST_BUDGET = 1024

# OpenAI's efforts that Anthropic has no word for.
_NEAREST_EFFORT = {"minimal": "low"}
_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})


def write_reasoning(reasoning: Reasoning | None, body: Json, losses: Losses) -> Json:
    """The body's `thinking` and the effort within `output_config`; sets max_tokens where nobody did."""
    if reasoning is None:
        body.setdefault("max_tokens", DEFAULT_MAX_TOKENS)
        return {}
    if reasoning.summary is not None:
        losses.change("reasoning.summary", "Anthropic knows no kinds of summary")
    fields: Json = {}
    effort = _effort(reasoning, losses)
    if effort is not None:
        fields["output_config"] = {"effort": effort}
    thinking = _thinking(reasoning, body, losses)
    if reasoning.include is not None and (thinking is None or "display" not in thinking):
        losses.drop("reasoning.include", "there is no thinking to show or to hide")
    body.setdefault("max_tokens", DEFAULT_MAX_TOKENS)
    if thinking is not None and thinking["type"] != "disabled":
        thinking = _unless_forbidden(thinking, body, losses)
    if thinking is not None:
        fields["thinking"] = thinking
    return fields


def _effort(reasoning: Reasoning, losses: Losses) -> str | None:
    effort = reasoning.effort
    if effort is None or effort in _EFFORTS:
        return effort
    if effort in _NEAREST_EFFORT:
        losses.change("reasoning.effort", f"Anthropic has no effort {effort!r}")
        return _NEAREST_EFFORT[effort]
    if effort != "none":
        losses.drop("reasoning.effort", f"Anthropic has no effort {effort!r}")
    return None


def _thinking(reasoning: Reasoning, body: Json, losses: Losses) -> Json | None:
    if reasoning.enabled is False or reasoning.effort == "none":
        if reasoning.budget is not None:
            losses.drop("reasoning.budget", "thinking is switched off")
        return {"type": "disabled"}
    display = {} if reasoning.include is None else {"display": "summarized" if reasoning.include else "omitted"}
    if reasoning.budget is not None and not reasoning.adaptive:
        budget = _budget(reasoning.budget, body, losses)
        return None if budget is None else {"type": "enabled", "budget_tokens": budget, **display}
    if reasoning.budget is not None:
        losses.drop("reasoning.budget", "Anthropic thinks adaptively or within a budget, not both")
    wanted = reasoning.adaptive or reasoning.enabled or reasoning.effort is not None or reasoning.summary is not None
    return {"type": "adaptive", **display} if wanted or reasoning.include else None


def _budget(wanted: int, body: Json, losses: Losses) -> int | None:
    """The budget within its limits; a quarter of max_tokens at least is left for the answer."""
    budget = max(wanted, _LEAST_BUDGET)
    most = body.get("max_tokens")
    if most is None:
        body["max_tokens"] = budget + DEFAULT_MAX_TOKENS
    elif budget >= most:
        budget = most - max(1, most // 4)
    if budget < _LEAST_BUDGET:
        losses.drop("reasoning.budget", f"max_tokens leaves no room for the least budget of {_LEAST_BUDGET} tokens")
        return None
    if budget != wanted:
        losses.change("reasoning.budget", f"Anthropic's budgets are {_LEAST_BUDGET} or more, and less than max_tokens")
    return budget


def _unless_forbidden(thinking: Json, body: Json, losses: Losses) -> Json | None:
    """Thinking, unless the rest of the body rules it out; what is less than thinking goes."""
    if body.get("tool_choice", {}).get("type") in {"any", "tool"}:
        losses.drop("reasoning", "Anthropic does not think where a tool is forced")
        return None
    if thinking["type"] == "enabled" and _has_unsigned_step(body["messages"]):
        losses.drop("reasoning", "the tool calls under way have no signed thought, which Anthropic demands")
        return None
    for key in ("temperature", "top_k"):
        if key in body and not (key == "temperature" and body[key] == 1):
            losses.drop(f"sampling.{key}", "Anthropic does not take it together with thinking")
            del body[key]
    return thinking


def _has_unsigned_step(messages: list[Json]) -> bool:
    """Whether the last turn answers tool calls of a turn that does not begin with a thought."""
    if len(messages) < len(("call", "result")) or not _holds(messages[-1], "tool_result"):
        return False
    content = messages[-2]["content"]
    return isinstance(content, str) or not content or content[0]["type"] not in {"thinking", "redacted_thinking"}


def _holds(message: Json, kind: str) -> bool:
    content = message["content"]
    return not isinstance(content, str) and any(block["type"] == kind for block in content)
