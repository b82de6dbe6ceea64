"""Why an answer ended, what it is called, and which service tiers an answer may name."""

from omniroute.formats.hub import Stop

_STOPS = {
    "stop": Stop.END,
    "length": Stop.LENGTH,
    "tool_calls": Stop.TOOL_CALLS,
    "function_call": Stop.TOOL_CALLS,
    "content_filter": Stop.CONTENT_FILTER,
}

_REASONS = {
    Stop.END: "stop",
    Stop.LENGTH: "length",
    Stop.TOOL_CALLS: "tool_calls",
    Stop.STOP_SEQUENCE: "stop",
    Stop.CONTENT_FILTER: "content_filter",
    Stop.REFUSAL: "content_filter",
    Stop.PAUSE: "stop",
    Stop.OTHER: "stop",
}

TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})

_PREFIX = "chatcmpl-"


def read_stop(reason: object, *, calls: bool) -> Stop:
    """A finish_reason as a stop. Some upstreams say `stop` after tool calls too."""
    stop = _STOPS.get(reason, Stop.OTHER) if isinstance(reason, str) else Stop.OTHER
    return Stop.TOOL_CALLS if stop is Stop.END and calls else stop


def write_stop(stop: Stop | None, *, calls: bool) -> str:
    """A stop as a finish_reason; clients act on tool calls only when the reason says so."""
    reason = _REASONS[stop or Stop.END]
    return "tool_calls" if reason == "stop" and calls else reason


def write_id(given: str) -> str:
    """An answer's id with OpenAI's prefix."""
    return given if given.startswith(_PREFIX) else _PREFIX + given


def write_tier(tier: str | None) -> str | None:
    """A service tier that OpenAI's clients know, or none."""
    return tier if tier in TIERS else None
