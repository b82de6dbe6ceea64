"""Puts the operator's system prompt and thinking budget into a request, once it is known where it goes.

The client's body is never changed: the call gets another one, in the client's own format, in which everything else is
as it was. That is what an upstream of the same format gets, and by what equal requests are known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from omniroute.formats.edits.system import with_prompt
from omniroute.formats.edits.thinking import with_thinking, without_thinking
from omniroute.gateway.call import Call
from omniroute.gateway.shape import Shape, Shaping
from omniroute.routing.thinking import Looks, Mode, adaptive_budget, spelled, thinks
from omniroute.services.thinking import ThinkingBudget


def shape(call: Call, shaping: Shaping) -> None:
    """Shape a call whose plan is known."""
    spoken, body = call.codec.format, call.body
    system = shaping.system
    if system is not None and system.formats and spoken not in system.formats:
        system = None
    if system is not None:
        body = with_prompt(spoken, body, system.prompt, system.position)
    strips, budget = _amount(call, shaping.thinking)
    if strips:
        body = without_thinking(spoken, body)
    elif budget is not None:
        body = with_thinking(spoken, body, spelled(budget, spoken, _model(call)))
    call.body = body
    call.shape = Shape(
        prompt=None if system is None else system.prompt,
        position=Shape().position if system is None else system.position,
        strips=strips,
        budget=budget,
    )


def _amount(call: Call, thinking: ThinkingBudget | None) -> tuple[bool, int | None]:
    """Return whether to take out what the client says on thinking, and the budget to set instead."""
    if thinking is None:
        return False, None
    if thinking.mode is Mode.AUTO:
        return True, None
    # A model that cannot think refuses to be told to, so one such target leaves the request as it is.
    if call.plan is None or not all(thinks(route.target.model) for route in call.plan.routes):
        return False, None
    if thinking.mode is Mode.CUSTOM:
        return False, thinking.custom_budget
    return False, adaptive_budget(thinking.effort_level, looks_of(call.body))


def _model(call: Call) -> str:
    """Return the model that gets the client's own body, or the first one when none does."""
    routes = call.plan.routes if call.plan is not None else ()
    models = [route.target.model for route in routes if call.passes_through(route.target)]
    return models[0] if models else routes[0].target.model


def looks_of(body: Mapping[str, Any]) -> Looks:
    """Return how hard a request looks; the formats differ little enough to be read alike."""
    messages: list[Any] = next(
        (body[name] for name in ("messages", "contents", "input") if isinstance(body.get(name), list)), []
    )
    asked = next((one for one in reversed(messages) if isinstance(one, dict) and one.get("role", "user") == "user"), {})
    content = asked.get("content", asked.get("parts")) or body.get("prompt") or body.get("input")
    return Looks(messages=len(messages), tools=_tools(body.get("tools")), last_user_characters=_length(content))


def _tools(tools: object) -> int:
    """Count tools; Gemini lists functions within one."""
    if not isinstance(tools, list):
        return 0
    return sum(_functions(tool) for tool in tools)


def _functions(tool: object) -> int:
    named = tool if isinstance(tool, dict) else {}
    listed: object = named.get("functionDeclarations", named.get("function_declarations"))
    return len(listed) if isinstance(listed, Sequence) else 1


def _length(content: object) -> int:
    if isinstance(content, str):
        return len(content)
    parts = content if isinstance(content, list) else []
    return sum(len(part["text"]) for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
