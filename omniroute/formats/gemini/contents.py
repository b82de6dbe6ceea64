"""The turns of a request, from Google's spelling to messages."""

from collections.abc import Iterator
from dataclasses import replace

from omniroute.formats.gemini.calls import Calls
from omniroute.formats.gemini.fields import GeminiFields
from omniroute.formats.gemini.media import read_blob, read_file
from omniroute.formats.gemini.parts import opaque
from omniroute.formats.gemini.results import read_result
from omniroute.formats.gemini.signatures import read_signature, split_redacted
from omniroute.formats.hub import Message, Part, Role, Text, Thinking, ToolCall, ToolResult
from omniroute.formats.reading import invalid
from omniroute.formats.wrapping import text_of_object

_ROLES = {None: Role.USER, "user": Role.USER, "function": Role.USER, "tool": Role.USER, "model": Role.ASSISTANT}


def read_system(body: GeminiFields) -> tuple[Message, ...]:
    """The system instruction: a text, a content, or parts."""
    parts = tuple(part for part in _system_parts(body) if part.text)
    return (Message(role=Role.SYSTEM, parts=parts),) if parts else ()


def _system_parts(body: GeminiFields) -> Iterator[Text]:
    key = "systemInstruction"
    value = body.raw(key)
    if isinstance(value, str):
        yield Text(text=value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield _system_text(item, f"{body.at(key)}[{index}]", body)
    elif value is not None:
        content = GeminiFields(value, body.at(key), body.notes)
        content.skip("role")
        if "parts" not in content.all():
            yield _system_text(value, body.at(key), body)
            return
        parts = content.raw("parts")
        for index, item in enumerate(parts if isinstance(parts, list) else [parts]):
            yield _system_text(item, f"{content.at('parts')}[{index}]", body)


def _system_text(item: object, path: str, body: GeminiFields) -> Text:
    if isinstance(item, str):
        return Text(text=item)
    fields = GeminiFields(item, path, body.notes)
    text = fields.text("text")
    if text is None:
        raise invalid(path, "a system instruction must be text")
    fields.close()
    return Text(text=text)


def read_contents(body: GeminiFields) -> tuple[Message, ...]:
    """All turns; those of functions' responses become tool messages."""
    contents = body.raw("contents")
    if isinstance(contents, str):
        return (Message(role=Role.USER, parts=(Text(text=contents),)),)
    if not isinstance(contents, list | dict) or not contents:
        raise invalid(body.at("contents"), "must hold at least one content")
    calls = Calls()
    messages: list[Message] = []
    listed = contents if isinstance(contents, list) else [contents]
    for index, content in enumerate(listed):
        path = f"{body.at('contents')}[{index}]" if isinstance(contents, list) else body.at("contents")
        if isinstance(content, str):
            messages.append(Message(role=Role.USER, parts=(Text(text=content),)))
        else:
            messages += _read_content(GeminiFields(content, path, body.notes), calls)
    return tuple(messages)


def _read_content(content: GeminiFields, calls: Calls) -> list[Message]:
    role = content.text("role") or None
    if role not in _ROLES:
        raise invalid(content.at("role"), "must be user or model")
    parts = content.raw("parts")
    listed = parts if isinstance(parts, list) else [parts] if parts is not None else []
    messages: list[Message] = []
    for index, raw in enumerate(listed):
        path = f"{content.at('parts')}[{index}]" if isinstance(parts, list) else content.at("parts")
        text = _plain_text(raw)
        part = _read_part(GeminiFields(raw, path, content.notes), calls) if text is None else Text(text=text)
        spoken = Role.TOOL if isinstance(part, ToolResult) else _ROLES[role]
        if messages and messages[-1].role is spoken:
            messages[-1] = Message(role=spoken, parts=_with(messages[-1].parts, part))
        else:
            messages.append(Message(role=spoken, parts=(part,)))
    content.close()
    return messages


def _with(parts: tuple[Part, ...], part: Part) -> tuple[Part, ...]:
    """Add a part. A thought that a client heard in pieces comes back in pieces, its signature on the last one."""
    last = parts[-1] if parts else None
    if not (isinstance(last, Thinking) and isinstance(part, Thinking)) or last.state or last.redacted or part.redacted:
        return (*parts, part)
    return (*parts[:-1], replace(part, text=last.text + part.text))


def _plain_text(raw: object) -> str | None:
    """The text of a part that is nothing but text, as most are."""
    if isinstance(raw, dict):
        raw = raw.get("text") if len(raw) == 1 else None
    return raw if isinstance(raw, str) else None


def _read_part(fields: GeminiFields, calls: Calls) -> Part:
    part = _content_of(fields, calls)
    fields.close()
    return part


def _content_of(fields: GeminiFields, calls: Calls) -> Part:
    if (call := fields.child("functionCall")) is not None:
        return _read_call(call, fields, calls)
    if (answer := fields.child("functionResponse")) is not None:
        name = answer.need("name")
        result = read_result(answer, calls.answered(answer.text("id"), name), name)
        answer.close()
        return result
    for key, read in (("inlineData", read_blob), ("fileData", read_file)):
        if (found := fields.child(key)) is not None:
            media = read(found.all())
            if media is None:
                raise invalid(fields.at(key), "must hold data, or name a file")
            return media
    if (text := fields.text("text")) is None and fields.rest().keys() - {"thought", "thoughtSignature"}:
        return opaque(fields.all())
    state, redacted = split_redacted(read_signature(fields.text("thoughtSignature")))
    if fields.flag("thought"):
        return Thinking(text=text or "", state=state, redacted=redacted)
    return Text(text=text or "", state=state)


def _read_call(call: GeminiFields, part: GeminiFields, calls: Calls) -> ToolCall:
    name = call.need("name")
    part.skip("thought")
    found = ToolCall(
        id=calls.made(call.text("id"), name),
        name=name,
        arguments=text_of_object(call.map("args")),
        state=read_signature(part.text("thoughtSignature")),
    )
    call.close()
    return found
