"""Why an answer ended, what it is called, and at which tier it was served."""

from omniroute.formats.hub import Stop

_STOPS = {
    "end_turn": Stop.END,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "stop_sequence": Stop.STOP_SEQUENCE,
    "tool_use": Stop.TOOL_CALLS,
    "pause_turn": Stop.PAUSE,
    "refusal": Stop.REFUSAL,
}

_REASONS = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.TOOL_CALLS: "tool_use",
    Stop.STOP_SEQUENCE: "stop_sequence",
    Stop.CONTENT_FILTER: "refusal",
    Stop.REFUSAL: "refusal",
    Stop.PAUSE: "pause_turn",
    Stop.OTHER: "end_turn",
}

# Anthropic's tiers of service and the hub's, which are OpenAI's words.
_TIERS = {"standard": "default", "priority": "priority"}
TIER_WORDS = {hub: word for word, hub in _TIERS.items()}

_PREFIX = "msg_"


def read_stop(reason: object) -> Stop:
    """A stop_reason as a stop."""
    return _STOPS.get(reason, Stop.OTHER) if isinstance(reason, str) else Stop.OTHER


def write_stop(stop: Stop | None, *, calls: bool) -> str:
    """A stop as a stop_reason; clients act on tool calls only when the reason says so."""
    reason = _REASONS[stop or Stop.END]
    return "tool_use" if reason == "end_turn" and calls else reason


def write_id(given: str) -> str:
    """An answer's id with Anthropic's prefix."""
    return given if given.startswith(_PREFIX) else _PREFIX + given


def read_tier(usage: object) -> str | None:
    """The tier that a usage object names."""
    tier = usage.get("service_tier") if isinstance(usage, dict) else None
    return _TIERS.get(tier) if isinstance(tier, str) else None


def write_tier(tier: str | None) -> dict[str, str]:
    """The tier as a field of the usage object."""
    return {"service_tier": TIER_WORDS[tier]} if tier in TIER_WORDS else {}
