"""How much a model is to think, as an operator sets it for all requests. Pure.

An amount is a budget in tokens. What a model understands instead (an effort, a switch, nothing at all) goes by its
name, as no provider's API tells it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from omniroute.formats.hub import Format, Reasoning

MOST_BUDGET = 131_072

# Claude since 3.7, Gemini since 2.5, OpenAI's o series, GPT-5 and gpt-oss, and whatever has it in its name.
_THINKING = re.compile(
    r"claude(?!-(?:[12]|instant|3[-.]5|3-(?:opus|sonnet|haiku)))|gemini-(?!1|2\.0|embed)"
    r"|(?<![a-z0-9])o[134](?![a-z0-9])|gpt-(?:[5-9](?!-chat|\.\d-chat)|oss)|thinking"
)
# These take an effort and refuse a budget.
_EFFORT_CLAUDE = re.compile(r"claude-[a-z]+-(?:4[-.][7-9]|[5-9])")
_BUDGET_GEMINI = re.compile(r"gemini-2")
_FLASH = re.compile(r"flash")
_O_SERIES = re.compile(r"(?<![a-z0-9])o[134](?![a-z0-9])")
_GPT_5 = re.compile(r"gpt-5(?!\.)")

_GEMINI_FLASH_MOST = 24_576
_GEMINI_PRO_MOST = 32_768
_GEMINI_PRO_LEAST = 128


class Mode(StrEnum):
    """What is done to what a client says on thinking.

    passthrough leaves it; auto takes it out, so that the model's default holds; custom sets one budget; adaptive sets
    a budget that goes by an effort and by how hard the request looks.
    """

    PASSTHROUGH = "passthrough"
    AUTO = "auto"
    CUSTOM = "custom"
    ADAPTIVE = "adaptive"


class Effort(StrEnum):
    """How much to think with `adaptive`, before the request is looked at."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


_BUDGETS = {Effort.NONE: 0, Effort.LOW: 1_024, Effort.MEDIUM: 10_240, Effort.HIGH: MOST_BUDGET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What a request looks like, for `adaptive`."""

    messages: int
    tools: int
    last_user_characters: int


def adaptive_budget(effort: Effort, looks: Looks) -> int:
    """Return the budget: more for a long conversation, for many tools and for a long question."""
    tenths = 10
    tenths += 5 if looks.messages > 10 else 0  # noqa: PLR2004 - the steps are the definition
    tenths += 5 if looks.tools > 3 else 0  # noqa: PLR2004
    tenths += 3 if looks.last_user_characters > 2_000 else 0  # noqa: PLR2004
    return min(_BUDGETS[effort] * tenths // 10, MOST_BUDGET)


def thinks(model: str) -> bool:
    """Whether a model of this name can be told how much to think."""
    return _THINKING.search(model.lower()) is not None


def spelled(budget: int, form: Format, model: str) -> Reasoning:
    """Return a budget in words that the model of an upstream of this format takes."""
    name = model.lower()
    match form:
        case Format.OPENAI_CHAT | Format.OPENAI_RESPONSES:
            return Reasoning(effort=_level(budget) or _least_effort(name))
        case Format.ANTHROPIC:
            return _for_anthropic(budget, name)
        case Format.GEMINI:
            return _for_gemini(budget, name)
        case Format.OLLAMA:
            if "gpt-oss" in name:
                return Reasoning(enabled=True, effort=_level(budget) or "low")
            return Reasoning(enabled=budget > 0)
        case _:
            assert_never(form)


def _level(budget: int) -> str | None:
    if budget == 0:
        return None
    return "low" if budget <= _BUDGETS[Effort.LOW] else "medium" if budget <= _BUDGETS[Effort.MEDIUM] else "high"


def _least_effort(name: str) -> str:
    """Return OpenAI's word for the least thinking that a model takes."""
    if _O_SERIES.search(name) or "gpt-oss" in name:
        return "low"
    return "minimal" if _GPT_5.search(name) else "none"


def _for_anthropic(budget: int, name: str) -> Reasoning:
    if budget == 0:
        return Reasoning(enabled=False)
    if _EFFORT_CLAUDE.search(name):
        return Reasoning(enabled=True, adaptive=True, effort=_level(budget))
    return Reasoning(enabled=True, budget=budget)


def _for_gemini(budget: int, name: str) -> Reasoning:
    """Gemini 2.5 takes budgets within limits (https://ai.google.dev/gemini-api/docs/thinking), Gemini 3 levels."""
    if not _BUDGET_GEMINI.search(name):
        return Reasoning(effort=_level(budget) or "low")
    if _FLASH.search(name):
        within = min(budget, _GEMINI_FLASH_MOST)
    else:
        within = min(max(budget, _GEMINI_PRO_LEAST), _GEMINI_PRO_MOST)
    return Reasoning(budget=within) if within else Reasoning(enabled=False)
