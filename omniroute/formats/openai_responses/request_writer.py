"""A hub request in the Responses format, for an upstream that speaks it.

The first system message becomes `instructions`. State of reasoning goes in only when OpenAI made it: what another
vendor signed, and reasoning that nothing vouches for, is left out and told as a loss.
"""

from collections.abc import Iterator
from typing import assert_never

from omniroute.formats.hub import (
    Encoded,
    Json,
    Media,
    Message,
    Opaque,
    Refusal,
    Request,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from omniroute.formats.losses import Losses
from omniroute.formats.openai_responses.content import ORIGIN, is_content, write_opaque, write_part
from omniroute.formats.openai_responses.settings_writer import write_settings


def encode_request(request: Request) -> Encoded:
    """Write a request, and note what it loses."""
    losses = Losses()
    writer = _InputWriter(request, losses)
    body: Json = {"model": request.model, **instructions(request)}
    body["input"] = [item for n, message in _turns(request) for item in writer.message(message, f"messages[{n}]")]
    body |= write_settings(request, losses)
    if request.stream:
        body["stream"] = True
    return Encoded(body=body, losses=losses.all())


def instructions(request: Request) -> Json:
    """Return the `instructions` field, where the request begins with a system message of plain text."""
    text = _instruction(request)
    return {} if text is None else {"instructions": text}


def _instruction(request: Request) -> str | None:
    match request.messages[:1]:
        case (Message(role=Role.SYSTEM, parts=(Text(text=text, cache=None, state=None, citations=()),), name=None),):
            return text
        case _:
            return None


def _turns(request: Request) -> Iterator[tuple[int, Message]]:
    """Give the messages that stand in `input`, with their place in the request."""
    first = 0 if _instruction(request) is None else 1
    return ((n, message) for n, message in enumerate(request.messages) if n >= first)


class _InputWriter:
    """Writes messages as input items."""

    def __init__(self, request: Request, losses: Losses) -> None:
        self._losses = losses
        self._own = request.origin == ORIGIN
        self._names = {
            part.id: part.name for message in request.messages for part in message.parts if isinstance(part, ToolCall)
        }

    def message(self, message: Message, where: str) -> list[Json]:
        """Write one message: content gathers in message items, everything else is an item of its own."""
        if message.name is not None:
            self._losses.drop(f"{where}.name", "messages have no participant name")
        if not message.parts:
            self._losses.drop(where, "an empty message")
        items: list[Json] = []
        content: list[Json] = []
        for n, part in enumerate(message.parts):
            at = f"{where}.parts[{n}]"
            if isinstance(part, Text | Refusal | Media) or (isinstance(part, Opaque) and is_content(part)):
                written = write_part(part, at, self._losses, spoken=message.role is Role.ASSISTANT, own=self._own)
                content.extend([] if written is None else [written])
                continue
            items.extend(_message_items(message.role, content))
            content = []
            item = self._item(part, at)
            _append(items, item)
        return [*items, *_message_items(message.role, content)]

    def _item(self, part: Thinking | ToolCall | ToolResult | Opaque, at: str) -> Json | None:
        match part:
            case Thinking():
                return self._reasoning(part, at)
            case ToolCall():
                return self._call(part, at)
            case ToolResult():
                return self._result(part, at)
            case Opaque():
                return write_opaque(part, at, self._losses)
            case _:
                assert_never(part)

    def _reasoning(self, part: Thinking, at: str) -> Json | None:
        state = part.state
        if state is not None and state.origin != ORIGIN:
            self._losses.drop(at, f"reasoning that only {state.origin} can read back")
            return None
        if state is None and not self._own:
            self._losses.drop(at, "reasoning without the state that vouches for it")
            return None
        item: Json = {"type": "reasoning"}
        if part.id is not None:
            item["id"] = part.id
        # Beside sealed reasoning the text is a summary, whatever another format made of it on its way.
        short = part.summary or (state is not None and not part.redacted)
        item["summary"] = [{"type": "summary_text", "text": part.text}] if short else []
        if not (short or part.redacted):
            item["content"] = [{"type": "reasoning_text", "text": part.text}]
        if state is not None:
            item["encrypted_content"] = state.value
        return item

    def _call(self, part: ToolCall, at: str) -> Json:
        if part.state is not None:
            self._losses.drop(f"{at}.state", f"private state of {part.state.origin}")
        if part.cache is not None:
            self._losses.drop(f"{at}.cache", "tool calls have no cache breakpoint")
        item: Json = {"type": "custom_tool_call" if part.custom else "function_call"}
        if part.item_id is not None:
            item["id"] = part.item_id
        item |= {"call_id": part.id, "name": part.name}
        if part.namespace is not None:
            item["namespace"] = part.namespace
        # A call of a function without arguments must hold JSON all the same.
        return item | ({"input": part.arguments} if part.custom else {"arguments": part.arguments or "{}"})

    def _result(self, part: ToolResult, at: str) -> Json:
        if part.is_error:
            self._losses.drop(f"{at}.is_error", "tool outputs have no mark for errors; the text says it")
        if part.cache is not None:
            self._losses.drop(f"{at}.cache", "tool outputs have no cache breakpoint")
        if part.name is not None and self._names.get(part.call_id) != part.name:
            self._losses.drop(f"{at}.name", "the name of a tool stands on its call only")
        kind = "custom_tool_call_output" if part.custom else "function_call_output"
        return {"type": kind, "call_id": part.call_id, "output": self._output(part.parts, at)}

    def _output(self, parts: tuple[Text | Media | Opaque, ...], at: str) -> str | list[Json]:
        places = ((part, f"{at}.parts[{n}]") for n, part in enumerate(parts))
        written = (write_part(part, place, self._losses, spoken=False, own=self._own) for part, place in places)
        kept = [raw for raw in written if raw is not None]
        return _short(kept)


def _append(items: list[Json], item: Json | None) -> None:
    """Add an item; the two texts of one reasoning item (its words, then a summary) become one again."""
    if item is None:
        return
    last = items[-1] if items else {}
    same = item.get("type") == "reasoning" == last.get("type") and item.get("id") is not None
    if same and last.get("id") == item["id"] and "encrypted_content" not in last:
        summary = [*last.get("summary", []), *item.get("summary", [])]
        items[-1] = {**last, **item, "summary": summary}
    else:
        items.append(item)


def _message_items(role: Role, content: list[Json]) -> list[Json]:
    """Make a message item of gathered content."""
    if not content:
        return []
    # Tool messages hold results only; content that strayed into one is the user's to tell.
    speaker = Role.USER if role is Role.TOOL else role
    return [{"type": "message", "role": speaker.value, "content": _short(content)}]


def _short(content: list[Json]) -> str | list[Json]:
    """Say a single plain text as a string, which every server of this format reads."""
    match content:
        case []:
            return ""
        case [{"type": "input_text" | "output_text", "text": str(text), **more}] if not any(more.values()):
            return text
        case _:
            return content
