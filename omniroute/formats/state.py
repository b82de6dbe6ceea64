"""Carries one vendor's private state through another vendor's field, marked with its origin.

A client of format A keeps what an upstream of format B signed, and hands it back on the next turn. The mark tells it
from A's own state, so that it can go home to B and is left out everywhere else.
"""

from omniroute.formats.hub import State

_MARK = "omniroute."


def to_field(state: State, native: str) -> str:
    """Spell `state` for a field of format `native`: as it is when at home there, marked with its origin otherwise."""
    return state.value if state.origin == native else f"{_MARK}{state.origin}.{state.value}"


def from_field(value: str, native: str) -> State:
    """Read a field of format `native`: a marked value belongs to its origin, any other to `native` itself."""
    if value.startswith(_MARK):
        origin, dot, rest = value.removeprefix(_MARK).partition(".")
        if dot:
            return State(origin=origin, value=rest)
    return State(origin=native, value=value)


# The mark as it stands in JSON, and as base64 where a vendor demands that (Gemini).
_IN_JSON = (b'"omniroute.', b'"b21uaXJvdXRl')


def holds_marked(body: bytes) -> bool:
    """Whether a request's bytes hold state of another vendor, so that they can't be passed through as they are."""
    return any(mark in body for mark in _IN_JSON)
