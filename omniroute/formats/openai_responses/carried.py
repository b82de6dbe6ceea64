"""Private state of a text or a tool call (Gemini signs both), carried by a client that has no field for it.

Reasoning items have a field for private state, so such a signature travels in an empty one of its own, marked
`omniroute.part.`; inside stands the call's id (none for a text), the state's origin and the state. When the client
hands it back it goes on the call of that id, or on the text before it.
"""

from dataclasses import replace

from omniroute.formats.hub import Format, Part, State, Text, Thinking, ToolCall
from omniroute.formats.state import to_field

_ORIGIN = "part"


def carrier(call_id: str, state: State) -> str:
    """Spell a part's state for the `encrypted_content` of a reasoning item; a text has no call id."""
    value = f"{len(call_id)}:{call_id}{state.origin}.{state.value}"
    return to_field(State(origin=_ORIGIN, value=value), Format.OPENAI_RESPONSES)


def carried(part: Thinking) -> tuple[str, State] | None:
    """Read (call id, state) out of a reasoning item that carries another part's state; None for real reasoning."""
    if part.state is None or part.state.origin != _ORIGIN:
        return None
    size, colon, rest = part.state.value.partition(":")
    if not colon or not size.isdecimal():
        return None
    cut = int(size)
    origin, dot, value = rest[cut:].partition(".")
    return (rest[:cut], State(origin=origin, value=value)) if dot and len(rest) > cut else None


def settle(parts: list[Part]) -> tuple[Part, ...]:
    """Put carried states on the parts that they belong to; one whose part is gone is left out."""
    settled: list[Part] = []
    of_calls: dict[str, State] = {}
    for part in parts:
        found = carried(part) if isinstance(part, Thinking) else None
        if found is None:
            settled.append(part)
        elif found[0]:
            of_calls[found[0]] = found[1]
        else:
            _sign_last_text(settled, found[1])
    return tuple(
        replace(part, state=of_calls[part.id]) if isinstance(part, ToolCall) and part.id in of_calls else part
        for part in settled
    )


def _sign_last_text(parts: list[Part], state: State) -> None:
    for place in range(len(parts) - 1, -1, -1):
        part = parts[place]
        if isinstance(part, Text):
            parts[place] = replace(part, state=state)
            return
