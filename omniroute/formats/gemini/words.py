"""Google's words for how an answer ends and how a request fails, and the hub's."""

from omniroute.formats.hub import Stop

STOPS = {
    "STOP": Stop.END,
    "MAX_TOKENS": Stop.LENGTH,
    "CONTINUATION": Stop.LENGTH,  # the limit of one request; the rest can be asked for
    "SAFETY": Stop.CONTENT_FILTER,
    "RECITATION": Stop.CONTENT_FILTER,
    "LANGUAGE": Stop.CONTENT_FILTER,
    "BLOCKLIST": Stop.CONTENT_FILTER,
    "PROHIBITED_CONTENT": Stop.CONTENT_FILTER,
    "SPII": Stop.CONTENT_FILTER,
    "MODEL_ARMOR": Stop.CONTENT_FILTER,
    "ESCALATION": Stop.CONTENT_FILTER,
    "PUP_LIMITED_DISABLED": Stop.CONTENT_FILTER,
    "IMAGE_SAFETY": Stop.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": Stop.CONTENT_FILTER,
    "IMAGE_RECITATION": Stop.CONTENT_FILTER,
    "FINISH_REASON_UNSPECIFIED": None,
}

FINISH_REASONS = {
    Stop.END: "STOP",
    Stop.STOP_SEQUENCE: "STOP",
    Stop.TOOL_CALLS: "STOP",  # Google has no word of its own for a turn that ends in calls
    Stop.LENGTH: "MAX_TOKENS",
    Stop.CONTENT_FILTER: "SAFETY",
    Stop.REFUSAL: "SAFETY",
    Stop.PAUSE: "OTHER",
    Stop.OTHER: "OTHER",
}

# The names of google.rpc.Code, by kind of failure.
STATUSES = {
    "invalid_request": "INVALID_ARGUMENT",
    "authentication": "UNAUTHENTICATED",
    "permission": "PERMISSION_DENIED",
    "not_found": "NOT_FOUND",
    "too_large": "INVALID_ARGUMENT",
    "rate_limit": "RESOURCE_EXHAUSTED",
    "overloaded": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
    "upstream": "UNAVAILABLE",
    "internal": "INTERNAL",
    "truncated": "UNAVAILABLE",
}


def stop_of(reason: str, *, calls: bool) -> Stop | None:
    """What a finishReason means; a turn that ends well with calls in it ends for them."""
    stop = STOPS.get(reason, Stop.OTHER)
    return Stop.TOOL_CALLS if calls and stop is Stop.END else stop


def finish_reason(stop: Stop | None) -> str:
    """The finishReason of a choice that ended so."""
    return "FINISH_REASON_UNSPECIFIED" if stop is None else FINISH_REASONS[stop]
