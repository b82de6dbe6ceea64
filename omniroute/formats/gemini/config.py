"""generationConfig: sampling, thinking and the form of the answer, both ways."""

import re

from omniroute.formats.gemini.fields import GeminiFields
from omniroute.formats.gemini.json_schema import json_schema
from omniroute.formats.hub import Format, Json, OutputFormat, Reasoning, Request, Sampling
from omniroute.formats.losses import Losses
from omniroute.formats.schemas import reduce_schema

_HOME = Format.GEMINI.value
_JSON = "application/json"
_MOST_STOPS = 5  # Gemini answers 400 to more

# Hub name → Google's, for what is said alike.
_SAMPLING = {
    "max_tokens": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "seed": "seed",
    "n": "candidateCount",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
_UNSAYABLE = {
    "sampling.min_p": "Gemini has no min_p",
    "sampling.logit_bias": "Gemini has no logit_bias",
}

_LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH"}
_HIGHER = frozenset({"xhigh", "max"})
# Gemini 2.5 knows budgets alone, Gemini 3 levels; the figures are those of Google's own OpenAI endpoint
# (https://ai.google.dev/gemini-api/docs/openai#thinking).
_BUDGET_MODELS = re.compile(r"gemini-[12](\.|-|$)")
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
_AUTOMATIC = -1


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_sampling(config: GeminiFields) -> Sampling:
    """How tokens are drawn."""
    return Sampling(
        max_tokens=config.integer("maxOutputTokens"),
        temperature=config.number("temperature"),
        top_p=config.number("topP"),
        top_k=config.integer("topK"),
        frequency_penalty=config.number("frequencyPenalty"),
        presence_penalty=config.number("presencePenalty"),
        seed=config.integer("seed"),
        stop=config.texts("stopSequences"),
        n=config.integer("candidateCount"),
        logprobs=config.flag("responseLogprobs"),
        top_logprobs=config.integer("logprobs"),
    )


def read_reasoning(config: GeminiFields) -> Reasoning | None:
    """How much to think, and whether to show it."""
    thinking = config.child("thinkingConfig")
    if thinking is None:
        return None
    budget = thinking.integer("thinkingBudget")
    level = thinking.word("thinkingLevel")
    found = Reasoning(
        enabled=False if budget == 0 else None,
        effort=level.lower() if level and level != "THINKING_LEVEL_UNSPECIFIED" else None,
        budget=budget if budget is not None and budget > 0 else None,
        adaptive=budget is not None and budget < 0,
        include=thinking.flag("includeThoughts"),
    )
    thinking.close()
    return found


def read_output(config: GeminiFields) -> tuple[OutputFormat | None, Json]:
    """The form of the answer, and a MIME type that the hub has no word for."""
    schema = config.object("responseJsonSchema")
    if schema is None and (given := config.object("responseSchema")) is not None:
        schema = json_schema(given, config.at("responseSchema"))
    media_type = config.text("responseMimeType")
    other = {"responseMimeType": media_type} if media_type not in {None, _JSON, "text/plain"} else {}
    if schema is not None:
        return OutputFormat(kind="schema", schema=schema), other
    return OutputFormat(kind="json") if media_type == _JSON else None, other


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_config(request: Request, losses: Losses) -> Json:
    """The generationConfig object, or nothing."""
    config: Json = {
        name: value for key, name in _SAMPLING.items() if (value := getattr(request.sampling, key)) is not None
    }
    if stop := list(request.sampling.stop):
        config["stopSequences"] = stop[:_MOST_STOPS]
    if len(stop) > _MOST_STOPS:
        losses.drop(f"sampling.stop[{_MOST_STOPS}]", f"Gemini takes {_MOST_STOPS} stop sequences at most")
    losses.drop_given(request, _UNSAYABLE)
    if request.output is not None:
        config |= _write_output(request.output, losses)
    if request.reasoning is not None and (thinking := _write_thinking(request, request.reasoning, losses)):
        config["thinkingConfig"] = thinking
    return config


def _write_output(output: OutputFormat, losses: Losses) -> Json:
    if output.description is not None:
        losses.drop("output.description", "Gemini's response schema has no word for it")
    for label in ("name", "strict"):
        if getattr(output, label) is not None:
            losses.change(f"output.{label}", "Gemini holds an answer to its schema, whatever the schema's name")
    if output.schema is None:
        return {"responseMimeType": _JSON}
    return {"responseMimeType": _JSON, "responseSchema": reduce_schema(output.schema, "output.schema", losses)}


def _write_thinking(request: Request, reasoning: Reasoning, losses: Losses) -> Json:
    thinking = _amount(request, reasoning, losses)
    include = reasoning.include
    if reasoning.summary is not None:
        losses.change("reasoning.summary", "Gemini's thoughts are summaries, of one kind")
        include = True if include is None else include
    # Elsewhere a budget or a switch brings the thoughts with it; Gemini shows them only when asked.
    if include is None and request.origin != _HOME and _asks_to_think(reasoning):
        include = True
    return thinking if include is None else {**thinking, "includeThoughts": include}


def _asks_to_think(reasoning: Reasoning) -> bool:
    return reasoning.enabled is True or reasoning.adaptive or reasoning.budget is not None


def _amount(request: Request, reasoning: Reasoning, losses: Losses) -> Json:
    """A budget or a level, never both: Gemini answers 400 to that."""
    if reasoning.enabled is False or reasoning.effort == "none":
        return {"thinkingBudget": 0}
    effort = reasoning.effort
    if effort in _HIGHER:
        losses.change("reasoning.effort", f"Gemini has no {effort}: high")
        effort = "high"
    takes_budgets = _BUDGET_MODELS.search(request.model) is not None
    if effort in _LEVELS and (not takes_budgets or (reasoning.budget is None and not reasoning.adaptive)):
        if reasoning.budget is not None or reasoning.adaptive:
            losses.drop(
                "reasoning.budget" if reasoning.budget is not None else "reasoning.adaptive", "the effort is said"
            )
        return {"thinkingBudget": _BUDGETS[effort]} if takes_budgets else {"thinkingLevel": _LEVELS[effort]}
    if effort is not None:
        losses.drop(
            "reasoning.effort", "the budget is said" if effort in _LEVELS else f"Gemini has no effort {effort!r}"
        )
    if reasoning.budget is not None:
        return {"thinkingBudget": reasoning.budget}
    return {"thinkingBudget": _AUTOMATIC} if reasoning.adaptive else {}
