"""The messages of a chat request, from the wire. Tool messages that follow one another become one hub message."""

from omniroute.formats.hub import Format, Loss, Media, Message, Opaque, Part, Refusal, Role, Text, ToolCall, ToolResult
from omniroute.formats.openai_chat.parts import read_content
from omniroute.formats.openai_chat.reasoning import read_reasoning, read_signature
from omniroute.formats.reading import Fields, invalid
from omniroute.formats.wrapping import text_of_object

NATIVE = Format.OPENAI_CHAT.value

_ROLES = {"system": Role.SYSTEM, "developer": Role.DEVELOPER, "user": Role.USER}


def read_messages(body: Fields) -> tuple[Message, ...]:
    """All messages."""
    if not body.list("messages"):
        raise invalid(body.at("messages"), "must be a list of at least one message")
    messages: list[Message] = []
    old_calls: dict[str, str] = {}
    for index, fields in enumerate(body.children("messages")):
        message = _read_message(fields, index, old_calls)
        fields.close()
        if message.role is Role.TOOL and messages and messages[-1].role is Role.TOOL:
            messages[-1] = Message(role=Role.TOOL, parts=messages[-1].parts + message.parts)
        else:
            messages.append(message)
    return tuple(messages)


def _read_message(fields: Fields, index: int, old_calls: dict[str, str]) -> Message:
    role = fields.need("role")
    if role == "assistant":
        return _read_assistant(fields, index, old_calls)
    if role == "tool":
        return Message(role=Role.TOOL, parts=(_read_result(fields, fields.need("tool_call_id")),))
    if role == "function":
        name = fields.need("name")
        return Message(role=Role.TOOL, parts=(_read_result(fields, old_calls.get(name, f"call_{name}")),))
    if role not in _ROLES:
        raise invalid(fields.at("role"), "must be system, developer, user, assistant or tool")
    return Message(role=_ROLES[role], parts=read_content(fields), name=fields.text("name"))


def _read_assistant(fields: Fields, index: int, old_calls: dict[str, str]) -> Message:
    """Reasoning, text, calls, in this order."""
    written = fields.raw("reasoning_content")
    spoken = fields.raw("reasoning")
    parts: list[Part] = [*read_reasoning(written or spoken, fields.raw("reasoning_details"))]
    parts += _signed(read_content(fields), fields)
    refusal = fields.text("refusal")
    if refusal:
        parts.append(Refusal(text=refusal))
    audio = fields.object("audio")
    if audio is not None:
        parts.append(Opaque(origin=NATIVE, kind="audio", raw=audio))
    parts += [read_call(call) for call in fields.children("tool_calls")]
    old = fields.child("function_call")
    if old is not None:
        call = ToolCall(id=f"call_{index}", name=old.need("name"), arguments=old.text("arguments") or "")
        old_calls[call.name] = call.id
        parts.append(call)
    # What an answer says and a request has no use for; clients send whole answers back.
    fields.skip("annotations")
    return Message(role=Role.ASSISTANT, parts=tuple(parts), name=fields.text("name"))


def read_call(call: Fields) -> ToolCall:
    """One tool call of a message."""
    kind = call.text("type") or "function"
    inner = call.child(kind) if kind in {"function", "custom"} else None
    if inner is None:
        raise invalid(call.at(kind if kind in {"function", "custom"} else "type"), "must be a function or custom call")
    arguments = inner.text("input") if kind == "custom" else text_of_object(inner.raw("arguments") or "")
    found = ToolCall(
        id=call.need("id"),
        name=inner.need("name"),
        arguments=arguments or "",
        custom=kind == "custom",
        state=read_signature(call.raw("extra_content")),
    )
    inner.close()
    call.skip("index")
    call.close()
    return found


def _signed(parts: tuple[Part, ...], fields: Fields) -> list[Part]:
    """The content with the message's own signature on its last text."""
    state = read_signature(fields.raw("extra_content"))
    found = list(parts)
    if state is None:
        return found
    for place in range(len(found) - 1, -1, -1):
        part = found[place]
        if isinstance(part, Text):
            found[place] = Text(text=part.text, citations=part.citations, cache=part.cache, state=state)
            return found
    fields.notes.append(Loss(path=fields.at("extra_content"), reason="a signature without the text that it signs"))
    return found


def _read_result(fields: Fields, call_id: str) -> ToolResult:
    parts: list[Text | Media | Opaque] = []
    for part in read_content(fields):
        if not isinstance(part, Text | Media | Opaque):
            raise invalid(fields.at("content"), f"a tool's answer holds no {type(part).__name__.lower()}")
        parts.append(part)
    return ToolResult(call_id=call_id, parts=tuple(parts), name=fields.text("name"))
