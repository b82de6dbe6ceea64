"""A cap on the tokens of the answer, in the fields of each format."""

import re
from typing import assert_never

from omniroute.formats.hub import Format, Json

_CHAT_FIELDS = ("max_completion_tokens", "max_tokens")
# OpenAI's models since o1 refuse `max_tokens`, and many other servers know nothing else.
# (https://platform.openai.com/docs/api-reference/chat/create#chat-create-max_completion_tokens)
_NEWER = re.compile(r"(?:^|/)(?:o\d|gpt-[5-9])")
_LEAST_BUDGET = 1024  # of Anthropic's thinking


def capped(spoken: Format, body: Json, most: int, model: str) -> Json:
    """Return the body with no more than `most` tokens asked for; `model` tells which spelling it takes."""
    match spoken:
        case Format.OPENAI_CHAT:
            given = [name for name in _CHAT_FIELDS if body.get(name) is not None]
            names = given or ["max_completion_tokens" if _NEWER.search(model) else "max_tokens"]
            return _lowered(body, names, most)
        case Format.OPENAI_RESPONSES:
            return _lowered(body, ["max_output_tokens"], most)
        case Format.ANTHROPIC:
            return _with_room(_lowered(body, ["max_tokens"], most))
        case Format.GEMINI:
            return _inside(
                body, ("generationConfig", "generation_config"), ("maxOutputTokens", "max_output_tokens"), most
            )
        case Format.OLLAMA:
            return _inside(body, ("options",), ("num_predict",), most)
        case _:
            assert_never(spoken)


def _lowered(body: Json, names: list[str], most: int) -> Json:
    changes = {name: most for name in names if not _is_within(body.get(name), most)}
    return {**body, **changes} if changes else body


def _is_within(value: object, most: int) -> bool:
    """Whether a limit holds already. A text may be a number to some readers, and less than nothing means no limit."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


def _inside(body: Json, outer: tuple[str, ...], inner: tuple[str, ...], most: int) -> Json:
    """Lower fields of an object in the body, in whichever spelling they are there."""
    homes = [name for name in outer if isinstance(body.get(name), dict)] or [outer[0]]
    changes: Json = {}
    for home in homes:
        found = body.get(home)
        held = found if isinstance(found, dict) else {}
        names = [name for name in inner if held.get(name) is not None] or [inner[0]]
        lowered = _lowered(held, names, most)
        if lowered is not held:
            changes[home] = lowered
    return {**body, **changes} if changes else body


def _with_room(body: Json) -> Json:
    """Keep a thinking budget below the cap, as Anthropic demands; where that leaves too little, there is none."""
    thinking, most = body.get("thinking"), body["max_tokens"]
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    if not isinstance(thinking, dict) or not isinstance(budget, int) or budget < most:
        return body
    fitting = most - max(1, most // 4)
    if fitting < _LEAST_BUDGET:
        return {name: value for name, value in body.items() if name != "thinking"}
    return {**body, "thinking": {**thinking, "budget_tokens": fitting}}
