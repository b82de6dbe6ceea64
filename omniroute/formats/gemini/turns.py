"""Messages to Google's turns: user and model in alternation, the system's words at the head.

A run of messages of one side becomes one turn, tool results and what the user says after them included.
"""

from typing import assert_never

from omniroute.formats.gemini.media import drop_labels, write_media
from omniroute.formats.gemini.results import write_result
from omniroute.formats.gemini.signatures import STAND_IN
from omniroute.formats.hub import (
    Format,
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
from omniroute.formats.wrapping import object_of, wrap

_HOME = Format.GEMINI.value
_SYSTEM = frozenset({Role.SYSTEM, Role.DEVELOPER})


class Turns:
    """Writes the messages of one request."""

    def __init__(self, messages: tuple[Message, ...], losses: Losses) -> None:
        self._losses = losses
        self._names = {
            part.id: part.name for message in messages for part in message.parts if isinstance(part, ToolCall)
        }
        self.system: list[Json] = []
        self.contents: list[Json] = []
        in_head = True
        for number, message in enumerate(messages):
            in_head = in_head and message.role in _SYSTEM
            self._write(message, f"messages[{number}]", in_head=in_head)
        if not self.contents and self.system:
            losses.change("messages", "Gemini refuses a request of system instructions alone: said as the user")
            self._turn("user").extend(self.system)
            self.system = []
        _stand_in(self.contents)

    def _write(self, message: Message, path: str, *, in_head: bool) -> None:
        if message.name is not None:
            self._losses.drop(f"{path}.name", "Gemini has no names of speakers")
        written = [
            raw
            for number, part in enumerate(message.parts)
            if (raw := self._part(part, f"{path}.parts[{number}]", system=in_head)) is not None
        ]
        if in_head:
            self.system += written
            return
        if message.role in _SYSTEM:
            self._losses.change(path, "Gemini has system instructions at the head only: said as the user")
        if written:
            self._turn("model" if message.role is Role.ASSISTANT else "user").extend(written)
        elif not message.parts:
            self._losses.drop(path, "Gemini refuses a turn without parts")

    def _turn(self, role: str) -> list[Json]:
        """The parts of the turn that is under way for `role`."""
        if not self.contents or self.contents[-1]["role"] != role:
            self.contents.append({"role": role, "parts": []})
        parts: list[Json] = self.contents[-1]["parts"]
        return parts

    def _part(self, part: Part, path: str, *, system: bool) -> Json | None:
        if system and not isinstance(part, Text):
            self._losses.drop(path, "Gemini's system instructions are text only")
            return None
        raw: Json | None
        match part:
            case Text():
                raw = self._text(part, path)
            case Refusal():
                self._losses.change(path, "a refusal is said as text")
                raw = {"text": part.text}
            case Thinking():
                raw = self._thought(part, path)
            case Media():
                raw = self._media(part, path)
            case ToolCall():
                raw = self._call(part, path)
            case ToolResult():
                raw = self._result(part, path)
            case Opaque():
                raw = self._opaque(part, path)
            case _:
                assert_never(part)
        return raw

    def _text(self, part: Text, path: str) -> Json | None:
        self._drop_cache(part, path)
        if part.citations:
            self._losses.drop(f"{path}.citations", "Gemini takes no citations in a request")
        raw = self._signed({"text": part.text}, part, path)
        if not part.text and "thoughtSignature" not in raw:
            self._losses.drop(path, "Gemini refuses an empty text")
            return None
        return raw

    def _thought(self, part: Thinking, path: str) -> Json | None:
        if part.redacted or (not part.text and part.state is not None and part.state.origin != _HOME):
            origin = part.state.origin if part.state else "its vendor"
            self._losses.drop(path, f"only {origin} can read this thought")
            return None
        return self._signed({"text": part.text, "thought": True}, part, path)

    def _signed(self, raw: Json, part: Text | Thinking | ToolCall, path: str) -> Json:
        if part.state is None:
            return raw
        if part.state.origin != _HOME:
            self._losses.drop(f"{path}.state", f"only {part.state.origin} understands this signature")
            return raw
        return {**raw, "thoughtSignature": part.state.value}

    def _media(self, part: Media, path: str) -> Json | None:
        drop_labels(part, path, self._losses)
        raw = write_media(part)
        if raw is None:
            self._losses.drop(path, f"a file in the store of {part.origin}")
        return raw

    def _call(self, part: ToolCall, path: str) -> Json:
        self._drop_cache(part, path)
        if part.namespace is not None:
            self._losses.drop(f"{path}.namespace", "Gemini does not group tools")
        args, whole = (wrap(part.arguments), True) if part.custom else object_of(part.arguments)
        if part.custom or not whole:
            self._losses.change(f"{path}.arguments", "arguments that are no object are wrapped in one")
        return self._signed({"functionCall": {"id": part.id, "name": part.name, "args": args}}, part, path)

    def _result(self, part: ToolResult, path: str) -> Json:
        self._drop_cache(part, path)
        name = part.name or self._names.get(part.call_id)
        if name is None:
            self._losses.change(f"{path}.name", "the call is not in the conversation: its id stands for the name")
        return {"functionResponse": write_result(part, name or part.call_id, path, self._losses)}

    def _opaque(self, part: Opaque, path: str) -> Json | None:
        if part.origin == _HOME:
            return part.raw
        self._losses.drop(path, f"only {part.origin} knows the block {part.kind}")
        return None

    def _drop_cache(self, part: Text | ToolCall | ToolResult, path: str) -> None:
        if part.cache is not None:
            self._losses.drop(f"{path}.cache", "Gemini has no cache marks")


def _stand_in(contents: list[Json]) -> None:
    """Put the stand-in where the API demands a signature and there is none: see `signatures`.

    The current turn begins with the last thing a user said that is no function's response; in each model turn after it
    the first function call must be signed. Earlier turns are not checked.
    """
    for content in reversed(contents):
        if content["role"] == "user" and not any("functionResponse" in part for part in content["parts"]):
            return
        first = next((part for part in content["parts"] if "functionCall" in part), None)
        if first is not None and "thoughtSignature" not in first:
            first["thoughtSignature"] = STAND_IN
