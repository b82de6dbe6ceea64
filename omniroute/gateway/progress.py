"""Progress events in a stream of server-sent events, for clients that ask with X-OmniRoute-Progress: true.

One comes every two seconds and a last one, with the cost, before the format's own end mark. The event's name is
`progress`. Its data also says `object`, `type` and empty `choices`, so that the loops of official SDKs pass over it.
Gemini's SDKs take every line for an answer, names of events and comments too, so its clients get plain data with no
candidates in it.
"""

import time

from omniroute.formats.codec import Codec
from omniroute.formats.hub import Format
from omniroute.gateway.call import Call
from omniroute.kit import json

EVERY_S = 2.0
_SSE = "text/event-stream"
# How each format's last event begins; Gemini has no end mark.
_END_MARKS = {
    Format.OPENAI_CHAT: (b"data: [DONE]", b"data:[DONE]"),
    Format.OPENAI_RESPONSES: (b"event: response.completed", b"event: response.incomplete", b"event: response.failed"),
    Format.ANTHROPIC: (b"event: message_stop",),
}


def is_possible(codec: Codec) -> bool:
    """Whether the format streams server-sent events."""
    return codec.stream_media_type.startswith(_SSE)


def event(call: Call, tokens: int, *, done: bool = False, cost_nano: int | None = None) -> bytes:
    """Spell one progress event. `tokens` are pieces of the answer until the provider told how many there were."""
    at = call.at
    phase = "done" if done else "waiting" if call.first_token_at is None else "streaming"
    told: dict[str, object] = {
        "object": "omniroute.progress",
        "type": "omniroute.progress",
        "choices": [],
        "tokens_generated": tokens,
        "elapsed_ms": int((time.perf_counter() - call.began) * 1000),
        "phase": phase,
        "provider": None if at is None else at[0],
        "attempt": call.tries,
    }
    if done:
        told |= {"done": True, "cost_usd": None if cost_nano is None else cost_nano / 1e9}
    if call.codec.format is Format.GEMINI:
        return b"data: " + json.dumps({**told, "candidates": []}) + b"\n\n"
    return b"event: progress\ndata: " + json.dumps(told) + b"\n\n"


def end_mark(codec: Codec, data: bytes) -> int | None:
    """Return where the format's end mark begins, None when it is not in these whole events."""
    places = [data.find(mark) for mark in _END_MARKS.get(codec.format, ())]
    found = [place for place in places if place == 0 or (place > 0 and data[place - 1 : place] in {b"\n", b"\r"})]
    return min(found, default=None)


def pieces_in(data: bytes) -> int:
    """Return how many events with data there are."""
    return data.count(b"data:")
