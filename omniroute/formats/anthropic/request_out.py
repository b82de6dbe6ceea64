"""The hub's request to a Messages body."""

from omniroute.formats.anthropic.request_in import TIERS
from omniroute.formats.anthropic.thinking import write_reasoning
from omniroute.formats.anthropic.tools import write_tools
from omniroute.formats.anthropic.turns import write_conversation
from omniroute.formats.hub import Encoded, Format, Json, OutputFormat, Request, Sampling
from omniroute.formats.losses import Losses
from omniroute.formats.tool_names import tool_names

NATIVE = Format.ANTHROPIC.value

_UNSAYABLE = {
    "sampling.min_p": "Anthropic has no min_p",
    "sampling.frequency_penalty": "Anthropic has no penalties",
    "sampling.presence_penalty": "Anthropic has no penalties",
    "sampling.seed": "Anthropic has no seed",
    "sampling.logprobs": "Anthropic gives no log probabilities",
    "sampling.top_logprobs": "Anthropic gives no log probabilities",
    "sampling.logit_bias": "Anthropic has no logit bias",
    "verbosity": "Anthropic has no verbosity",
    "metadata": "Anthropic takes no metadata but a user id",
    "cache_key": "Anthropic caches by marks, not by key",
    "previous_response_id": "Anthropic keeps no conversations",
}

_TIER_WORDS = {hub: word for word, hub in TIERS.items()}


def encode_request(request: Request) -> Encoded:
    """Write a Messages body."""
    losses = Losses()
    names = tool_names(request.tools)
    body: Json = {"model": request.model}
    if request.sampling.max_tokens is not None:
        body["max_tokens"] = request.sampling.max_tokens
    body |= write_conversation(request.messages, names, losses)
    body |= write_tools(request, names, losses)
    body |= _write_sampling(request.sampling, losses)
    body |= write_reasoning(request.reasoning, body, losses)
    _write_output(request.output, body, losses)
    if request.stream:
        body["stream"] = True
    _write_account(request, body, losses)
    losses.drop_given(request, _UNSAYABLE)
    if request.store:
        losses.drop("store", "Anthropic stores no answers")
    body |= losses.extras(request, NATIVE)
    return Encoded(body=body, losses=losses.all())


def _write_sampling(sampling: Sampling, losses: Losses) -> Json:
    fields: Json = {}
    if sampling.temperature is not None:
        fields["temperature"] = min(max(sampling.temperature, 0), 1)
        if fields["temperature"] != sampling.temperature:
            losses.change("sampling.temperature", "Anthropic's temperatures go from 0 to 1")
    if sampling.top_p is not None and sampling.temperature is not None:
        # "`temperature` and `top_p` cannot both be specified for this model", says the API from Claude 4.5 on.
        losses.drop("sampling.top_p", "Anthropic takes temperature or top_p, not both")
    elif sampling.top_p is not None:
        fields["top_p"] = sampling.top_p
    if sampling.top_k is not None:
        fields["top_k"] = sampling.top_k
    if sampling.stop:
        fields["stop_sequences"] = _stops(sampling.stop, losses)
    if sampling.n is not None and sampling.n != 1:
        losses.drop("sampling.n", "Anthropic gives one answer")
    return {key: value for key, value in fields.items() if value != []}


def _stops(stops: tuple[str, ...], losses: Losses) -> list[str]:
    """Stop sequences; the API refuses blank ones, such as a line break."""
    kept = [stop for stop in stops if stop.strip()]
    if len(kept) < len(stops):
        losses.drop("sampling.stop", "Anthropic takes no stop sequence of white space only")
    return kept


def _write_output(output: OutputFormat | None, body: Json, losses: Losses) -> None:
    if output is None:
        return
    if output.kind == "json" or output.schema is None:
        losses.drop("output", "Anthropic holds an answer to a schema, not to JSON at large")
        return
    if output.description is not None:
        losses.drop("output.description", "Anthropic takes the schema alone")
    if output.name is not None:
        losses.change("output.name", "Anthropic takes the schema alone; its name says nothing to the model")
    if output.strict is False:
        losses.change("output.strict", "Anthropic holds an answer strictly to its schema")
    config = body.setdefault("output_config", {})
    config["format"] = {"type": "json_schema", "schema": output.schema}


def _write_account(request: Request, body: Json, losses: Losses) -> None:
    """Who asks, and at which tier."""
    if request.user is not None:
        body["metadata"] = {"user_id": request.user}
    tier = request.service_tier
    if tier in _TIER_WORDS:
        body["service_tier"] = _TIER_WORDS[tier]
    elif tier is not None:
        losses.drop("service_tier", f"Anthropic has no tier {tier!r}")
