"""Whole requests, both ways. Model and streaming stand in Google's URL: the caller sets both on what is read here."""

from omniroute.formats.gemini.config import read_output, read_reasoning, read_sampling, write_config
from omniroute.formats.gemini.contents import read_contents, read_system
from omniroute.formats.gemini.fields import GeminiFields
from omniroute.formats.gemini.tools import read_choice, read_tools, write_tools
from omniroute.formats.gemini.turns import Turns
from omniroute.formats.hub import Encoded, Format, Json, Request
from omniroute.formats.losses import Losses

_HOME = Format.GEMINI.value

_UNSAYABLE = {
    "service_tier": "Gemini has no service tiers",
    "verbosity": "Gemini has no verbosity",
    "user": "Gemini has no field for the end user",
    "metadata": "Gemini has no metadata",
    "cache_key": "Gemini caches by itself",
    "previous_response_id": "Gemini keeps no conversations",
}


def decode_request(body: Json) -> Request:
    """Read a request's body."""
    fields = GeminiFields(body)
    config = fields.child("generationConfig") or GeminiFields({}, "generationConfig", fields.notes)
    choice, extras = read_choice(fields)
    sampling, reasoning = read_sampling(config), read_reasoning(config)
    output, other = read_output(config)
    if more := {**config.rest(), **other}:
        extras["generationConfig"] = more
    model = (fields.text("model") or "").removeprefix("models/")
    messages = (*read_system(fields), *read_contents(fields))
    tools = read_tools(fields)
    return Request(
        model=model,
        messages=messages,
        tools=tools,
        tool_choice=choice,
        sampling=sampling,
        reasoning=reasoning,
        output=output,
        origin=_HOME,
        extras={**fields.rest(), **extras},
        unread=tuple(fields.notes),
    )


def encode_request(request: Request) -> Encoded:
    """Write a request's body."""
    losses = Losses()
    turns = Turns(request.messages, losses)
    body: Json = {"contents": turns.contents}
    if turns.system:
        body["systemInstruction"] = {"parts": turns.system}
    body |= write_tools(request, losses)
    if config := write_config(request, losses):
        body["generationConfig"] = config
    losses.drop_given(request, _UNSAYABLE)
    if request.store:
        losses.drop("store", "Gemini keeps no answers")
    return Encoded(body=_joined(body, losses.extras(request, _HOME)), losses=losses.all())


def _joined(body: Json, extras: Json) -> Json:
    """The body with the client's own other fields, put into the objects that both have."""
    out = dict(body)
    for key, value in extras.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _joined(out[key], value) if both else value
    return out
