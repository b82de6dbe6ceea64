"""The hub's request to a chat body, in the words that OpenAI and its many imitators share.

The spelling is the one that most upstreams take: `system` rather than `developer`, `max_tokens` rather than
`max_completion_tokens`. An upstream that wants other words has a repair for it.
"""

import hashlib

from omniroute.formats.hub import Encoded, Format, Json, Reasoning, Request
from omniroute.formats.losses import Losses
from omniroute.formats.openai_chat.messages_out import write_messages
from omniroute.formats.openai_chat.tools import write_tools
from omniroute.formats.tool_names import tool_names

NATIVE = Format.OPENAI_CHAT.value

# OpenAI answers 400 (string_above_max_length) to a longer `user`; Claude Code's is about 150 characters.
_LONGEST_USER = 64

_UNSAYABLE = {
    "sampling.top_k": "OpenAI chat has no top_k",
    "sampling.min_p": "OpenAI chat has no min_p",
    "previous_response_id": "OpenAI chat keeps no conversations",
}

# Hub path → the body's field, for what is said alike.
_SAMPLING = (
    "max_tokens",
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "n",
    "logprobs",
    "top_logprobs",
)

# Thinking budgets as efforts: the most tokens that still count as this much.
_EFFORT_OF_BUDGET = ((4096, "low"), (16384, "medium"))


def encode_request(request: Request) -> Encoded:
    """Write a chat body."""
    losses = Losses()
    names = tool_names(request.tools)
    body: Json = {"model": request.model, "messages": write_messages(request.messages, names, losses)}
    body |= write_tools(request, names, losses)
    body |= _write_sampling(request)
    if request.reasoning is not None:
        body |= _write_reasoning(request.reasoning, losses)
    body |= _write_output(request)
    if request.stream:
        # Usage is always wanted: the gateway accounts by it, and leaves it out where the client did not ask.
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    body |= _write_user(request, losses)
    body |= _given(
        service_tier=request.service_tier,
        verbosity=request.verbosity,
        metadata=dict(request.metadata) if request.metadata is not None else None,
        prompt_cache_key=request.cache_key,
        store=request.store,
    )
    losses.drop_given(request, _UNSAYABLE)
    body |= losses.extras(request, NATIVE)
    return Encoded(body=body, losses=losses.all())


def _given(**fields: object) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


def _write_sampling(request: Request) -> Json:
    sampling = request.sampling
    fields = {name: value for name in _SAMPLING if (value := getattr(sampling, name)) is not None}
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    if sampling.logit_bias is not None:
        fields["logit_bias"] = dict(sampling.logit_bias)
    return fields


def _write_reasoning(reasoning: Reasoning, losses: Losses) -> Json:
    """Chat knows one field, the effort."""
    if reasoning.summary is not None:
        losses.drop("reasoning.summary", "OpenAI chat gives no summaries of reasoning")
    if reasoning.include is not None:
        losses.drop("reasoning.include", "OpenAI chat cannot ask for thoughts")
    effort = _effort(reasoning, losses)
    return {} if effort is None else {"reasoning_effort": effort}


def _effort(reasoning: Reasoning, losses: Losses) -> str | None:
    if reasoning.enabled is False:
        return "none"
    if reasoning.budget is not None:
        losses.change("reasoning.budget", "OpenAI chat knows efforts, not budgets")
    elif reasoning.adaptive:
        losses.drop("reasoning.adaptive", "OpenAI chat has no word for it; a model reasons as much as its effort says")
    elif reasoning.enabled and reasoning.effort is None:
        losses.drop("reasoning.enabled", "OpenAI chat has no word for it; a model that can reason does")
    if reasoning.effort is None and reasoning.budget is not None:
        return next((effort for most, effort in _EFFORT_OF_BUDGET if reasoning.budget <= most), "high")
    return reasoning.effort


def _write_output(request: Request) -> Json:
    output = request.output
    if output is None:
        return {}
    if output.kind == "json":
        return {"response_format": {"type": "json_object"}}
    schema = _given(description=output.description, schema=output.schema, strict=output.strict)
    # OpenAI demands a name.
    return {"response_format": {"type": "json_schema", "json_schema": {"name": output.name or "answer", **schema}}}


def _write_user(request: Request, losses: Losses) -> Json:
    user = request.user
    if user is None:
        return {}
    if len(user) > _LONGEST_USER:
        losses.change("user", f"ids over {_LONGEST_USER} characters are refused; a hash of it stands for it")
        user = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
    return {"user": user}
