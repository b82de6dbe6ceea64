"""Parts of an answer: Google's spelling and the hub's. Requests have readers and writers of their own."""

from typing import assert_never

from omniroute.formats.gemini.media import read_blob, read_file, write_media
from omniroute.formats.gemini.signatures import STAND_IN, read_signature, split_redacted, write_signature
from omniroute.formats.hub import Format, Json, Media, Opaque, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from omniroute.formats.loose import text_in
from omniroute.formats.wrapping import object_of, text_of_object

_HOME = Format.GEMINI.value
_BESIDE = frozenset({"thought", "thoughtSignature", "text"})


def is_text(raw: Json) -> bool:
    """Whether a part is text, a thought or a signature alone."""
    return raw.keys() <= _BESIDE or (isinstance(raw.get("text"), str) and "functionCall" not in raw)


def read_text(raw: Json) -> Text | Thinking:
    """Read a part of text: what the model says, or what it thinks."""
    text = text_in(raw, "text") or ""
    state, redacted = split_redacted(read_signature(raw.get("thoughtSignature")))
    if raw.get("thought") is True:
        return Thinking(text=text, state=state, redacted=redacted)
    return Text(text=text, state=state)


def read_call(raw: Json, call_id: str) -> ToolCall:
    """Read a function call; `call_id` is for one that has none."""
    call = raw["functionCall"]
    return ToolCall(
        id=text_in(call, "id") or call_id,
        name=text_in(call, "name") or "",
        arguments=text_of_object(call.get("args")),
        state=read_signature(raw.get("thoughtSignature")),
    )


def read_other(raw: Json) -> Media | Opaque:
    """Read any other part; what the hub has no word for stays as it is."""
    media: Media | None = None
    if not raw.get("thought") and isinstance(blob := raw.get("inlineData"), dict):
        media = read_blob(blob)
    elif isinstance(file := raw.get("fileData"), dict):
        media = read_file(file)
    return media or opaque(raw)


def opaque(raw: Json) -> Opaque:
    """A part that only Gemini understands."""
    kind = next((key for key in raw if key not in _BESIDE), "part")
    return Opaque(origin=_HOME, kind=kind, raw=raw)


def write_part(part: Part) -> Json | None:
    """Write a part of an answer; None when Google has no word for it."""
    raw: Json | None
    match part:
        case Text():
            raw = _signed({"text": part.text}, part)
        case Refusal():
            raw = {"text": part.text}
        case Thinking():
            raw = _signed({"text": part.text, "thought": True}, part)
        case ToolCall():
            raw = write_call(part)
        case Media():
            raw = write_media(part)
        case Opaque():
            raw = part.raw if part.origin == _HOME else None
        case ToolResult():
            raw = None
        case _:
            assert_never(part)
    return raw


def write_call(call: ToolCall) -> Json:
    """Write a function call; arguments that are no object are wrapped in one.

    A call that nobody signed gets the stand-in: the client hands it back, and then Gemini 3, to which that request may
    pass through as it is, takes the call for what it is, another model's.
    """
    args, _ = object_of(call.arguments)
    raw: Json = {"functionCall": {"id": call.id, "name": call.name, "args": args}}
    return {**raw, "thoughtSignature": STAND_IN} if call.state is None else _signed(raw, call)


def _signed(raw: Json, part: Text | Thinking | ToolCall) -> Json:
    if part.state is None:
        return raw
    redacted = isinstance(part, Thinking) and part.redacted
    return {**raw, "thoughtSignature": write_signature(part.state, redacted=redacted)}
