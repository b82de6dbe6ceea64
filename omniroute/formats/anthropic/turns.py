"""Hub messages to Anthropic's turns, and what the API demands of them.

It answers 400 unless a user speaks first, each tool_use is answered at the beginning of the next turn, and each
result answers a call of the turn before. Histories of other formats keep none of this, so they are mended here:
turns of one role are joined, results go first, orphans are told as text, and missing results as missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from omniroute.formats.anthropic.blocks_out import (
    write_call,
    write_opaque,
    write_refusal,
    write_result,
    write_shown,
    write_text,
    write_thinking,
)
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
from omniroute.formats.tool_names import ToolNames

# What a user says who says nothing: the shortest text that the API takes.
_NOTHING = "."

_SYSTEM_ROLES = (Role.SYSTEM, Role.DEVELOPER)


@dataclass(slots=True)
class _Turn:
    """One turn: its role, and its blocks with the hub paths that they came from."""

    role: str
    blocks: list[tuple[str, Json]] = field(default_factory=list)


def write_conversation(messages: Sequence[Message], names: ToolNames, losses: Losses) -> Json:
    """The body's `system` and `messages`."""
    writer = _Writer(names, losses)
    system: list[Json] = []
    leading = True
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        if message.name is not None:
            losses.drop(f"{path}.name", "Anthropic names no participants")
        leading = leading and message.role in _SYSTEM_ROLES
        if leading:
            system += writer.system_blocks(message, path)
        else:
            writer.add(message, path)
    turns = _mended(writer.turns, losses)
    fields: Json = {}
    if system:
        fields["system"] = _short(system)
    fields["messages"] = [{"role": turn.role, "content": _short([block for _, block in turn.blocks])} for turn in turns]
    return fields


def _short(blocks: list[Json]) -> str | list[Json]:
    """One plain text is told as a string."""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        text: str = blocks[0]["text"]
        return text
    return blocks


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────


class _Writer:
    """The turns under way."""

    def __init__(self, names: ToolNames, losses: Losses) -> None:
        self.turns: list[_Turn] = []
        self._names = names
        self._losses = losses

    def system_blocks(self, message: Message, path: str) -> list[Json]:
        """The blocks of a system message at the beginning."""
        blocks = []
        for index, part in enumerate(message.parts):
            block = self._system(part, f"{path}.parts[{index}]")
            blocks += [] if block is None else [block]
        return blocks

    def add(self, message: Message, path: str) -> None:
        """Add a message to the turn of its role."""
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if message.role in _SYSTEM_ROLES:
            # Only the newest models take role system here; a user's text in its place keeps order and cache.
            self._losses.change(
                path, "Anthropic's models take system messages first; told as a user's text in its place"
            )
        written = []
        for index, part in enumerate(message.parts):
            part_path = f"{path}.parts[{index}]"
            block = self._write(message.role, part, part_path)
            written += [] if block is None else [(part_path, block)]
        if self.turns and self.turns[-1].role == role:
            self.turns[-1].blocks += written
        elif written:
            self.turns.append(_Turn(role, written))

    def _write(self, role: Role, part: Part, path: str) -> Json | None:
        if role in _SYSTEM_ROLES:
            block = self._system(part, path)
            return block if block is None else {**block, "text": f"<system>\n{block['text']}\n</system>"}
        return self._assistant(part, path) if role is Role.ASSISTANT else self._user(part, path)

    def _system(self, part: Part, path: str) -> Json | None:
        if isinstance(part, Text):
            return write_text(part, path, self._losses)
        self._losses.drop(path, "Anthropic's system prompt holds text only")
        return None

    def _user(self, part: Part, path: str) -> Json | None:
        match part:
            case Text() | Media() | Opaque():
                return write_shown(part, path, self._losses)
            case ToolResult():
                return write_result(part, path, self._losses)
            case Refusal():
                return write_refusal(part, path, self._losses)
            case Thinking() | ToolCall():
                self._losses.drop(path, "only an assistant thinks and calls tools")
                return None
            case _:
                assert_never(part)

    def _assistant(self, part: Part, path: str) -> Json | None:
        match part:
            case Text():
                return write_text(part, path, self._losses)
            case Opaque():
                return write_opaque(part, path, self._losses)
            case Refusal():
                return write_refusal(part, path, self._losses)
            case Thinking():
                return write_thinking(part, path, self._losses)
            case ToolCall():
                return write_call(part, self._names, path, self._losses)
            case Media() | ToolResult():
                self._losses.drop(path, "Anthropic takes neither media nor tool results from an assistant")
                return None
            case _:
                assert_never(part)


# ── mending ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _mended(turns: list[_Turn], losses: Losses) -> list[_Turn]:
    """The turns as the API takes them."""
    if not turns or turns[0].role != "user":
        losses.change("messages", f"Anthropic lets a user speak first; a user's {_NOTHING!r} goes before")
        turns = [_Turn("user", [("messages", {"type": "text", "text": _NOTHING})]), *turns]
    calls: list[str] = []
    for turn in turns:
        if turn.role == "user":
            turn.blocks = _answered(turn.blocks, calls, losses)
        calls = [block["id"] for _, block in turn.blocks if block["type"] == "tool_use"]
    _trim_end(turns[-1], losses)
    return turns


def _answered(blocks: list[tuple[str, Json]], calls: list[str], losses: Losses) -> list[tuple[str, Json]]:
    """A user's turn with exactly one result for each call, in front of all else."""
    results: dict[str, tuple[str, Json]] = {}
    others: list[tuple[str, Json]] = []
    for path, block in blocks:
        if block["type"] != "tool_result":
            others.append((path, block))
        elif block["tool_use_id"] in calls and block["tool_use_id"] not in results:
            results[block["tool_use_id"]] = (path, block)
        else:
            losses.change(path, "the turn before holds no such call; told as text")
            others += [(path, shown) for shown in _orphan(block)]
    for call in calls:
        if call not in results:
            losses.change("messages", f"the call {call} has no result, and Anthropic demands one; told as missing")
            missing = {"type": "tool_result", "tool_use_id": call, "content": "No result was given.", "is_error": True}
            results[call] = ("messages", missing)
    return [*results.values(), *others]


def _orphan(block: Json) -> list[Json]:
    """A result without its call, as a user's text and media."""
    content = block.get("content", [])
    shown = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [{"type": "text", "text": f"Result of the tool call {block['tool_use_id']}:"}, *shown]


def _trim_end(turn: _Turn, losses: Losses) -> None:
    """The API refuses a last turn of an assistant that ends in white space."""
    path, block = turn.blocks[-1]
    if turn.role == "assistant" and block["type"] == "text" and block["text"] != block["text"].rstrip():
        losses.change(f"{path}.text", "Anthropic takes no white space at the end of the last turn")
        turn.blocks[-1] = (path, {**block, "text": block["text"].rstrip()})
