"""Whole requests of /api/chat, both ways."""

from omniroute.formats.hub import Encoded, Format, Json, Request
from omniroute.formats.losses import Losses
from omniroute.formats.ollama.messages import read_messages, write_messages
from omniroute.formats.ollama.settings import read_settings, write_settings
from omniroute.formats.ollama.tools import read_tools, write_tools
from omniroute.formats.reading import Fields

_HOME = Format.OLLAMA.value


def decode_request(body: Json) -> Request:
    """Read a request's body."""
    fields = Fields(body)
    model = fields.need("model")
    messages = read_messages(fields)
    tools = read_tools(fields)
    settings = read_settings(fields)
    return Request(
        model=model,
        messages=messages,
        tools=tools,
        sampling=settings.sampling,
        reasoning=settings.reasoning,
        output=settings.output,
        stream=settings.stream,
        origin=_HOME,
        extras={**fields.rest(), **settings.extras},
        unread=tuple(fields.notes),
    )


def encode_request(request: Request) -> Encoded:
    """Write a request's body. `stream` is always said, for Ollama streams unless told not to."""
    losses = Losses()
    body: Json = {
        "model": request.model,
        "messages": write_messages(request.messages, losses),
        **write_tools(request, losses),
        **write_settings(request, losses),
        "stream": request.stream,
    }
    extras = losses.extras(request, _HOME)
    options = {**body.get("options", {}), **(more if isinstance(more := extras.pop("options", None), dict) else {})}
    return Encoded(body=body | ({"options": options} if options else {}) | extras, losses=losses.all())
