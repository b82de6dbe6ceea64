"""A chat request's body to the hub. Wrong types raise Invalid with the field's path, unknown fields are noted."""

from collections.abc import Mapping

from omniroute.formats.hub import Format, Json, Loss, OutputFormat, Reasoning, Request, Sampling
from omniroute.formats.openai_chat.messages_in import read_messages
from omniroute.formats.openai_chat.tools import read_choice, read_tools
from omniroute.formats.reading import Fields, invalid

NATIVE = Format.OPENAI_CHAT.value


def decode_request(body: Json) -> Request:
    """Read a chat request."""
    fields = Fields(body)
    model = fields.need("model")
    messages = read_messages(fields)
    stream = fields.flag("stream") or False
    if fields.raw("functions") is not None:
        reason = "functions are read as tools, and the answer calls them as tools"
        fields.notes.append(Loss(path="functions", reason=reason, action="mapped"))
    return Request(
        model=model,
        messages=messages,
        tools=read_tools(fields),
        tool_choice=read_choice(fields),
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
        sampling=_read_sampling(fields),
        reasoning=_read_reasoning(fields),
        output=_read_output(fields),
        stream=stream,
        include_usage=_read_include_usage(fields, stream=stream),
        service_tier=fields.text("service_tier"),
        verbosity=fields.text("verbosity"),
        user=_read_user(fields),
        metadata=_read_metadata(fields),
        cache_key=fields.text("prompt_cache_key"),
        store=fields.flag("store"),
        origin=NATIVE,
        extras=fields.rest(),
        unread=tuple(fields.notes),
    )


def _read_sampling(fields: Fields) -> Sampling:
    older = fields.integer("max_tokens")
    newer = fields.integer("max_completion_tokens")
    return Sampling(
        max_tokens=older if newer is None else newer,
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),  # vLLM, OpenRouter and others
        min_p=fields.number("min_p"),
        frequency_penalty=fields.number("frequency_penalty"),
        presence_penalty=fields.number("presence_penalty"),
        seed=fields.integer("seed"),
        stop=fields.texts("stop"),
        n=fields.integer("n"),
        logprobs=fields.flag("logprobs"),
        top_logprobs=fields.integer("top_logprobs"),
        logit_bias=_read_bias(fields),
    )


def _read_bias(fields: Fields) -> Mapping[str, float] | None:
    raw = fields.object("logit_bias")
    if raw is None:
        return None
    bias = Fields(raw, fields.at("logit_bias"))
    return {token: value for token in raw if (value := bias.number(token)) is not None}


def _read_reasoning(fields: Fields) -> Reasoning | None:
    """OpenAI's reasoning_effort, or OpenRouter's reasoning object."""
    effort = fields.text("reasoning_effort")
    if effort is not None:
        return Reasoning(enabled=False) if effort == "none" else Reasoning(effort=effort)
    given = fields.child("reasoning")
    if given is None:
        return None
    effort, enabled, hidden = given.text("effort"), given.flag("enabled"), given.flag("exclude")
    if effort == "none":
        effort, enabled = None, False
    found = Reasoning(
        enabled=enabled,
        effort=effort,
        budget=given.integer("max_tokens"),
        summary=given.text("summary"),
        include=None if hidden is None else not hidden,
    )
    given.close()
    return found


def _read_output(fields: Fields) -> OutputFormat | None:
    given = fields.child("response_format")
    if given is None:
        return None
    kind = given.need("type")
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputFormat(kind="json")
    if kind != "json_schema":
        raise invalid(given.at("type"), "must be text, json_object or json_schema")
    schema = given.child("json_schema")
    if schema is None:
        raise invalid(given.at("json_schema"), "is missing; give an object")
    found = OutputFormat(
        kind="schema",
        schema=schema.object("schema"),
        name=schema.text("name"),
        description=schema.text("description"),
        strict=schema.flag("strict"),
    )
    schema.close()
    return found


def _read_include_usage(fields: Fields, *, stream: bool) -> bool:
    """A whole answer always tells its usage, a stream only when asked to."""
    options = fields.child("stream_options")
    if options is None:
        return not stream
    wanted = options.flag("include_usage")
    # Random padding against guessing text by its length; of no meaning to anyone but the vendor.
    options.skip("include_obfuscation")
    options.close()
    return wanted or not stream


def _read_user(fields: Fields) -> str | None:
    """The end user's id; `user` is the older name of safety_identifier."""
    if fields.raw("user") is None:
        return fields.text("safety_identifier")
    return fields.text("user")


def _read_metadata(fields: Fields) -> Mapping[str, str] | None:
    raw = fields.object("metadata")
    if raw is None:
        return None
    pairs = Fields(raw, fields.at("metadata"))
    return {key: value for key in raw if (value := pairs.text(key)) is not None}
