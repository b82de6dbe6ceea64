"""Signatures of thinking blocks: Anthropic's own, other vendors', none, and those that belong to another block.

Gemini signs texts and tool calls and wants its signatures again on the next turn; Anthropic's blocks have no field for
them. Its clients keep thinking blocks as they are, so an empty one stands beside the signed block: before a call, whose
signature is known at its start, and behind a text, whose signature comes last. A thought without a signature is marked
as such, since clients throw away a thought whose signature is empty.
"""

from dataclasses import dataclass, replace

from omniroute.formats.hub import Format, Json, Part, State, Text, Thinking, ToolCall
from omniroute.formats.state import from_field, to_field

NATIVE = Format.ANTHROPIC.value

# These stand where an origin stands.
_NEXT, _LAST, _NONE = "next", "last", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a thinking block's signature says: the thought's own state, or that of the next or the last block."""

    own: State | None = None
    next: State | None = None
    last: State | None = None


def read_signature(signature: object) -> Signature:
    """Read the field."""
    if not isinstance(signature, str) or not signature:
        return Signature()
    state = from_field(signature, NATIVE)
    if state.origin not in {_NEXT, _LAST, _NONE}:
        return Signature(own=state)
    origin, dot, value = state.value.partition(".")
    carried = State(origin=origin, value=value) if dot else None
    if state.origin == _NEXT:
        return Signature(next=carried)
    return Signature(last=carried if state.origin == _LAST else None)


def thought_signature(state: State | None) -> str:
    """The signature of a thought."""
    return to_field(state or State(origin=_NONE, value=""), NATIVE)


def carrier_signature(state: State, *, behind: bool) -> str:
    """The signature of an empty block behind, or before, the block that `state` belongs to."""
    return to_field(State(origin=_LAST if behind else _NEXT, value=f"{state.origin}.{state.value}"), NATIVE)


def carrier(state: State | None, *, behind: bool) -> list[Json]:
    """The empty block itself; nothing where there is no state."""
    if state is None:
        return []
    return [{"type": "thinking", "thinking": "", "signature": carrier_signature(state, behind=behind)}]


class Parts:
    """Collects the parts of a list of blocks, each state on the part that it belongs to."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._next: State | None = None

    def think(self, text: str, signature: object) -> None:
        """Take a thinking block."""
        read = read_signature(signature)
        before = self.parts[-1] if self.parts else None
        if read.last is not None and isinstance(before, Text | ToolCall):
            self.parts[-1] = replace(before, state=read.last)
        self._next = read.next
        if text or read.own is not None:
            self.parts.append(Thinking(text=text, state=read.own))

    def add(self, part: Part) -> None:
        """Take any other block."""
        if self._next is not None and isinstance(part, Text | ToolCall):
            part = replace(part, state=self._next)
        self._next = None
        self.parts.append(part)
