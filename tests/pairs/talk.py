"""What the pair tests ask and hear, in words of no format: each client's adapter says it with its own SDK.

An answer keeps the SDK's own object (`native`), so that the next turn replays it as a user of that SDK would.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from omniroute.formats.hub import Format

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function on offer."""

    name: str
    description: str
    schema: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image: bytes, or the address of one."""

    data: bytes = b""
    media_type: str = "image/png"
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The user's turn."""

    text: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """A system message in the middle of the conversation."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a tool answered to a call."""

    call: "ToolCall"
    text: str
    picture: Picture | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All results of one round."""

    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call that was heard. `id` is empty where the format has no ids."""

    name: str
    arguments: Json
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens: `input` and `output` include the buckets; None where the format has no word for it."""

    input: int | None
    output: int | None
    cached: int | None = None
    reasoning: int | None = None


Stop = Literal["end", "length", "tools", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An answer. `headers` are those of the HTTP answer."""

    text: str = ""
    thinking: str = ""
    calls: tuple[ToolCall, ...] = ()
    stop: str | None = None
    usage: Usage | None = None
    native: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Turn = User | Instruction | Results | Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question. `choice` is auto, none, required, or a tool's name; `effort` and `budget` say how much to think."""

    model: str
    turns: tuple[Turn, ...]
    system: str | None = None
    tools: tuple[Tool, ...] = ()
    choice: str | None = None
    schema: Json | None = None
    effort: str | None = None
    budget: int | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    stream: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An error as the SDK raised it: the class's name, the HTTP status (None within a stream), the message."""

    kind: str
    status: int | None
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Client(Protocol):
    """One SDK as a client of the gateway."""

    format: Format
    name: str

    async def ask(self, ask: Ask) -> Heard | Refused:
        """Ask and hear the answer to its end, or the SDK's own error."""
        ...
