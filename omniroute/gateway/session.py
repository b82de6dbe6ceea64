"""By what a conversation is known: the name that its client gives it, else what vendors' formats say of it."""

from collections.abc import Mapping
from typing import Any

from omniroute.formats.hub import Format
from omniroute.gateway.call import Call
from omniroute.gateway.decision import Session

MAX_SESSION = 256


def session_of(call: Call) -> Session | None:
    """Return the conversation that a request belongs to, if that can be known."""
    name = call.session or session_in(call.codec.format, call.body)
    if name is None:
        return None
    return (call.origin.key.id if call.origin.key else None, name, call.model)


def session_in(spoken: Format, body: Mapping[str, Any]) -> str | None:
    """Return what stays the same in a conversation, as its format's body tells it: a cache's key, or who speaks."""
    if spoken is Format.ANTHROPIC:
        metadata = body.get("metadata")
        return _text(metadata.get("user_id")) if isinstance(metadata, dict) else None
    if spoken is Format.OPENAI_CHAT or spoken is Format.OPENAI_RESPONSES:
        return _text(body.get("prompt_cache_key")) or _text(body.get("user"))
    return None


def _text(value: object) -> str | None:
    return value[:MAX_SESSION] if isinstance(value, str) and value else None
