"""A system prompt put before or after the client's own, in the field where each format has it.

After it is the kinder place: what a provider has cached of the client's own instructions still begins the same way.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any, assert_never

from omniroute.formats.hub import Format, Json, Message, Request, Role, Text

_SYSTEM = frozenset({"system", "developer"})
_GAP = "\n\n"


class Position(StrEnum):
    """Where the prompt stands in relation to the client's own instructions."""

    PREPEND = "prepend"
    APPEND = "append"


def with_prompt(spoken: Format, body: Json, prompt: str, position: Position) -> Json:
    """Return the body with the prompt in it; the same body when the client has it there already."""
    match spoken:
        case Format.OPENAI_CHAT:
            return _in_messages(body, prompt, position)
        case Format.OPENAI_RESPONSES:
            return _in_responses(body, prompt, position)
        case Format.ANTHROPIC:
            return _in_field(body, "system", prompt, position)
        case Format.GEMINI:
            return _in_gemini(body, prompt, position)
        case Format.OLLAMA:
            return (
                _in_messages(body, prompt, position)
                if "messages" in body
                else _in_field(body, "system", prompt, position)
            )
        case _:
            assert_never(spoken)


def with_prompt_read(request: Request, prompt: str, position: Position) -> Request:
    """Do the same to a request that was read already."""
    count = next(
        (n for n, one in enumerate(request.messages) if one.role not in {Role.SYSTEM, Role.DEVELOPER}),
        len(request.messages),
    )
    told = request.messages[:count]
    if any(isinstance(part, Text) and prompt in part.text for one in told for part in one.parts):
        return request
    place = 0 if position is Position.PREPEND else count
    added = Message(role=Role.SYSTEM, parts=(Text(text=prompt),))
    return replace(request, messages=(*request.messages[:place], added, *request.messages[place:]))


def _in_messages(body: Json, prompt: str, position: Position) -> Json:
    """Join the prompt to the first or last of the system messages at the head; some servers take one only."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return body
    count = _leading(messages)
    if any(prompt in text for message in messages[:count] for text in _texts(message.get("content"))):
        return body
    if count == 0:
        return {**body, "messages": [{"role": "system", "content": prompt}, *messages]}
    place = 0 if position is Position.PREPEND else count - 1
    told = messages[place]
    joined = {**told, "content": _joined(told.get("content"), prompt, position)}
    return {**body, "messages": [*messages[:place], joined, *messages[place + 1 :]]}


def _in_responses(body: Json, prompt: str, position: Position) -> Json:
    """Use `instructions`, or a message behind the developer messages that stand where a client has no instructions."""
    items, instructions = body.get("input"), body.get("instructions")
    count = _leading(items) if isinstance(items, list) else 0
    told = [instructions] if isinstance(instructions, str) else []
    texts = (text for item in (items or ())[:count] for text in _texts(item.get("content")))
    if any(prompt in text for text in (*told, *texts)):
        return body
    if not instructions and count and position is Position.APPEND and isinstance(items, list):
        added = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": prompt}]}
        return {**body, "input": [*items[:count], added, *items[count:]]}
    return {**body, "instructions": _joined(instructions or None, prompt, position)}


def _in_field(body: Json, name: str, prompt: str, position: Position) -> Json:
    own = body.get(name)
    if any(prompt in text for text in _texts(own)):
        return body
    return {**body, name: _joined(own or None, prompt, position)}


def _in_gemini(body: Json, prompt: str, position: Position) -> Json:
    name = "system_instruction" if "system_instruction" in body else "systemInstruction"
    own = body.get(name)
    parts = own.get("parts") if isinstance(own, dict) else own
    if any(prompt in text for text in _texts(parts)):
        return body
    held = parts if isinstance(parts, list) else [{"text": parts} if isinstance(parts, str) else parts]
    kept = [part for part in held if part]
    added = [{"text": prompt}]
    joined = [*added, *kept] if position is Position.PREPEND else [*kept, *added]
    return {**body, name: {**(own if isinstance(own, dict) else {}), "parts": joined}}


def _leading(messages: list[Any]) -> int:
    """Count the system messages at the head."""
    return next(
        (n for n, one in enumerate(messages) if not isinstance(one, dict) or one.get("role") not in _SYSTEM),
        len(messages),
    )


def _texts(content: object) -> Iterator[str]:
    """Give the texts of a content, which is a text, a part or a list of parts."""
    if isinstance(content, str):
        yield content
        return
    for part in content if isinstance(content, list) else [content]:
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str):
            yield text


def _joined(content: Any, prompt: str, position: Position) -> Any:
    """Return a content with the prompt at its begin or end."""
    first = position is Position.PREPEND
    if isinstance(content, list):
        part = {"type": "text", "text": prompt}
        return [part, *content] if first else [*content, part]
    if not isinstance(content, str) or not content:
        return prompt
    return f"{prompt}{_GAP}{content}" if first else f"{content}{_GAP}{prompt}"
