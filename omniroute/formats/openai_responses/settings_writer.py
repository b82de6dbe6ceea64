"""A request's settings in the Responses format: everything but model and input.

An answer repeats its request's settings, so these functions serve both ways.
"""

from omniroute.formats.hub import Json, OutputFormat, Reasoning, Request
from omniroute.formats.losses import Losses
from omniroute.formats.openai_responses.content import ORIGIN
from omniroute.formats.openai_responses.request_reader import ENCRYPTED, LOGPROBS
from omniroute.formats.openai_responses.tools import write_tool_choice, write_tools

_UNSAYABLE = {
    "sampling.top_k": "the format has no such setting",
    "sampling.min_p": "the format has no such setting",
    "sampling.frequency_penalty": "the format has no such setting",
    "sampling.presence_penalty": "the format has no such setting",
    "sampling.seed": "the format has no such setting",
    "sampling.stop": "the format has no stop sequences",
    "sampling.logit_bias": "the format has no such setting",
}
_TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
# How many thinking tokens each effort stands for, at most; the words that every reasoning model knows.
_EFFORTS = ((4_096, "low"), (16_384, "medium"))


def write_settings(request: Request, losses: Losses) -> Json:
    """Write all settings that the request gives."""
    own = request.origin == ORIGIN
    extras = losses.extras(request, ORIGIN)
    losses.drop_given(request, _UNSAYABLE)
    body: Json = {
        **_sampling(request, losses),
        **_tools(request, losses, own=own),
        **_identity(request, losses, own=own),
        **_include(request, extras),
    }
    for key, said in (("reasoning", _reasoning(request, losses)), ("text", _text(request))):
        more = extras.pop(key, None)
        whole = {**said, **more} if isinstance(more, dict) else said
        if whole:
            body[key] = whole
    return {**body, **extras}


def _given(**fields: object) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


def _sampling(request: Request, losses: Losses) -> Json:
    sampling = request.sampling
    if sampling.n is not None and sampling.n > 1:
        losses.drop("sampling.n", "the format gives one answer")
    return _given(
        max_output_tokens=sampling.max_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_logprobs=sampling.top_logprobs,
    )


def _tools(request: Request, losses: Losses, *, own: bool) -> Json:
    body: Json = {}
    if request.tools:
        body["tools"] = write_tools(request.tools, losses, own=own)
    if request.tool_choice is not None:
        body["tool_choice"] = write_tool_choice(request.tool_choice, request.tools, losses)
    return body | _given(parallel_tool_calls=request.parallel_tool_calls)


def _identity(request: Request, losses: Losses, *, own: bool) -> Json:
    tier = request.service_tier
    if tier is not None and tier not in _TIERS and not own:
        losses.drop("service_tier", f"a tier of another vendor: {tier!r}")
        tier = None
    # Unsaid means that OpenAI keeps the answer; no client of another format expects that.
    store = request.store if request.store is not None or own else False
    return _given(
        service_tier=tier,
        user=request.user,
        metadata=None if request.metadata is None else dict(request.metadata),
        prompt_cache_key=request.cache_key,
        previous_response_id=request.previous_response_id,
        store=store,
    )


def _include(request: Request, extras: dict[str, object]) -> Json:
    """Ask for what the hub carries: the state of reasoning, without which no next turn can have it, and logprobs."""
    more = extras.pop("include", None)
    wanted = [str(name) for name in more] if isinstance(more, list) else []
    if thinks(request.reasoning):
        wanted.append(ENCRYPTED)
    if request.sampling.logprobs:
        wanted.append(LOGPROBS)
    return {"include": list(dict.fromkeys(wanted))} if wanted else {}


def thinks(reasoning: Reasoning | None) -> bool:
    """Whether the request asks for reasoning; models that cannot reason refuse to be asked for its state."""
    return reasoning is not None and reasoning.enabled is not False and reasoning.effort != "none"


def _reasoning(request: Request, losses: Losses) -> Json:
    reasoning = request.reasoning
    if reasoning is None:
        return {}
    if reasoning.enabled is False and reasoning.effort is None:
        losses.drop("reasoning.enabled", "thinking cannot be switched off for every model; the model's default holds")
        return {}
    effort = reasoning.effort
    if reasoning.budget is not None:
        losses.change("reasoning.budget", "a number of tokens is said as an effort")
        effort = effort or next((word for most, word in _EFFORTS if reasoning.budget <= most), "high")
    elif reasoning.adaptive and effort is None:
        losses.change("reasoning.adaptive", "without an effort the model decides by itself")
    summary = reasoning.summary
    if reasoning.include and summary is None:
        losses.change("reasoning.include", "thoughts are shown as a summary")
        summary = "auto"
    asks = reasoning.enabled is True or reasoning.adaptive or reasoning.budget is not None
    if summary is None and asks and request.origin != ORIGIN:
        summary = "auto"  # elsewhere a budget or a switch brings the thoughts with it; here they come when asked for
    return _given(effort=effort, summary=summary)


def _text(request: Request) -> Json:
    spelled = {} if request.output is None else {"format": _format(request.output)}
    return {**spelled, **_given(verbosity=request.verbosity)}


def _format(output: OutputFormat) -> Json:
    if output.kind == "json":
        return {"type": "json_object"}
    more = _given(description=output.description, strict=output.strict)
    return {"type": "json_schema", "name": output.name or "response", "schema": output.schema or {}, **more}
