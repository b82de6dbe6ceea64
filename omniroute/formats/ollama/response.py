"""Whole answers, both ways. Their normal form: thoughts, text, calls, in this order, of the first choice."""

from typing import Any, assert_never

from omniroute.formats.failures import failure_of
from omniroute.formats.fold import StreamFault, fold
from omniroute.formats.hub import (
    Choice,
    Json,
    Media,
    Opaque,
    Part,
    Refusal,
    Request,
    Response,
    Seed,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from omniroute.formats.ollama.answers import AnswerReader, figures, rfc3339
from omniroute.formats.wrapping import object_of


def decode_response(body: Json, seed: Seed) -> Response:
    """Read a whole answer; an error in the place of one is a StreamFault."""
    if body.get("error"):
        raise StreamFault(failure_of(body))
    return fold(AnswerReader(seed).line({**body, "done": True}))


def encode_response(response: Response, _request: Request) -> Json:
    """Write a whole answer."""
    choice = response.choices[0] if response.choices else Choice()
    message = message_of(choice.parts)
    return {
        "model": response.model,
        "created_at": rfc3339(response.created),
        "message": chat_message(message),
        "done": True,
        **figures(choice.stop, response.usage),
        **({"logprobs": choice.logprobs} if choice.logprobs else {}),
    }


def chat_message(message: Json) -> Json:
    """What is said, as a chat's answer. Pictures are left out: Ollama's Python client refuses an answer with any."""
    return {"role": "assistant", **{key: value for key, value in message.items() if key != "images"}}


def message_of(parts: tuple[Part, ...]) -> Json:
    """What a message says: its fields but for the role."""
    texts: dict[str, str] = {"content": ""}
    lists: dict[str, list[Any]] = {}
    for part in parts:
        match part:
            case Text() | Refusal():
                texts["content"] += part.text
            case Thinking():
                texts["thinking"] = texts.get("thinking", "") + part.text
            case Media():
                if part.kind == "image" and part.data is not None:
                    lists.setdefault("images", []).append(part.data)
            case ToolCall():
                lists.setdefault("tool_calls", []).append(call_of(part))
            case ToolResult() | Opaque():
                pass  # no word for them
            case _:
                assert_never(part)
    return {**{key: text for key, text in texts.items() if text or key == "content"}, **lists}


def call_of(call: ToolCall) -> Json:
    """A call; arguments that are no object are wrapped in one."""
    arguments, _ = object_of(call.arguments)
    return {"id": call.id, "function": {"name": call.name, "arguments": arguments}}
