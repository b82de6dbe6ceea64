"""A request as others see it while it is under way: which conversation it belongs to, and how it ended."""

from typing import Any

from omniroute.gateway.call import Call
from omniroute.gateway.session import session_of
from omniroute.state.bus import Bus
from omniroute.state.live import ActiveRequest, Ended, session_mark
from omniroute.storage.rows import RequestRow

# A conversation without a name is known by how it begins: its instructions and its first message.
_BEGINNINGS = ("system", "instructions", "systemInstruction", "system_instruction")
_MESSAGES = ("messages", "contents", "input", "prompt")
_ENOUGH = 512  # letters of each


def seen(call: Call, bus: Bus) -> ActiveRequest:
    """Return what others see of a request that begins."""
    key, agent = call.origin.key, call.origin.user_agent
    named = session_of(call)
    key_id = None if key is None else key.id
    beginning = named[1] if named is not None else beginning_of(call.body)
    return ActiveRequest(
        id=call.id,
        started_ms=call.started_ms,
        key_id=key_id,
        client=agent,
        model=call.model,
        stream=call.stream,
        session=session_mark(key_id, agent, call.model, beginning),
        named=call.session,
        running=call,
        bus=bus,
    )


def beginning_of(body: dict[str, Any]) -> str:
    """Return what stays the same in a conversation while it grows: its first words."""
    found = [_words(body[name]) for name in _BEGINNINGS if name in body]
    for name in _MESSAGES:
        said = body.get(name)
        if said is not None:
            found += map(_words, said[:2]) if isinstance(said, list) else (_words(said),)
    return "\0".join(found)


def _words(value: Any, depth: int = 4) -> str:
    """Return the first text that is found in a value."""
    if isinstance(value, str):
        return value[:_ENOUGH]
    if depth and isinstance(value, dict):
        inner = value.get("content") or value.get("parts") or value.get("text")
        return inner[:_ENOUGH] if isinstance(inner, str) else _words(inner, depth - 1)
    if depth and isinstance(value, list) and value:
        return _words(value[0], depth - 1)
    return ""


def ended(row: RequestRow) -> Ended:
    """Return how a request ended, as others see it."""
    return Ended(
        provider=row.provider,
        connection_id=row.connection_id,
        model=row.model,
        answered=row.outcome == "ok",
        latency_ms=row.latency_us / 1000,
        first_token_ms=None if row.first_token_us is None else row.first_token_us / 1000,
        input_tokens=row.input_tokens or 0,
        output_tokens=row.output_tokens or 0,
        cost_nano=row.cost_nano or 0,
    )
