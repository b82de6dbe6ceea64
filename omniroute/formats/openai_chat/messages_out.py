"""Hub messages to chat messages.

Chat's tool messages hold text only, and must follow their call without a gap: what a tool showed (images, documents)
is held back and said in a user message behind the last of them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from omniroute.formats.hub import (
    Format,
    Json,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    State,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from omniroute.formats.losses import Losses
from omniroute.formats.openai_chat.parts import drop_cache, write_media, write_text
from omniroute.formats.openai_chat.reasoning import write_reasoning, write_signature
from omniroute.formats.openai_chat.tools import plain_name
from omniroute.formats.tool_names import ToolNames

NATIVE = Format.OPENAI_CHAT.value

# OpenAI answers 400 to a longer id of a tool call.
_LONGEST_ID = 40

Numbered = Sequence[tuple[str, Part]]


def write_messages(messages: Sequence[Message], names: ToolNames, losses: Losses) -> list[Json]:
    """Write all messages."""
    writer = _Writer(names, losses)
    for index, message in enumerate(messages):
        writer.write(message, f"messages[{index}]")
    writer.show_held()
    return writer.messages


class _Writer:
    """The messages under way."""

    def __init__(self, names: ToolNames, losses: Losses) -> None:
        self.messages: list[Json] = []
        self._names = names
        self._losses = losses
        self._held: list[Json] = []

    def write(self, message: Message, path: str) -> None:
        numbered = [(f"{path}.parts[{index}]", part) for index, part in enumerate(message.parts)]
        for part_path, part in numbered:
            if isinstance(part, ToolResult):
                self._write_result(part, part_path)
        if message.role is Role.TOOL or (numbered and all(isinstance(part, ToolResult) for _, part in numbered)):
            self._refuse_others(numbered)
            return
        self.show_held()
        named = {"name": message.name} if message.name is not None else {}
        if message.role is Role.ASSISTANT:
            self._write_assistant(numbered, named)
        elif message.role is Role.USER:
            self.messages.append({"role": "user", **named, "content": _content(self._user_parts(numbered))})
        else:
            self.messages.append({"role": "system", **named, "content": _content(self._texts(numbered))})

    def show_held(self) -> None:
        """Say what tools showed."""
        if self._held:
            self.messages.append({"role": "user", "content": self._held})
            self._held = []

    def _refuse_others(self, numbered: Numbered) -> None:
        for path, part in numbered:
            if not isinstance(part, ToolResult):
                self._losses.drop(path, "a tool message holds only results")

    # ── tools ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _write_result(self, result: ToolResult, path: str) -> None:
        if result.is_error:
            self._losses.drop(f"{path}.is_error", "OpenAI chat has no mark for a tool that failed")
        drop_cache(result.cache, path, self._losses)
        texts: list[Json] = []
        shown: list[Json] = []
        for index, part in enumerate(result.parts):
            self._sort_result_part(part, f"{path}.parts[{index}]", texts, shown)
        call_id = self._call_id(result.call_id, f"{path}.call_id")
        if shown:
            self._held += [{"type": "text", "text": f"Shown by the tool call {call_id}:"}, *shown]
        named = {"name": result.name} if result.name else {}
        self.messages.append({"role": "tool", "tool_call_id": call_id, **named, "content": _content(texts)})

    def _sort_result_part(self, part: Text | Media | Opaque, path: str, texts: list[Json], shown: list[Json]) -> None:
        match part:
            case Text():
                texts.append(write_text(part, path, self._losses))
            case Media():
                written = write_media(part, path, self._losses)
                if written is not None:
                    self._losses.change(path, "OpenAI chat's tool messages hold text; a user message behind shows this")
                    shown.append(written)
            case Opaque():
                texts += self._opaque(part, path)
            case _:
                assert_never(part)

    def _call_id(self, call_id: str, path: str) -> str:
        if len(call_id) <= _LONGEST_ID:
            return call_id
        self._losses.change(path, f"ids over {_LONGEST_ID} characters are refused; a hash of it stands for it")
        return f"call_{hashlib.sha256(call_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"

    # ── user and system ─────────────────────────────────────────────────────────────────────────────────────────

    def _user_parts(self, numbered: Numbered) -> list[Json]:
        written: list[Json] = []
        for path, part in numbered:
            if isinstance(part, Media):
                media = write_media(part, path, self._losses)
                written += [] if media is None else [media]
            elif not isinstance(part, ToolResult):
                written += self._texts([(path, part)])
        return written

    def _texts(self, numbered: Numbered) -> list[Json]:
        written: list[Json] = []
        for path, part in numbered:
            match part:
                case Text():
                    self._drop_text_extras(part, path)
                    written.append(write_text(part, path, self._losses))
                case Refusal():
                    written.append({"type": "text", "text": part.text})
                    self._losses.change(path, "only an assistant refuses; said as text")
                case Opaque():
                    written += self._opaque(part, path)
                case Thinking() | Media() | ToolCall() | ToolResult():
                    self._losses.drop(path, f"no place for {type(part).__name__} in a message of this role")
                case _:
                    assert_never(part)
        return written

    def _drop_text_extras(self, part: Text, path: str) -> None:
        if part.citations:
            self._losses.drop(f"{path}.citations", "OpenAI chat takes no citations in a request")
        if part.state is not None:
            self._losses.drop(f"{path}.state", "no place for a signature in a message of this role")

    def _opaque(self, part: Opaque, path: str) -> list[Json]:
        if part.origin == NATIVE and part.kind != "audio":
            return [part.raw]
        self._losses.drop(path, f"only {part.origin} knows the block {part.kind}")
        return []

    # ── assistant ───────────────────────────────────────────────────────────────────────────────────────────────

    def _write_assistant(self, numbered: Numbered, named: Json) -> None:
        thoughts = [kept for path, part in numbered if isinstance(part, Thinking) for kept in self._thought(part, path)]
        content: list[Json] = []
        calls = [self._call(part, path) for path, part in numbered if isinstance(part, ToolCall)]
        others: Json = {}
        last_text = next((path for path, part in reversed(numbered) if isinstance(part, Text)), "")
        for path, part in numbered:
            match part:
                case Text():
                    content.append(self._assistant_text(part, path, others, last=path == last_text))
                case Refusal():
                    others["refusal"] = others.get("refusal", "") + part.text
                case Opaque():
                    content += self._assistant_opaque(part, path, others)
                case Media():
                    self._losses.drop(path, "OpenAI chat takes no media from an assistant")
                case Thinking() | ToolCall() | ToolResult():
                    pass  # written before
                case _:
                    assert_never(part)
        fields = {**write_reasoning(thoughts), **others, **({"tool_calls": calls} if calls else {})}
        if content or fields or not numbered:
            said = _content(content) if content or not fields else None
            self.messages.append({"role": "assistant", **named, "content": said, **fields})

    def _assistant_text(self, part: Text, path: str, others: Json, *, last: bool) -> Json:
        if part.citations:
            self._losses.drop(f"{path}.citations", "OpenAI chat takes no citations in a request")
        if last:
            others |= self._signature(part.state, f"{path}.state")
        elif part.state is not None:
            self._losses.drop(f"{path}.state", "OpenAI chat signs a message's last text only")
        return write_text(part, path, self._losses)

    def _assistant_opaque(self, part: Opaque, path: str, others: Json) -> list[Json]:
        if part.origin == NATIVE and part.kind == "audio":
            others["audio"] = part.raw
            return []
        return self._opaque(part, path)

    def _thought(self, part: Thinking, path: str) -> list[Thinking]:
        """A thought without a signature that is not at home here."""
        if part.state is None or part.state.origin == NATIVE:
            return [part]
        if part.redacted or not part.text:
            self._losses.drop(path, f"only {part.state.origin} can read this thought")
            return []
        self._losses.drop(f"{path}.state", f"only {part.state.origin} understands this signature")
        return [replace(part, state=None)]

    def _call(self, call: ToolCall, path: str) -> Json:
        drop_cache(call.cache, path, self._losses)
        name = plain_name(call, self._names, path, self._losses)
        said = {"name": name, ("input" if call.custom else "arguments"): call.arguments}
        kind = "custom" if call.custom else "function"
        call_id = self._call_id(call.id, f"{path}.id")
        return {"id": call_id, "type": kind, kind: said, **self._signature(call.state, f"{path}.state")}

    def _signature(self, state: State | None, path: str) -> Json:
        """Google's OpenAI endpoint wants its own signature back; no other has a field here."""
        if state is None:
            return {}
        if state.origin != NATIVE:
            self._losses.drop(path, f"only {state.origin} understands this signature")
            return {}
        return {"extra_content": write_signature(state)}


def _content(parts: list[Json]) -> str | list[Json]:
    """One plain text is said as a string, which every upstream takes."""
    if not parts:
        return ""
    if len(parts) == 1 and parts[0].get("type") == "text" and len(parts[0]) == len(("type", "text")):
        text: str = parts[0]["text"]
        return text
    return parts
