"""Messages, both ways. A tool's result is a message of its own here; those that follow one another are one hub message.

A result names its call by `tool_call_id`, or only the tool by `tool_name`: then the first call of that tool is meant
that has no result yet, or the first of any tool when there is no name either.
"""

from collections.abc import Iterable
from typing import assert_never

from omniroute.formats.hub import (
    Json,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from omniroute.formats.losses import Losses
from omniroute.formats.ollama.answers import read_image
from omniroute.formats.reading import Fields, invalid
from omniroute.formats.wrapping import object_of, text_of_object, wrap

_ROLES = {"system": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT, "tool": Role.TOOL}
_WORDS = {Role.SYSTEM: "system", Role.DEVELOPER: "system", Role.USER: "user", Role.ASSISTANT: "assistant"}


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_messages(body: Fields) -> tuple[Message, ...]:
    """All messages. None at all is how a client has a model loaded."""
    reader = _Reader()
    messages: list[Message] = []
    for fields in body.children("messages"):
        message = reader.message(fields)
        fields.close()
        if message.role is Role.TOOL and messages and messages[-1].role is Role.TOOL:
            messages[-1] = Message(role=Role.TOOL, parts=messages[-1].parts + message.parts)
        else:
            messages.append(message)
    return tuple(messages)


def read_images(fields: Fields) -> list[Media]:
    """The images of a message."""
    found: list[Media] = []
    for number, image in enumerate(fields.list("images") or ()):
        if not isinstance(image, str):
            raise invalid(f"{fields.at('images')}[{number}]", "must be an image in base64")
        found.append(read_image(image))
    return found


class _Reader:
    """Reads messages in their order, with the calls that wait for a result."""

    def __init__(self) -> None:
        self._made = 0
        self._waiting: list[tuple[str, str]] = []  # (id, name)

    def message(self, fields: Fields) -> Message:
        role = _ROLES.get(fields.need("role"))
        if role is None:
            raise invalid(fields.at("role"), "must be system, user, assistant or tool")
        if role is Role.TOOL:
            return Message(role=role, parts=(self._result(fields),))
        parts: list[Part] = []
        if thinking := fields.text("thinking"):
            parts.append(Thinking(text=thinking))
        if content := fields.text("content"):
            parts.append(Text(text=content))
        parts += read_images(fields)
        parts += [self._call(call) for call in fields.children("tool_calls")]
        return Message(role=role, parts=tuple(parts))

    def _call(self, fields: Fields) -> ToolCall:
        function = fields.child("function")
        if function is None:
            raise invalid(fields.at("function"), "is missing; give an object")
        name = function.need("name")
        call_id = fields.text("id") or f"call_{self._made}"
        self._made += 1
        self._waiting.append((call_id, name))
        arguments = function.raw("arguments")
        if arguments is not None and not isinstance(arguments, dict | str):
            raise invalid(function.at("arguments"), "must be an object")
        for read, noise in ((function, "index"), (fields, "type")):
            read.skip(noise)
            read.close()
        return ToolCall(id=call_id, name=name, arguments=text_of_object(arguments))

    def _result(self, fields: Fields) -> ToolResult:
        name = fields.text("tool_name") or fields.text("name")
        call_id = fields.text("tool_call_id")
        parts: list[Text | Media | Opaque] = []
        if content := fields.text("content"):
            parts.append(Text(text=content))
        parts += read_images(fields)
        return ToolResult(call_id=self._answered(call_id, name), name=name, parts=tuple(parts))

    def _answered(self, call_id: str | None, name: str | None) -> str:
        for call in self._waiting:
            if call[0] == call_id if call_id else name in {None, call[1]}:
                self._waiting.remove(call)
                return call[0]
        return call_id or f"call_{name or 'unknown'}"


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_messages(messages: Iterable[Message], losses: Losses) -> list[Json]:
    """All messages."""
    listed = list(messages)
    names = {part.id: part.name for message in listed for part in message.parts if isinstance(part, ToolCall)}
    written: list[Json] = []
    for number, message in enumerate(listed):
        written += _Writer(f"messages[{number}]", names, losses).write(message)
    return written


class _Writer:
    """Writes one message of the hub, as one or more."""

    def __init__(self, path: str, names: dict[str, str], losses: Losses) -> None:
        self._path = path
        self._names = names
        self._losses = losses
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._images: list[str] = []
        self._calls: list[Json] = []

    def write(self, message: Message) -> list[Json]:
        if message.name is not None:
            self._losses.drop(f"{self._path}.name", "Ollama has no names of speakers")
        written: list[Json] = []
        for number, part in enumerate(message.parts):
            path = f"{self._path}.parts[{number}]"
            if isinstance(part, ToolResult):
                written.append(self._result(part, path))
            else:
                self._part(part, path)
        if message.role is not Role.TOOL and (len(written) < len(message.parts) or not message.parts):
            written.append(self._message(message.role))
        return written

    def _message(self, role: Role) -> Json:
        joint = "" if role is Role.ASSISTANT else "\n"
        if len(self._texts) > 1:
            self._losses.change(self._path, "several texts of a message become one")
        raw: Json = {"role": _WORDS.get(role, "user"), "content": joint.join(self._texts)}
        if self._thoughts:
            raw["thinking"] = "\n".join(self._thoughts)
        return raw | {key: value for key, value in (("images", self._images), ("tool_calls", self._calls)) if value}

    def _part(self, part: Text | Refusal | Thinking | Media | ToolCall | Opaque, path: str) -> None:
        match part:
            case Text():
                self._text(part, path)
            case Refusal():
                self._losses.change(path, "a refusal is said as text")
                self._texts.append(part.text)
            case Thinking():
                self._thought(part, path)
            case Media():
                self._images += self._image(part, path)
            case ToolCall():
                self._call(part, path)
            case Opaque():
                self._losses.drop(path, f"only {part.origin} knows the block {part.kind}")
            case _:
                assert_never(part)

    def _text(self, part: Text, path: str) -> None:
        for name, reason in (("cache", "cache marks"), ("state", "signatures"), ("citations", "citations")):
            if getattr(part, name):
                self._losses.drop(f"{path}.{name}", f"Ollama has no {reason}")
        if part.text:
            self._texts.append(part.text)

    def _thought(self, part: Thinking, path: str) -> None:
        if part.redacted or not part.text:
            self._losses.drop(path, "Ollama takes thoughts in plain text only")
            return
        if part.state is not None:
            self._losses.drop(f"{path}.state", f"only {part.state.origin} understands this signature")
        self._thoughts.append(part.text)

    def _image(self, part: Media, path: str) -> list[str]:
        if part.kind != "image" or part.data is None:
            self._losses.drop(path, "Ollama takes images in base64 only")
            return []
        for name in ("name", "cache"):
            if getattr(part, name) is not None:
                self._losses.drop(f"{path}.{name}", "Ollama takes the image alone")
        if part.detail not in {None, "auto"}:
            self._losses.drop(f"{path}.detail", "Ollama chooses the detail of an image itself")
        return [part.data]

    def _call(self, part: ToolCall, path: str) -> None:
        for name, reason in (("namespace", "groups of tools"), ("state", "signatures"), ("cache", "cache marks")):
            if getattr(part, name) is not None:
                self._losses.drop(f"{path}.{name}", f"Ollama has no {reason}")
        arguments, whole = (wrap(part.arguments), True) if part.custom else object_of(part.arguments)
        if part.custom or not whole:
            self._losses.change(f"{path}.arguments", "arguments that are no object are wrapped in one")
        self._calls.append({"id": part.id, "function": {"name": part.name, "arguments": arguments}})

    def _result(self, part: ToolResult, path: str) -> Json:
        if part.is_error:
            self._losses.drop(f"{path}.is_error", "Ollama does not tell failed results from others")
        if part.cache is not None:
            self._losses.drop(f"{path}.cache", "Ollama has no cache marks")
        inner = _Writer(path, self._names, self._losses)
        for number, one in enumerate(part.parts):
            inner._part(one, f"{path}.parts[{number}]")
        said = inner._message(Role.TOOL)
        name = part.name or self._names.get(part.call_id)
        return {**said, "role": "tool", "tool_call_id": part.call_id, **({"tool_name": name} if name else {})}
