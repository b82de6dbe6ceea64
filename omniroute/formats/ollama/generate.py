"""/api/generate: one prompt, answered by whoever answers chats.

The prompt becomes a user's message. What only a completion model can do (text before a suffix, a template of one's own,
tokens of an earlier answer) is noted as lost.
"""

from collections.abc import Mapping
from dataclasses import replace

from omniroute.formats.hub import Choice, Format, Json, Loss, Message, Part, Request, Response, Role, Seed, Text
from omniroute.formats.ollama.answers import WORDS, figures, rfc3339
from omniroute.formats.ollama.messages import read_images
from omniroute.formats.ollama.response import message_of
from omniroute.formats.ollama.settings import read_settings
from omniroute.formats.ollama.stream import LineEncoder
from omniroute.formats.reading import Fields

GENERATE_WORDS = replace(WORDS, calls=False, shows=frozenset({("image", "data")}))
_LOST: Mapping[str, str] = {
    "suffix": "a chat writes nothing between two texts",
    "template": "the model's own template is used",
    "raw": "the prompt is put into the model's template",
    "context": "earlier answers are not kept",
    "width": "no image is made",
    "height": "no image is made",
    "steps": "no image is made",
}


def decode_generate(body: Json) -> Request:
    """Read a request's body as a chat. One without a prompt has no messages: it has the model loaded."""
    fields = Fields(body)
    model = fields.need("model")
    prompt, system = fields.text("prompt"), fields.text("system")
    asked: list[Part] = [Text(text=prompt)] if prompt else []
    asked += read_images(fields)
    for key, reason in _LOST.items():
        if fields.raw(key):
            fields.notes.append(Loss(path=key, reason=reason))
    settings = read_settings(fields)
    said = [Message(role=Role.SYSTEM, parts=(Text(text=system),))] if system and asked else []
    return Request(
        model=model,
        messages=(*said, Message(role=Role.USER, parts=tuple(asked))) if asked else (),
        sampling=settings.sampling,
        reasoning=settings.reasoning,
        output=settings.output,
        stream=settings.stream,
        origin=Format.OLLAMA.value,
        extras={**fields.rest(), **settings.extras},
        unread=tuple(fields.notes),
    )


def encode_generate_response(response: Response, _request: Request) -> Json:
    """Write a whole answer."""
    choice = response.choices[0] if response.choices else Choice()
    return {
        "model": response.model,
        "created_at": rfc3339(response.created),
        **_shape(message_of(choice.parts)),
        "done": True,
        **figures(choice.stop, response.usage),
        **({"logprobs": choice.logprobs} if choice.logprobs else {}),
    }


class GenerateEncoder(LineEncoder):
    """Events to the lines of /api/generate."""

    def __init__(self, _seed: Seed, _request: Request) -> None:
        super().__init__(_shape)


def _shape(message: Json) -> Json:
    """What a message says, in the fields of this endpoint, which has one for a picture."""
    shape: Json = {"response": message["content"]}
    if "thinking" in message:
        shape["thinking"] = message["thinking"]
    if images := message.get("images"):
        shape["image"] = images[0]
    return shape
